/* Imported revisions on their way into a folder: all of them are written, or none. */
#ifndef DROVER_COMMANDS_IMPORT_FILES_H
#define DROVER_COMMANDS_IMPORT_FILES_H

#include "cli/line/invocation.h"
#include "common/base/diagnostic.h"
#include "common/revision/bundle.h"

struct import_files {
    struct invocation *invocation;
    const char *from;          /* what is imported, for messages */
    const char *folder;        /* to write into */
    struct bundle_file *files; /* named as they are going to be */
    size_t count;
    const char **paths; /* of the files to write */
};

/* Chooses the folder: --to, or ./migrations. Refuses an Alembic project's. */
int import_files_folder(struct import_files *import, struct error *error) MUST_CHECK;

/* The files must make a project, and none may be there: shows the diagnostics, those of the caller too, and
 * refuses when one is an error. */
int import_files_check(struct import_files *import, struct diagnostics *diagnostics,
                       struct error *error) MUST_CHECK;

/* Writes the files, and prints their paths. */
int import_files_write(struct import_files *import, struct error *error) MUST_CHECK;

#endif
