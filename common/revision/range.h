/* Which revisions a symbol or a range of `history -r` means (docs/design/alembic.md, sections 3
 * and 8). */
#ifndef DROVER_REVISION_RANGE_H
#define DROVER_REVISION_RANGE_H

#include "common/revision/plan.h"

/* The revisions that `symbol` names: none for `base`, several for `heads`. Relative forms are no
 * symbols. -1 with the fault and a sentence in `error`. */
int range_symbol(const struct graph *graph, const char *symbol, struct arena *arena,
                 struct revision_list *revisions, enum plan_fault *fault,
                 struct error *error) MUST_CHECK;

/* Whether one side of the range is `current`, so that range_revisions needs to know it. */
bool range_asks_current(const char *range);

/* LOWER:UPPER, newest first. An empty LOWER is `base`, an empty UPPER `heads`. LOWER may be -N or
 * LABEL@-N, which count down from the heads; UPPER may be relative as in an upgrade from LOWER.
 * `current` on a side stands for the rows `current`. With LABEL@... as LOWER, only the targets of
 * UPPER on that line count. */
int range_revisions(const struct graph *graph, const char *range, struct texts current,
                    struct arena *arena, struct revision_list *revisions, enum plan_fault *fault,
                    struct error *error) MUST_CHECK;

#endif
