/* Judging one statement by its parse tree. */
#ifndef DROVER_REVISION_STATEMENT_H
#define DROVER_REVISION_STATEMENT_H

#include "common/revision/revision.h"
#include "common/revision/source.h"

/* `statement` has its sql; fills in its kind and names, and reports at `offset`, where sql stands
 * in the file, if such a statement is not allowed in a revision. */
void statement_judge(const struct source *source, size_t offset, bool transactional,
                     struct statement *statement);

#endif
