/* The order in which revisions run, newest first (docs/design/alembic.md, section 4). */
#ifndef DROVER_REVISION_ORDER_H
#define DROVER_REVISION_ORDER_H

#include "common/revision/topology.h"

/* `todo` from the starting points `starts` (listing order) downwards. Upgrades run it backwards. */
struct index_list order_make(const struct graph *graph, const uint64_t *todo,
                             const struct index_list *starts, struct arena *arena);

#endif
