/* One line is followed as far as it goes; what several lines need waits until
 * all of them have been emitted. */
#include "common/revision/order.h"

#include <string.h>

/* The place of the first member that has the one at `place` among its
 * ancestors; `place` if none. */
static size_t first_above(const struct graph *graph, const struct index_list *open, size_t place)
{
    size_t candidate = open->items[place];
    for (size_t i = 0; i < open->count; i++) {
        if (i != place && set_has(graph_ancestors(graph, open->items[i]), candidate)) {
            return i;
        }
    }
    return place;
}

static void list_remove(struct index_list *list, size_t place)
{
    list->count--;
    memmove(&list->items[place], &list->items[place + 1],
            (list->count - place) * sizeof *list->items);
}

struct index_list order_make(const struct graph *graph, const uint64_t *todo,
                             const struct index_list *starts, struct arena *arena)
{
    struct index_list order = graph_list(graph, arena);
    struct index_list open = graph_list(graph, arena);
    uint64_t *is_open = graph_set(graph, arena);
    for (size_t i = 0; i < starts->count; i++) {
        if (set_has(todo, starts->items[i])) {
            index_list_add(&open, starts->items[i]);
            set_put(is_open, starts->items[i]);
        }
    }
    size_t place = 0;
    while (open.count > 0) {
        size_t above = first_above(graph, &open, place);
        if (above != place) {
            place = above;
            continue;
        }
        size_t index = open.items[place];
        const struct index_list *links = &graph->nodes[index].links;
        bool replaced = false;
        index_list_add(&order, index);
        set_remove(is_open, index);
        for (size_t l = 0; l < links->count; l++) {
            size_t link = links->items[l];
            if (!set_has(todo, link) || set_has(is_open, link)) {
                continue;
            }
            set_put(is_open, link);
            if (!replaced) {
                open.items[place] = link;
                replaced = true;
            } else {
                index_list_add(&open, link);
            }
        }
        if (!replaced) {
            list_remove(&open, place);
            place -= place > 0;
        }
    }
    return order;
}
