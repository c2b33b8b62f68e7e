/* A folder of revisions: the *.sql files directly in it; what is passed over is said. */
#ifndef DROVER_PROJECT_FOLDER_H
#define DROVER_PROJECT_FOLDER_H

#include "common/base/diagnostic.h"
#include "common/revision/bundle.h"

/* Reads every *.sql of `folder` in order of name, into `arena`. A warning names what else lies there
 * and might be meant as a revision, an error a *.SQL. -1: ERROR_REVISION, the folder or a file
 * cannot be read, or a file is not an ordinary one. */
int folder_read(const char *folder, struct arena *arena, struct bundle_file **files, size_t *count,
                struct diagnostics *diagnostics, struct error *error) MUST_CHECK;

#endif
