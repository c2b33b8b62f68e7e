/* The revision that is to stay, and the line that is meant; then
 * everything above it that is applied.
 *
 * Two things are refused that Alembic does: a bare "-N" with several rows, where it takes the row
 * the table happens to return first, and an unknown line, which it does not notice when there is
 * nothing to choose.
 */
#include "common/revision/downgrade.h"

#include <string.h>

#include "common/revision/order.h"
#include "common/revision/symbol.h"
#include "common/revision/walk.h"

struct destination {
    size_t target; /* INDEX_NOTHING: base */
    size_t line;   /* INDEX_NOTHING: no line was named */
};

/* The rows that share the line; if none, those of the implied current revisions that do, which are
 * the applied ones without an applied line child. */
static struct index_list line_current(const struct question *question, size_t line)
{
    const struct graph *graph = question->versions.graph;
    struct index_list list = graph_list(graph, question->arena);
    for (size_t i = 0; i < question->versions.rows.count; i++) {
        if (graph_share_line(graph, question->versions.rows.items[i], line)) {
            index_list_add(&list, question->versions.rows.items[i]);
        }
    }
    if (list.count > 0) {
        return list;
    }
    for (size_t i = 0; i < graph->count; i++) {
        bool tip = set_has(question->applied, i);
        for (size_t c = 0; tip && c < graph->nodes[i].children.count; c++) {
            tip = !set_has(question->applied, graph->nodes[i].children.items[c]);
        }
        if (tip && graph_share_line(graph, i, line)) {
            index_list_add(&list, i);
        }
    }
    return list;
}

static int start_find(struct question *question, const struct relative *relative, size_t line,
                      size_t *start)
{
    struct index_list starts =
        line == INDEX_NOTHING ? question->versions.rows : line_current(question, line);
    if (starts.count == 0) {
        return relative_fail(question, relative,
                             line == INDEX_NOTHING ? "nothing is applied in the database"
                                                   : "nothing of that line is applied");
    }
    if (starts.count > 1) {
        (void)question_fail(question, PLAN_FAULT_AMBIGUOUS_WALK,
                            "'%s' is ambiguous: the database stands at %zu revisions (%s)",
                            relative->sign, starts.count, question_ids(question, &starts));
        return error_hint(question->error,
                          "say which line: LABEL@%s or ID@%s, or name the revision to go to",
                          relative->sign, relative->sign);
    }
    *start = starts.items[0];
    return 0;
}

static int relative_find(struct question *question, const struct relative *relative,
                         struct destination *destination)
{
    size_t start = INDEX_NOTHING;
    size_t along = INDEX_NOTHING;
    enum walk_end end = WALK_TOO_FAR;
    bool down = !relative->up && relative->steps > 0;
    if (relative->name == NULL && !down) {
        return relative_fail(question, relative,
                             relative->up && relative->steps > 0 ? "a downgrade only goes down"
                                                                 : "that is no step at all");
    }
    if (relative->line != NULL &&
        symbol_resolve_line(question, relative->line, &destination->line) < 0) {
        return -1;
    }
    if (relative->name == NULL) {
        if (start_find(question, relative, destination->line, &start) < 0) {
            return -1;
        }
        if (destination->line == INDEX_NOTHING) {
            destination->line = start;
        }
    } else {
        along = down ? INDEX_NOTHING : destination->line;
        if (symbol_resolve_one(question, down ? relative->line : NULL, relative->name, &start) <
            0) {
            return -1;
        }
    }
    if (walk(question, relative, start, along, &destination->target, &end) < 0) {
        return -1;
    }
    if (end == WALK_TOO_FAR) {
        return relative_fail(question, relative,
                             down ? "that is below the base" : "that is beyond the head");
    }
    return 0;
}

/* "L@S": S is looked up alone, and L chooses among lines. */
static int absolute_find(struct question *question, const char *spec,
                         struct destination *destination)
{
    const char *at = strrchr(spec, '@');
    const char *symbol = at != NULL ? at + 1 : spec;
    if (symbol_resolve_one(question, NULL, symbol, &destination->target) < 0) {
        return -1;
    }
    if (at == NULL || at == spec) {
        return 0;
    }
    char *line = arena_strndup(question->arena, spec, (size_t)(at - spec));
    return symbol_resolve_line(question, line, &destination->line);
}

/* The lowest revisions to drop. */
static int roots_find(struct question *question, const struct destination *destination,
                      struct index_list *roots)
{
    const struct graph *graph = question->versions.graph;
    size_t choices = 0;
    *roots = graph_list(graph, question->arena);
    if (destination->target == INDEX_NOTHING) {
        for (size_t i = 0; i < graph->count; i++) {
            if (graph->nodes[i].parents.count == 0) {
                index_list_add(roots, i);
                choices += 1 + graph->revisions[i]->branch_label_count;
            }
        }
    } else {
        const struct index_list *children = &graph->nodes[destination->target].children;
        for (size_t i = 0; i < children->count; i++) {
            index_list_add(roots, children->items[i]);
        }
        choices = children->count;
    }
    if (destination->line == INDEX_NOTHING || choices <= 1) {
        return 0;
    }
    const uint64_t *line = graph_line_ancestors(graph, destination->line);
    size_t kept = 0;
    for (size_t i = 0; i < roots->count; i++) {
        if (set_has(line, roots->items[i])) {
            roots->items[kept++] = roots->items[i];
        }
    }
    roots->count = kept;
    return kept > 0 ? 0
                    : question_fail(question, PLAN_FAULT_NOT_BELOW,
                                    "the line of '%s' does not lead down to %s",
                                    graph->revisions[destination->line]->id,
                                    destination->target != INDEX_NOTHING
                                        ? graph->revisions[destination->target]->id
                                        : "base");
}

static bool is_above(const struct graph *graph, size_t index, const struct index_list *roots)
{
    for (size_t i = 0; i < roots->count; i++) {
        if (set_has(graph_ancestors(graph, index), roots->items[i])) {
            return true;
        }
    }
    return false;
}

int downgrade_find(struct question *question, const char *spec, struct index_list *steps)
{
    const struct graph *graph = question->versions.graph;
    struct destination destination = {.target = INDEX_NOTHING, .line = INDEX_NOTHING};
    struct relative relative;
    struct index_list roots = {0};
    int found = relative_parse(question->arena, spec, &relative)
                    ? relative_find(question, &relative, &destination)
                    : absolute_find(question, spec, &destination);
    if (found < 0 || roots_find(question, &destination, &roots) < 0) {
        return -1;
    }
    uint64_t *drop = graph_set(graph, question->arena);
    bool any = false;
    for (size_t i = 0; i < graph->count; i++) {
        if (set_has(question->applied, i) && is_above(graph, i, &roots)) {
            set_put(drop, i);
            any = true;
        }
    }
    if (!any && destination.target != INDEX_NOTHING &&
        !index_list_has(&question->versions.rows, destination.target)) {
        (void)question_fail(question, PLAN_FAULT_NOT_BELOW,
                            "'%s' is not below what is applied in the database (%s)",
                            graph->revisions[destination.target]->id,
                            question_ids(question, &question->versions.rows));
        return error_hint(question->error,
                          "`drover current` shows where it stands; to go up, upgrade");
    }
    *steps = order_make(graph, drop, &question->versions.rows, question->arena);
    return 0;
}
