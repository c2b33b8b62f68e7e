/* How each revision stands where the version rows are given: applied or not. */
#ifndef DROVER_REVISION_STANDING_H
#define DROVER_REVISION_STANDING_H

#include "common/revision/graph.h"
#include "common/vocabulary/field.h"

struct standing {
    const struct revision *revision;
    bool applied;
};

/* All graph_size(graph) revisions, each after those that it builds on, in `arena`. NULL with an
 * error when a row is not in the graph. */
struct standing *standing_list(const struct graph *graph, struct texts rows, struct arena *arena,
                               struct error *error) MUST_CHECK;

#endif
