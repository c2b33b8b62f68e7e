/* Targets first; then their ancestors that are not applied, in order. */
#include "common/revision/upgrade.h"

#include "common/revision/order.h"
#include "common/revision/symbol.h"
#include "common/revision/walk.h"

/* The rows that share the line of `along`; if none, the tips of their ancestors that do. */
static struct index_list line_starts(const struct question *question, size_t along)
{
    const struct graph *graph = question->versions.graph;
    struct index_list list = graph_list(graph, question->arena);
    for (size_t i = 0; i < question->versions.rows.count; i++) {
        if (graph_share_line(graph, question->versions.rows.items[i], along)) {
            index_list_add(&list, question->versions.rows.items[i]);
        }
    }
    if (list.count > 0) {
        return list;
    }
    uint64_t *below = graph_set(graph, question->arena); /* links of members */
    for (size_t i = 0; i < graph->count; i++) {
        if (set_has(question->applied, i) && graph_share_line(graph, i, along)) {
            index_list_add(&list, i);
            for (size_t l = 0; l < graph->nodes[i].links.count; l++) {
                set_put(below, graph->nodes[i].links.items[l]);
            }
        }
    }
    size_t kept = 0;
    for (size_t i = 0; i < list.count; i++) {
        if (!set_has(below, list.items[i])) {
            list.items[kept++] = list.items[i];
        }
    }
    list.count = kept;
    return list;
}

/* "+N" and "L@+N". */
static int from_rows(struct question *question, const struct relative *relative, bool overwalk,
                     size_t *target)
{
    size_t along = INDEX_NOTHING;
    enum walk_end end = WALK_TOO_FAR;
    struct index_list starts = question->versions.rows;
    if (relative->line != NULL) {
        if (symbol_resolve_line(question, relative->line, &along) < 0) {
            return -1;
        }
        starts = line_starts(question, along);
    }
    if (!relative->up) {
        return relative_fail(question, relative, "an upgrade only goes up");
    }
    if (relative->steps == 0) {
        return relative_fail(question, relative, "that is no step at all");
    }
    if (starts.count > 1) {
        (void)question_fail(question, PLAN_FAULT_AMBIGUOUS_WALK,
                            "'%s' is ambiguous: the database stands at %zu revisions (%s)",
                            relative->sign, starts.count, question_ids(question, &starts));
        return error_hint(question->error, "say which line: LABEL@%s, or ID%s", relative->sign,
                          relative->sign);
    }
    size_t start = starts.count == 1 ? starts.items[0] : INDEX_NOTHING;
    if (walk(question, relative, start, along, target, &end) < 0) {
        return -1;
    }
    return end == WALK_ARRIVED || (overwalk && *target != INDEX_NOTHING)
               ? 0
               : relative_fail(question, relative,
                               "that is beyond the head from where the database stands");
}

/* "name+N" and "name-N", with or without "L@". */
static int from_name(struct question *question, const struct relative *relative, bool overwalk,
                     size_t *target)
{
    size_t start = INDEX_NOTHING;
    size_t along = INDEX_NOTHING;
    enum walk_end end = WALK_TOO_FAR;
    bool up = relative->up && relative->steps > 0;
    if (up && relative->line != NULL && symbol_resolve_line(question, relative->line, &along) < 0) {
        return -1;
    }
    if (symbol_resolve_one(question, up ? NULL : relative->line, relative->name, &start) < 0 ||
        walk(question, relative, start, along, target, &end) < 0) {
        return -1;
    }
    if (end != WALK_ARRIVED && !(overwalk && *target != INDEX_NOTHING)) {
        return relative_fail(question, relative,
                             up ? "that is beyond the head" : "that is below the base");
    }
    return 0;
}

int upgrade_targets(struct question *question, const char *spec, bool overwalk,
                    struct index_list *targets)
{
    struct relative relative;
    if (!relative_parse(question->arena, spec, &relative)) {
        return symbol_resolve(question, spec, targets);
    }
    size_t target = INDEX_NOTHING;
    int found = relative.name == NULL ? from_rows(question, &relative, overwalk, &target)
                                      : from_name(question, &relative, overwalk, &target);
    *targets = graph_list(question->versions.graph, question->arena);
    if (found == 0 && target != INDEX_NOTHING) {
        index_list_add(targets, target);
    }
    return found;
}

int upgrade_overlap(struct question *question, const struct index_list *targets)
{
    const struct graph *graph = question->versions.graph;
    for (size_t i = 0; i < targets->count; i++) {
        for (size_t j = 0; j < targets->count; j++) {
            size_t upper = targets->items[i];
            size_t lower = targets->items[j];
            if (upper != lower && set_has(graph_ancestors(graph, upper), lower)) {
                (void)question_fail(question, PLAN_FAULT_BAD_SPEC,
                                    "the targets overlap: '%s' includes '%s'",
                                    graph->revisions[upper]->id, graph->revisions[lower]->id);
                return error_hint(question->error, "name '%s' alone", graph->revisions[upper]->id);
            }
        }
    }
    return 0;
}

int upgrade_find(struct question *question, const char *spec, struct index_list *steps)
{
    const struct graph *graph = question->versions.graph;
    struct index_list targets = {0};
    if (upgrade_targets(question, spec, false, &targets) < 0 ||
        upgrade_overlap(question, &targets) < 0) {
        return -1;
    }
    uint64_t *todo = graph_set(graph, question->arena);
    for (size_t i = 0; i < targets.count; i++) {
        set_unite(todo, graph_ancestors(graph, targets.items[i]), graph->words);
    }
    set_subtract(todo, question->applied, graph->words);
    *steps = order_make(graph, todo, &targets, question->arena);
    for (size_t i = 0; i < steps->count / 2; i++) {
        size_t other = steps->count - 1 - i;
        size_t index = steps->items[i];
        steps->items[i] = steps->items[other];
        steps->items[other] = index;
    }
    return 0;
}
