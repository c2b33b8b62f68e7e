/* Targets grouped by the version rows they have: what `current` shows. Pure. */
#ifndef DROVER_REPORT_COHORTS_H
#define DROVER_REPORT_COHORTS_H

#include "cli/text/style.h"
#include "common/revision/graph.h"
#include "common/wire/message.h"

/* One line for each group, the largest first: "1,204 targets at ae10 (head)"; with `every` one line
 * for each target; a fleet of one as Alembic shows it: "ae10 (head)". Targets that were not
 * inspected are left out. `graph` may be NULL: then heads are not marked. */
void cohorts_render(const struct target_status_list *targets, const struct graph *graph, bool every,
                    const struct style *style, struct buffer *out);

#endif
