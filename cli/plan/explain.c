/* Explaining a plan. */
#include "cli/plan/explain.h"

#include <string.h>

#include "cli/text/json.h"
#include "cli/text/table.h"
#include "common/base/array.h"
#include "common/revision/range.h"
#include "common/revision/stamp.h"

static bool text_has(const char *const *items, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(items[i], text) == 0) {
            return true;
        }
    }
    return false;
}

/* The version rows that the symbols of --from mean. A purge deletes rows that nobody knows, too. */
static int rows_find(const struct graph *graph, const struct explanation *asked,
                     struct arena *arena, struct texts *rows, enum plan_fault *fault,
                     struct error *error)
{
    const char **items =
        arena_array(arena, asked->from.count * (graph_size(graph) + 1), sizeof *items);
    size_t count = 0;
    for (size_t i = 0; i < asked->from.count; i++) {
        const char *symbol = asked->from.items[i];
        struct revision_list found;
        if (range_symbol(graph, symbol, arena, &found, fault, error) < 0) {
            if (!asked->purge) {
                return error_wrap(error, "--from");
            }
            *fault = PLAN_FAULT_NONE;
            items[count++] = symbol;
        }
        for (size_t k = 0; k < found.count; k++) {
            if (!text_has(items, count, found.items[k]->id)) {
                items[count++] = found.items[k]->id;
            }
        }
    }
    *rows = (struct texts){.items = items, .count = count};
    return 0;
}

int explain_plan(const struct graph *graph, const struct explanation *asked, struct arena *arena,
                 struct plan *plan, struct error *error)
{
    struct texts rows = {0};
    *plan = (struct plan){0};
    if (rows_find(graph, asked, arena, &rows, &plan->fault, error) < 0) {
        return -1;
    }
    if (strcmp(asked->operation, "stamp") == 0) {
        return stamp_make(graph, asked->specs, asked->purge, (struct texts){0}, rows, arena, plan,
                          error);
    }
    if (asked->specs.count != 1) {
        plan->fault = PLAN_FAULT_BAD_SPEC;
        return error_set(error, ERROR_REVISION, "%s takes one revision, but here are %zu",
                         asked->operation, asked->specs.count);
    }
    enum direction direction =
        strcmp(asked->operation, "upgrade") == 0 ? DIRECTION_UP : DIRECTION_DOWN;
    return plan_make(graph, direction, asked->specs.items[0], rows, arena, plan, error);
}

json_t *explain_json(const char *operation, const struct plan *plan)
{
    json_t *steps = json_array();
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct plan_step *step = &plan->steps[i];
        (void)json_array_append_new(steps, json_pack("{s:s, s:o, s:o}", "op", operation, "revision",
                                                     json_text(step->revision->id), "version_rows",
                                                     json_texts(step->rows_after)));
    }
    return json_pack("{s:o, s:o, s:o}", "from", json_texts(plan->from), "steps", steps, "to",
                     json_texts(plan->to));
}

json_t *explain_error_json(const char *word, const char *message)
{
    return json_pack("{s:{s:s, s:o}}", "error", "code", word, "message", json_text(message));
}

static const char *rows_text(struct texts rows, struct arena *arena)
{
    const char *text = rows.count == 0 ? "<base>" : "";
    for (size_t i = 0; i < rows.count; i++) {
        text = arena_printf(arena, "%s%s%s", text, i > 0 ? ", " : "", rows.items[i]);
    }
    return text;
}

void explain_render(const char *operation, const struct plan *plan, const struct style *style,
                    struct buffer *out)
{
    static const struct table_column columns[] = {
        {"STEP", true}, {"", false}, {"VERSION ROWS AFTER IT", false}, {"MESSAGE", false}};
    struct arena arena = {0};
    struct table table;
    if (plan->step_count == 0) {
        buffer_printf(out, "nothing to do at %s\n", rows_text(plan->from, &arena));
        arena_free(&arena);
        return;
    }
    table_init(&table, &arena, columns, LENGTH(columns));
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct plan_step *step = &plan->steps[i];
        const char *message = step->revision->message;
        const char *cells[] = {
            arena_printf(&arena, "%zu", i + 1),
            arena_printf(&arena, "%s %s", operation, step->revision->id),
            rows_text(step->rows_after, &arena),
            arena_strndup(&arena, message, strcspn(message, "\n")),
        };
        table_row(&table, cells);
    }
    buffer_printf(out, "from %s\n", rows_text(plan->from, &arena));
    table_render(&table, style, out);
    buffer_printf(out, "to   %s\n", rows_text(plan->to, &arena));
    arena_free(&arena);
}
