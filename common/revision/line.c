/* A label goes up to all line descendants, and down along an unbranched line. */
#include "common/revision/line.h"

#include <string.h>

#include "common/revision/symbol.h"

/* Neither a merge nor named by more than one revision, be it as parent or as dependency. */
static bool is_unbranched(const struct graph *graph, size_t index)
{
    size_t named = 0;
    for (size_t i = 0; i < graph->count; i++) {
        named += index_list_has(&graph->nodes[i].parents, index) ||
                 index_list_has(&graph->nodes[i].dependencies, index);
    }
    return named <= 1 && graph->nodes[index].parents.count <= 1;
}

/* Whether the line from `index` up to the tip, `bearer` on it, is unbranched. */
static bool leads_down(const struct graph *graph, size_t index, size_t bearer)
{
    bool passed = false;
    for (size_t at = index; is_unbranched(graph, at); at = graph->nodes[at].children.items[0]) {
        passed = passed || at == bearer;
        if (graph->nodes[at].children.count == 0) {
            return passed;
        }
    }
    return false;
}

static bool is_label(const struct graph *graph, const char *name, size_t index)
{
    const struct revision *revision = graph->revisions[index];
    for (size_t i = 0; i < revision->branch_label_count; i++) {
        if (strcmp(revision->branch_labels[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether a label of `bearer` is one of `index` as well. */
static bool has_from(const struct graph *graph, size_t index, size_t bearer)
{
    return set_has(graph_line_ancestors(graph, index), bearer) || leads_down(graph, index, bearer);
}

int line_carries(struct question *question, const char *name, size_t index, bool *carries)
{
    const struct graph *graph = question->versions.graph;
    size_t bearer = INDEX_NOTHING;
    if (symbol_resolve_line(question, name, &bearer) < 0) {
        return -1;
    }
    if (!is_label(graph, name, bearer)) {
        *carries = graph_share_line(graph, index, bearer);
        return 0;
    }
    *carries = has_from(graph, index, bearer);
    return 0;
}

struct texts graph_labels(const struct graph *graph, const struct revision *revision,
                          struct arena *arena)
{
    size_t place = graph_id_index(graph, revision->id);
    size_t room = 0;
    size_t count = 0;
    for (size_t i = 0; i < graph->count; i++) {
        room += graph->revisions[i]->branch_label_count;
    }
    const char **items = arena_array(arena, room, sizeof *items);
    for (size_t i = 0; i < revision->branch_label_count; i++) {
        items[count++] = revision->branch_labels[i];
    }
    for (size_t i = 0; i < graph->count; i++) {
        const struct revision *bearer = graph->revisions[i];
        bool has = i != place && bearer->branch_label_count > 0 && has_from(graph, place, i);
        for (size_t k = 0; has && k < bearer->branch_label_count; k++) {
            items[count++] = bearer->branch_labels[k];
        }
    }
    return (struct texts){.items = items, .count = count};
}
