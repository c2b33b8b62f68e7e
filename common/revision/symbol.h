/* Naming revisions: the symbols of docs/design/alembic.md, section 3, each sought in the same order
 * as Alembic does. */
#ifndef DROVER_REVISION_SYMBOL_H
#define DROVER_REVISION_SYMBOL_H

#include "common/revision/question.h"

/* `symbol` with an optional "L@" before it. An empty list means "nothing": before every base.
 * Several revisions come only from `heads`. */
int symbol_resolve(struct question *question, const char *symbol,
                   struct index_list *found) MUST_CHECK;

/* The same within the line of `line`, which may be NULL or "". */
int symbol_resolve_on(struct question *question, const char *line, const char *symbol,
                      struct index_list *found) MUST_CHECK;

/* The same where only one revision makes sense: an index or INDEX_NOTHING. */
int symbol_resolve_one(struct question *question, const char *line, const char *symbol,
                       size_t *index) MUST_CHECK;

/* The revision that a line is named by: a label, a full or a partial id. */
int symbol_resolve_line(struct question *question, const char *line, size_t *index) MUST_CHECK;

#endif
