/* The header of a revision file: comment lines in the words of an Alembic docstring. */
#ifndef DROVER_REVISION_HEADER_H
#define DROVER_REVISION_HEADER_H

#include "common/revision/revision.h"
#include "common/revision/source.h"

struct bare;

/* Reads the text before `end` into `revision` (id, message, dates, names and where they stand).
 * revision->id stays NULL if there is none. Of a bare file, comments are no header. */
void header_parse(const struct source *source, size_t end, const struct bare *bare,
                  struct revision *revision);

#endif
