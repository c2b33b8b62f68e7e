/* Building: names first, then links by name, then cycles.c and topology.c. */
#include "common/revision/graph.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/spelling.h"
#include "common/revision/order.h"
#include "common/revision/topology.h"

struct builder {
    struct graph *graph;
    struct arena *arena;
    struct diagnostics *diagnostics;
};

/* By text; then ids before labels, then listing order, so that the first of equal names is the one
 * that stays. */
static int name_compare(const void *left, const void *right)
{
    const struct graph_name *a = left;
    const struct graph_name *b = right;
    int order = strcmp(a->text, b->text);
    if (order == 0 && a->is_label != b->is_label) {
        order = a->is_label ? 1 : -1;
    }
    if (order == 0) {
        order = a->index < b->index ? -1 : a->index > b->index;
    }
    return order;
}

/* The first fault stays. */
static void fault_note(const struct builder *builder, enum graph_fault fault)
{
    if (builder->graph->fault == GRAPH_FAULT_NONE) {
        builder->graph->fault = fault;
    }
}

/* "path:line", or the path alone when the line is not known. */
static const char *place_text(const struct revision *revision, unsigned line, struct arena *arena)
{
    return line == 0 ? revision->path : arena_printf(arena, "%s:%u", revision->path, line);
}

static void duplicate_report(const struct builder *builder, const struct graph_name *first,
                             const struct graph_name *second)
{
    const struct revision *old = builder->graph->revisions[first->index];
    const struct revision *new = builder->graph->revisions[second->index];
    const char *place =
        place_text(old, first->is_label ? old->labels_line : old->id_line, builder->arena);
    fault_note(builder,
               second->is_label ? GRAPH_FAULT_DUPLICATE_LABEL : GRAPH_FAULT_DUPLICATE_REVISION);
    if (!second->is_label) {
        struct diagnostic *error =
            diagnostic_add(builder->diagnostics, new->path, new->id_line, new->id_column,
                           "revision id '%s' is taken by %s", new->id, place);
        diagnostic_hint(builder->diagnostics, error, "give one of the two another id");
        return;
    }
    struct diagnostic *error = diagnostic_add(builder->diagnostics, new->path, new->labels_line,
                                              new->branch_label_columns[second->column],
                                              first->is_label ? "label '%s' is used by %s too"
                                                              : "label '%s' is a revision id in %s",
                                              second->text, place);
    diagnostic_hint(builder->diagnostics, error, "a label names one revision; choose another");
}

static void names_set(const struct builder *builder)
{
    struct graph *graph = builder->graph;
    size_t room = graph->count;
    for (size_t i = 0; i < graph->count; i++) {
        room += graph->revisions[i]->branch_label_count;
    }
    graph->names = arena_array(builder->arena, room, sizeof *graph->names);
    for (size_t i = 0; i < graph->count; i++) {
        const struct revision *revision = graph->revisions[i];
        graph->names[graph->name_count++] = (struct graph_name){.text = revision->id, .index = i};
        for (size_t l = 0; l < revision->branch_label_count; l++) {
            graph->names[graph->name_count++] = (struct graph_name){
                .text = revision->branch_labels[l], .index = i, .column = l, .is_label = true};
        }
    }
    if (graph->name_count > 0) {
        qsort(graph->names, graph->name_count, sizeof *graph->names, name_compare);
    }
    size_t kept = 0;
    for (size_t i = 0; i < graph->name_count; i++) {
        if (kept > 0 && strcmp(graph->names[kept - 1].text, graph->names[i].text) == 0) {
            duplicate_report(builder, &graph->names[kept - 1], &graph->names[i]);
        } else {
            graph->names[kept++] = graph->names[i];
        }
    }
    graph->name_count = kept;
}

static const char *close_name(const struct builder *builder, const char *name)
{
    const struct graph *graph = builder->graph;
    size_t place = graph_name_place(graph, name);
    if (place < graph->name_count && strncmp(graph->names[place].text, name, strlen(name)) == 0) {
        return graph->names[place].text; /* it begins like it */
    }
    const char *best = NULL;
    for (size_t i = 0; i < graph->name_count && best == NULL; i++) {
        best = spelling_nearest(name, &graph->names[i].text, 1);
    }
    return best;
}

