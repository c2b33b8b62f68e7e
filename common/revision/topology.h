/* The inside of a graph: indexes and bitsets, for the planner's files only.
 *
 * A revision is its index in listing order. A *set* is a row of words, one bit per revision. Each
 * revision keeps the sets of its ancestors, so that every question of the planner is a bit test or
 * a pass over words; 1,000 revisions take 250 KiB.
 */
#ifndef DROVER_REVISION_TOPOLOGY_H
#define DROVER_REVISION_TOPOLOGY_H

#include <stdint.h>

#include "common/revision/graph.h"

/* Before every base. */
#define INDEX_NOTHING ((size_t)-1)

struct index_list {
    size_t *items;
    size_t count;
};

struct node {
    struct index_list parents;
    struct index_list dependencies; /* all declared ones, labels resolved */
    struct index_list links;        /* parents, then normalized dependencies */
    struct index_list children;     /* line children, in listing order */
    bool is_depended_on;
};

/* An id or a label. */
struct graph_name {
    const char *text;
    size_t index;  /* of the revision that bears it */
    size_t column; /* of a label: its place in branch_labels */
    bool is_label;
};

struct graph {
    enum graph_fault fault;
    struct revision *const *revisions;
    size_t count;
    size_t words; /* of a set */
    struct node *nodes;
    struct graph_name *names; /* sorted by text */
    size_t name_count;
    uint64_t *ancestors;      /* count sets, over links, self included */
    uint64_t *line_ancestors; /* count sets, over parents, self included */
};

static inline bool set_has(const uint64_t *set, size_t index)
{
    return (set[index / 64] >> (index % 64) & 1) != 0;
}

static inline void set_put(uint64_t *set, size_t index)
{
    set[index / 64] |= (uint64_t)1 << (index % 64);
}

static inline void set_remove(uint64_t *set, size_t index)
{
    set[index / 64] &= ~((uint64_t)1 << (index % 64));
}

static inline void set_unite(uint64_t *set, const uint64_t *other, size_t words)
{
    for (size_t i = 0; i < words; i++) {
        set[i] |= other[i];
    }
}

static inline void set_subtract(uint64_t *set, const uint64_t *other, size_t words)
{
    for (size_t i = 0; i < words; i++) {
        set[i] &= ~other[i];
    }
}

static inline const uint64_t *graph_ancestors(const struct graph *graph, size_t index)
{
    return graph->ancestors + index * graph->words;
}

static inline const uint64_t *graph_line_ancestors(const struct graph *graph, size_t index)
{
    return graph->line_ancestors + index * graph->words;
}

/* Whether `one` is among the line ancestors or line descendants of `other`; itself included. */
static inline bool graph_share_line(const struct graph *graph, size_t one, size_t other)
{
    return set_has(graph_line_ancestors(graph, one), other) ||
           set_has(graph_line_ancestors(graph, other), one);
}

static inline void index_list_add(struct index_list *list, size_t index)
{
    list->items[list->count++] = index;
}

static inline bool index_list_has(const struct index_list *list, size_t index)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i] == index) {
            return true;
        }
    }
    return false;
}

/* An empty set, and a list with room for one more than every revision. */
uint64_t *graph_set(const struct graph *graph, struct arena *arena);
struct index_list graph_list(const struct graph *graph, struct arena *arena);

/* The place of the first name that is not less than `text`; name_count if all are less. */
size_t graph_name_place(const struct graph *graph, const char *text);

/* The revision with exactly this id or label, or INDEX_NOTHING. */
size_t graph_name_index(const struct graph *graph, const char *text);
/* The revision with exactly this id, or INDEX_NOTHING. */
size_t graph_id_index(const struct graph *graph, const char *id);

/* Heads in listing order, effective ones only if asked for. */
struct index_list graph_head_list(const struct graph *graph, bool effective, struct arena *arena);

/* Revisions without parents, in listing order. */
struct index_list graph_base_list(const struct graph *graph, struct arena *arena);

/* The revisions of a list, in its order. */
struct revision_list graph_revisions(const struct graph *graph, const struct index_list *indexes,
                                     struct arena *arena);

/* Reports every cycle; otherwise gives an order in which links come before what links to them.
 * Parents and dependencies of the nodes are set. -1 if there is a cycle. cycles.c */
int graph_sort(const struct graph *graph, struct arena *arena, struct diagnostics *diagnostics,
               struct index_list *order);

/* Sets links, children and the ancestor sets, given graph_sort's order. */
void graph_close(struct graph *graph, struct arena *arena, const struct index_list *order);

#endif
