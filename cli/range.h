/* Which revisions a symbol or a range of `history -r` means (reference/alembic-semantics.md, 3 and
 * 8). */
#ifndef DROVER_CLI_RANGE_H
#define DROVER_CLI_RANGE_H

#include "common/revision/plan.h"

/* The revisions that `symbol` names: none for `base`, several for `heads`. */
int range_symbol(const struct graph *graph, const char *symbol, struct arena *arena,
                 struct revision_list *revisions, struct error *error) MUST_CHECK;

/* LOWER:UPPER, newest first. LOWER may be -N (counted down from UPPER), UPPER may be +N. */
int range_revisions(const struct graph *graph, const char *range, struct arena *arena,
                    struct revision_list *revisions, struct error *error) MUST_CHECK;

#endif
