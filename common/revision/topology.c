/* Links, children and ancestor sets; lookups by name. */
#include "common/revision/topology.h"

#include <string.h>

uint64_t *graph_set(const struct graph *graph, struct arena *arena)
{
    return arena_array(arena, graph->words, sizeof(uint64_t));
}

struct index_list graph_list(const struct graph *graph, struct arena *arena)
{
    return (struct index_list){.items = arena_array(arena, graph->count + 1, sizeof(size_t))};
}

size_t graph_name_place(const struct graph *graph, const char *text)
{
    size_t low = 0;
    size_t high = graph->name_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(graph->names[middle].text, text) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

size_t graph_name_index(const struct graph *graph, const char *text)
{
    size_t place = graph_name_place(graph, text);
    if (place == graph->name_count || strcmp(graph->names[place].text, text) != 0) {
        return INDEX_NOTHING;
    }
    return graph->names[place].index;
}

size_t graph_id_index(const struct graph *graph, const char *id)
{
    size_t index = graph_name_index(graph, id);
    bool found = index != INDEX_NOTHING && strcmp(graph->revisions[index]->id, id) == 0;
    return found ? index : INDEX_NOTHING;
}

struct index_list graph_head_list(const struct graph *graph, bool effective, struct arena *arena)
{
    struct index_list list = graph_list(graph, arena);
    for (size_t i = 0; i < graph->count; i++) {
        const struct node *node = &graph->nodes[i];
        if (node->children.count == 0 && (effective || !node->is_depended_on)) {
            index_list_add(&list, i);
        }
    }
    return list;
}

struct index_list graph_base_list(const struct graph *graph, struct arena *arena)
{
    struct index_list list = graph_list(graph, arena);
    for (size_t i = 0; i < graph->count; i++) {
        if (graph->nodes[i].parents.count == 0) {
            index_list_add(&list, i);
        }
    }
    return list;
}

static void children_set(struct graph *graph, struct arena *arena)
{
    for (size_t i = 0; i < graph->count; i++) {
        for (size_t p = 0; p < graph->nodes[i].parents.count; p++) {
            graph->nodes[graph->nodes[i].parents.items[p]].children.count++;
        }
        for (size_t d = 0; d < graph->nodes[i].dependencies.count; d++) {
            graph->nodes[graph->nodes[i].dependencies.items[d]].is_depended_on = true;
        }
    }
    for (size_t i = 0; i < graph->count; i++) {
        struct index_list *children = &graph->nodes[i].children;
        children->items = arena_array(arena, children->count, sizeof(size_t));
        children->count = 0;
    }
    for (size_t i = 0; i < graph->count; i++) {
        for (size_t p = 0; p < graph->nodes[i].parents.count; p++) {
            index_list_add(&graph->nodes[graph->nodes[i].parents.items[p]].children, i);
        }
    }
}

/* `declared` holds what the line ancestors of a revision list as dependencies, itself included. */
static void links_set(struct graph *graph, struct arena *arena, size_t index, uint64_t *declared)
{
    struct node *node = &graph->nodes[index];
    uint64_t *own = declared + index * graph->words;
    for (size_t p = 0; p < node->parents.count; p++) {
        set_unite(own, declared + node->parents.items[p] * graph->words, graph->words);
    }
    size_t room = node->parents.count + node->dependencies.count;
    node->links.items = arena_array(arena, room, sizeof(size_t));
    for (size_t p = 0; p < node->parents.count; p++) {
        index_list_add(&node->links, node->parents.items[p]);
    }
    for (size_t d = 0; d < node->dependencies.count; d++) {
        size_t dependency = node->dependencies.items[d];
        if (!set_has(own, dependency) && !index_list_has(&node->links, dependency)) {
            index_list_add(&node->links, dependency);
        }
    }
    for (size_t d = 0; d < node->dependencies.count; d++) {
        set_put(own, node->dependencies.items[d]);
    }
}

void graph_close(struct graph *graph, struct arena *arena, const struct index_list *order)
{
    struct arena scratch = {0};
    uint64_t *declared = arena_array(&scratch, graph->count * graph->words, sizeof(uint64_t));
    graph->ancestors = arena_array(arena, graph->count * graph->words, sizeof(uint64_t));
    graph->line_ancestors = arena_array(arena, graph->count * graph->words, sizeof(uint64_t));
    children_set(graph, arena);
    for (size_t i = 0; i < order->count; i++) {
        size_t index = order->items[i];
        const struct node *node = &graph->nodes[index];
        uint64_t *ancestors = graph->ancestors + index * graph->words;
        uint64_t *line = graph->line_ancestors + index * graph->words;
        links_set(graph, arena, index, declared);
        set_put(ancestors, index);
        set_put(line, index);
        for (size_t l = 0; l < node->links.count; l++) {
            set_unite(ancestors, graph_ancestors(graph, node->links.items[l]), graph->words);
        }
        for (size_t p = 0; p < node->parents.count; p++) {
            set_unite(line, graph_line_ancestors(graph, node->parents.items[p]), graph->words);
        }
    }
    arena_free(&scratch);
}
