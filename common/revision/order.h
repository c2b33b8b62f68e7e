/* The order in which revisions run: section 4's, newest first. */
#ifndef DROVER_REVISION_ORDER_H
#define DROVER_REVISION_ORDER_H

#include "common/revision/topology.h"

/* `todo` from the starting points `starts` (listing order) downwards. Upgrades run it backwards. */
struct index_list order_make(const struct graph *graph, const uint64_t *todo,
                             const struct index_list *starts, struct arena *arena);

#endif