static void unknown_report(const struct builder *builder, const struct revision *revision,
                           bool parent, size_t place)
{
    const char *name = parent ? revision->down_revisions[place] : revision->depends_on[place];
    unsigned line = parent ? revision->revises_line : revision->depends_line;
    unsigned column =
        parent ? revision->down_revision_columns[place] : revision->depends_on_columns[place];
    size_t labelled = graph_name_index(builder->graph, name);
    fault_note(builder, GRAPH_FAULT_NO_SUCH_REVISION);
    if (labelled != INDEX_NOTHING) {
        struct diagnostic *error =
            diagnostic_add(builder->diagnostics, revision->path, line, column,
                           "'%s' is a label, but 'Revises' takes revision ids", name);
        diagnostic_hint(builder->diagnostics, error, "write '%s'",
                        builder->graph->revisions[labelled]->id);
        return;
    }
    struct diagnostic *error = diagnostic_add(
        builder->diagnostics, revision->path, line, column,
        parent ? "there is no revision '%s'" : "there is no revision or label '%s'", name);
    const char *close = close_name(builder, name);
    if (close != NULL) {
        diagnostic_hint(builder->diagnostics, error, "did you mean '%s'? Ids stand in full", close);
    } else {
        diagnostic_hint(builder->diagnostics, error,
                        "is its file missing from the folder, or is it misspelt?");
    }
}

static void links_resolve(const struct builder *builder, size_t index)
{
    const struct graph *graph = builder->graph;
    const struct revision *revision = graph->revisions[index];
    struct node *node = &graph->nodes[index];
    node->parents.items =
        arena_array(builder->arena, revision->down_revision_count, sizeof(size_t));
    node->dependencies.items =
        arena_array(builder->arena, revision->depends_on_count, sizeof(size_t));
    for (size_t i = 0; i < revision->down_revision_count; i++) {
        size_t parent = graph_id_index(graph, revision->down_revisions[i]);
        if (parent == INDEX_NOTHING) {
            unknown_report(builder, revision, true, i);
        } else {
            index_list_add(&node->parents, parent);
        }
    }
    for (size_t i = 0; i < revision->depends_on_count; i++) {
        size_t dependency = graph_name_index(graph, revision->depends_on[i]);
        if (dependency == INDEX_NOTHING) {
            unknown_report(builder, revision, false, i);
        } else if (!index_list_has(&node->dependencies, dependency)) {
            index_list_add(&node->dependencies, dependency);
        }
    }
}

struct graph *graph_build(struct arena *arena, struct revision *const *revisions, size_t count,
                          struct diagnostics *diagnostics)
{
    struct graph *graph = arena_alloc(arena, sizeof *graph);
    struct builder builder = {.graph = graph, .arena = arena, .diagnostics = diagnostics};
    size_t errors = diagnostics->error_count;
    struct index_list order = {0};
    graph->revisions = revisions;
    graph->count = count;
    graph->words = (count + 63) / 64;
    graph->nodes = arena_array(arena, count, sizeof *graph->nodes);
    names_set(&builder);
    for (size_t i = 0; i < count; i++) {
        links_resolve(&builder, i);
    }
    if (graph_sort(graph, arena, diagnostics, &order) < 0) {
        fault_note(&builder, GRAPH_FAULT_CYCLE);
    }
    if (graph->fault != GRAPH_FAULT_NONE || diagnostics->error_count > errors) {
        /* empty: safe to ask, of no use */
        *graph = (struct graph){.revisions = revisions, .fault = graph->fault};
        return graph;
    }
    graph_close(graph, arena, &order);
    return graph;
}

enum graph_fault graph_fault(const struct graph *graph)
{
    return graph->fault;
}

const char *graph_fault_word(enum graph_fault fault)
{
    static const char *const words[] = {
#define GRAPH_FAULT_WORD(name, word) word,
        GRAPH_FAULT_LIST(GRAPH_FAULT_WORD)
#undef GRAPH_FAULT_WORD
    };
    return words[fault];
}

