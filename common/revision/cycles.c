/* Topological sorting, which finds every cycle, also the one Alembic does not notice: a revision
 * whose prerequisites never come up is on a cycle or above one. Following such prerequisites
 * downwards must come round. */
#include "common/base/buffer.h"
#include "common/revision/topology.h"

struct sorter {
    const struct graph *graph;
    struct diagnostics *diagnostics;
    bool dependencies;          /* they count too */
    size_t *waiting;            /* prerequisites not yet in the order */
    bool *done;                 /* in the order, or on a reported cycle */
    struct index_list *waiters; /* for each revision, who waits for it */
    struct index_list order;
};

static size_t prerequisite(const struct sorter *sorter, size_t index, size_t place)
{
    const struct node *node = &sorter->graph->nodes[index];
    if (place < node->parents.count) {
        return node->parents.items[place];
    }
    place -= node->parents.count;
    if (sorter->dependencies && place < node->dependencies.count) {
        return node->dependencies.items[place];
    }
    return INDEX_NOTHING;
}

static void waiters_set(struct sorter *sorter, struct arena *scratch)
{
    size_t count = sorter->graph->count;
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        size_t p = 0;
        for (; prerequisite(sorter, i, p) != INDEX_NOTHING; p++) {
            sorter->waiters[prerequisite(sorter, i, p)].count++;
        }
        sorter->waiting[i] = p;
        total += p;
    }
    size_t *room = arena_array(scratch, total, sizeof(size_t));
    for (size_t i = 0; i < count; i++) {
        sorter->waiters[i].items = room;
        room += sorter->waiters[i].count;
        sorter->waiters[i].count = 0;
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t p = 0; prerequisite(sorter, i, p) != INDEX_NOTHING; p++) {
            index_list_add(&sorter->waiters[prerequisite(sorter, i, p)], i);
        }
    }
}

/* Puts `index` at the end of the order, which serves as the queue too. */
static void revision_finish(struct sorter *sorter, size_t index)
{
    sorter->done[index] = true;
    index_list_add(&sorter->order, index);
}

static void queue_run(struct sorter *sorter, size_t from)
{
    for (size_t i = from; i < sorter->order.count; i++) {
        const struct index_list *waiters = &sorter->waiters[sorter->order.items[i]];
        for (size_t w = 0; w < waiters->count; w++) {
            size_t waiter = waiters->items[w];
            sorter->waiting[waiter]--;
            if (sorter->waiting[waiter] == 0 && !sorter->done[waiter]) {
                revision_finish(sorter, waiter);
            }
        }
    }
}

static size_t unfinished_prerequisite(const struct sorter *sorter, size_t index)
{
    size_t place = 0;
    while (sorter->done[prerequisite(sorter, index, place)]) {
        place++;
    }
    return prerequisite(sorter, index, place);
}

/* Reports the cycle that is reached from `start`, and finishes its
 * revisions so that others show. */
static void cycle_report(struct sorter *sorter, size_t start, struct arena *scratch)
{
    const struct graph *graph = sorter->graph;
    bool *met = arena_array(scratch, graph->count, sizeof *met);
    size_t at = start;
    while (!met[at]) {
        met[at] = true;
        at = unfinished_prerequisite(sorter, at);
    }
    size_t first = at; /* of the cycle, the earliest in listing order */
    size_t length = 0;
    size_t next = at;
    do {
        first = next < first ? next : first;
        next = unfinished_prerequisite(sorter, next);
        length++;
    } while (next != at);
    struct buffer path = {0};
    buffer_text_append(&path, graph->revisions[first]->id);
    struct index_list cycle = {.items = arena_array(scratch, length, sizeof(size_t))};
    next = first;
    do {
        index_list_add(&cycle, next);
        next = unfinished_prerequisite(sorter, next);
        buffer_printf(&path, " -> %s", graph->revisions[next]->id);
    } while (next != first);
    const struct revision *revision = graph->revisions[first];
    const struct node *node = &graph->nodes[first];
    size_t second = unfinished_prerequisite(sorter, first);
    bool by_parent = index_list_has(&node->parents, second);
    unsigned line = by_parent ? revision->revises_line : revision->depends_line;
    unsigned column = revision->id_column == 0 ? 0 : 1; /* 0: known to the line only */
    struct diagnostic *error =
        length == 1 ? diagnostic_add(sorter->diagnostics, revision->path, line, column,
                                     "revision '%s' is said to come after itself", revision->id)
                    : diagnostic_add(sorter->diagnostics, revision->path, line, column,
                                     "the revisions form a %s: %s",
                                     sorter->dependencies ? "cycle of dependencies" : "cycle",
                                     buffer_text(&path));
    diagnostic_hint(sorter->diagnostics, error,
                    "each revision needs those before it first; take one of these links out");
    buffer_free(&path);
    size_t from = sorter->order.count;
    for (size_t i = 0; i < cycle.count; i++) {
        revision_finish(sorter, cycle.items[i]);
    }
    queue_run(sorter, from);
}

static bool sorter_run(struct sorter *sorter, struct arena *scratch)
{
    size_t count = sorter->graph->count;
    bool sound = true;
    sorter->waiting = arena_array(scratch, count, sizeof(size_t));
    sorter->done = arena_array(scratch, count, sizeof(bool));
    sorter->waiters = arena_array(scratch, count, sizeof *sorter->waiters);
    waiters_set(sorter, scratch);
    for (size_t i = 0; i < count; i++) {
        if (sorter->waiting[i] == 0) {
            revision_finish(sorter, i);
        }
    }
    queue_run(sorter, 0);
    for (size_t i = 0; i < count; i++) {
        if (!sorter->done[i]) {
            sound = false;
            cycle_report(sorter, i, scratch);
        }
    }
    return sound;
}

int graph_sort(const struct graph *graph, struct arena *arena, struct diagnostics *diagnostics,
               struct index_list *order)
{
    struct arena scratch = {0};
    bool sound = true;
    for (int dependencies = 0; dependencies <= 1 && sound; dependencies++) {
        struct sorter sorter = {.graph = graph,
                                .diagnostics = diagnostics,
                                .dependencies = dependencies != 0,
                                .order = graph_list(graph, arena)};
        sound = sorter_run(&sorter, &scratch);
        *order = sorter.order;
    }
    arena_free(&scratch);
    return sound ? 0 : -1;
}
