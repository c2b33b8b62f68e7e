/* The ancestors of the rows, in an order that follows the links. */
#include "common/revision/standing.h"

#include "common/revision/topology.h"

struct standing *standing_list(const struct graph *graph, struct texts rows, struct arena *arena,
                               struct error *error)
{
    struct diagnostics none = {0}; /* a graph of use has no cycle */
    struct index_list order = graph_list(graph, arena);
    uint64_t *applied = graph_set(graph, arena);
    for (size_t i = 0; i < rows.count; i++) {
        size_t index = graph_id_index(graph, rows.items[i]);
        if (index == INDEX_NOTHING) {
            (void)error_set(error, ERROR_REVISION, "revision '%s' is not among the files",
                            rows.items[i]);
            return NULL;
        }
        set_unite(applied, graph_ancestors(graph, index), graph->words);
    }
    if (graph_sort(graph, arena, &none, &order) < 0) {
        diagnostics_free(&none);
        (void)error_set(error, ERROR_REVISION, "the revisions form a cycle");
        return NULL;
    }
    struct standing *list = arena_array(arena, graph->count + 1, sizeof *list);
    for (size_t i = 0; i < order.count; i++) {
        list[i].revision = graph->revisions[order.items[i]];
        list[i].applied = set_has(applied, order.items[i]);
    }
    return list;
}