size_t graph_size(const struct graph *graph)
{
    return graph->count;
}

const struct revision *graph_at(const struct graph *graph, size_t index)
{
    return graph->revisions[index];
}

const struct revision *graph_find(const struct graph *graph, const char *id)
{
    size_t index = graph_id_index(graph, id);
    return index != INDEX_NOTHING ? graph->revisions[index] : NULL;
}

struct revision_list graph_revisions(const struct graph *graph, const struct index_list *indexes,
                                     struct arena *arena)
{
    struct revision_list list = {.items = arena_array(arena, indexes->count, sizeof(void *))};
    for (size_t i = 0; i < indexes->count; i++) {
        list.items[list.count++] = graph->revisions[indexes->items[i]];
    }
    return list;
}

struct revision_list graph_heads(const struct graph *graph, struct arena *arena)
{
    struct index_list heads = graph_head_list(graph, true, arena);
    return graph_revisions(graph, &heads, arena);
}

struct revision_list graph_real_heads(const struct graph *graph, struct arena *arena)
{
    struct index_list heads = graph_head_list(graph, false, arena);
    return graph_revisions(graph, &heads, arena);
}

struct revision_list graph_bases(const struct graph *graph, struct arena *arena)
{
    struct index_list bases = graph_base_list(graph, arena);
    return graph_revisions(graph, &bases, arena);
}

static const struct node *node_of(const struct graph *graph, const struct revision *revision)
{
    static const struct node stranger;
    size_t index = graph_id_index(graph, revision->id);
    return index != INDEX_NOTHING ? &graph->nodes[index] : &stranger;
}

struct revision_list graph_children(const struct graph *graph, const struct revision *revision,
                                    struct arena *arena)
{
    return graph_revisions(graph, &node_of(graph, revision)->children, arena);
}

struct revision_list graph_links(const struct graph *graph, const struct revision *revision,
                                 struct arena *arena)
{
    return graph_revisions(graph, &node_of(graph, revision)->links, arena);
}

bool graph_is_head(const struct graph *graph, const struct revision *revision)
{
    return node_of(graph, revision)->children.count == 0;
}

bool graph_is_real_head(const struct graph *graph, const struct revision *revision)
{
    return graph_is_head(graph, revision) && !node_of(graph, revision)->is_depended_on;
}

bool graph_is_base(const struct revision *revision)
{
    return revision->down_revision_count == 0;
}

bool graph_is_branch_point(const struct graph *graph, const struct revision *revision)
{
    return node_of(graph, revision)->children.count > 1;
}

bool graph_is_merge_point(const struct revision *revision)
{
    return revision->down_revision_count > 1;
}

struct revision_list graph_history(const struct graph *graph, struct arena *arena)
{
    uint64_t *all = graph_set(graph, arena);
    for (size_t i = 0; i < graph->count; i++) {
        set_put(all, i);
    }
    struct index_list heads = graph_head_list(graph, false, arena);
    struct index_list order = order_make(graph, all, &heads, arena);
    return graph_revisions(graph, &order, arena);
}

int graph_applied(const struct graph *graph, const char *const *rows, size_t row_count,
                  struct arena *arena, struct revision_list *applied, struct error *error)
{
    uint64_t *set = graph_set(graph, arena);
    struct index_list list = graph_list(graph, arena);
    for (size_t i = 0; i < row_count; i++) {
        size_t index = graph_id_index(graph, rows[i]);
        if (index == INDEX_NOTHING) {
            (void)error_set(error, ERROR_REVISION,
                            "the database stands at revision '%s', which is not among the files",
                            rows[i]);
            return error_hint(error, "is the file missing, or does the database belong to another "
                                     "project?");
        }
        set_unite(set, graph_ancestors(graph, index), graph->words);
    }
    for (size_t i = 0; i < graph->count; i++) {
        if (set_has(set, i)) {
            index_list_add(&list, i);
        }
    }
    *applied = graph_revisions(graph, &list, arena);
    return 0;
}
