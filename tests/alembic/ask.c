/* Questions to the revision graph, one JSON object a line, answered as `drover explain --json`,
 * `history --json` and `show --json` answer, by the same functions, without starting a process for
 * each.
 *
 *   {"graph": [{"id", "parents": [], "depends": [], "labels": []}...]}   the graph from now on
 *   {"op": "upgrade"|"downgrade"|"stamp", "specs": [], "from": [], "purge": bool}
 *   {"op": "history", "range": "", "current": []}
 *   {"op": "show", "symbol": ""}
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/plan/explain.h"
#include "cli/text/json.h"
#include "common/base/buffer.h"
#include "common/revision/range.h"

struct desk {
    struct arena arena; /* of the graph */
    struct graph *graph;
    const char *fault; /* NULL: the graph is of use */
};

static struct texts texts_read(const json_t *array, struct arena *arena)
{
    size_t count = json_array_size(array);
    const char **items = arena_array(arena, count, sizeof *items);
    for (size_t i = 0; i < count; i++) {
        items[i] = arena_strdup(arena, json_string_value(json_array_get(array, i)));
    }
    return (struct texts){.items = items, .count = count};
}

static void names_append(const json_t *array, const char *heading, struct buffer *out)
{
    buffer_printf(out, "-- %s:", heading);
    for (size_t i = 0; i < json_array_size(array); i++) {
        buffer_printf(out, "%s %s", i > 0 ? "," : "", json_string_value(json_array_get(array, i)));
    }
    buffer_text_append(out, "\n");
}

static struct revision *revision_read(const json_t *described, struct arena *arena,
                                      struct diagnostics *diagnostics)
{
    const char *id = json_string_value(json_object_get(described, "id"));
    struct buffer text = {0};
    buffer_printf(&text, "-- %s\n--\n-- Revision ID: %s\n", id, id);
    names_append(json_object_get(described, "parents"), "Revises", &text);
    if (json_array_size(json_object_get(described, "depends")) > 0) {
        names_append(json_object_get(described, "depends"), "Depends On", &text);
    }
    if (json_array_size(json_object_get(described, "labels")) > 0) {
        names_append(json_object_get(described, "labels"), "Branch Labels", &text);
    }
    buffer_text_append(&text, "\n-- migrate:up\n-- migrate:down\n");
    struct revision *revision = revision_parse(arena, arena_printf(arena, "%s.sql", id),
                                               buffer_text(&text), text.length, diagnostics);
    buffer_free(&text);
    return revision;
}

static json_t *graph_read(struct desk *desk, const json_t *described)
{
    struct diagnostics diagnostics = {0};
    size_t count = json_array_size(described);
    size_t parsed = 0;
    arena_free(&desk->arena);
    struct revision **revisions = arena_array(&desk->arena, count, sizeof(struct revision *));
    for (size_t i = 0; i < count; i++) {
        revisions[parsed] = revision_read(json_array_get(described, i), &desk->arena, &diagnostics);
        parsed += revisions[parsed] != NULL;
    }
    desk->graph = graph_build(&desk->arena, revisions, parsed, &diagnostics);
    desk->fault = NULL;
    if (diagnostics.error_count > 0) {
        enum graph_fault fault = graph_fault(desk->graph);
        desk->fault = fault == GRAPH_FAULT_NONE ? "bad_revision" : graph_fault_word(fault);
    }
    json_t *answer = desk->fault == NULL
                         ? json_pack("{s:b}", "graph", true)
                         : explain_error_json(desk->fault, diagnostics.first->message);
    diagnostics_free(&diagnostics);
    return answer;
}

static json_t *revisions_json(struct revision_list revisions)
{
    json_t *array = json_array();
    for (size_t i = 0; i < revisions.count; i++) {
        (void)json_array_append_new(array, json_string(revisions.items[i]->id));
    }
    return json_pack("{s:o}", "revisions", array);
}

static json_t *question_answer(const struct desk *desk, const json_t *question)
{
    struct arena arena = {0};
    struct error error = {0};
    struct revision_list revisions;
    enum plan_fault fault = PLAN_FAULT_NONE;
    json_t *answer = NULL;
    const char *op = json_string_value(json_object_get(question, "op"));
    if (strcmp(op, "history") == 0) {
        const char *range = json_string_value(json_object_get(question, "range"));
        struct texts current = texts_read(json_object_get(question, "current"), &arena);
        if (range_revisions(desk->graph, range, current, &arena, &revisions, &fault, &error) == 0) {
            answer = revisions_json(revisions);
        }
    } else if (strcmp(op, "show") == 0) {
        const char *symbol = json_string_value(json_object_get(question, "symbol"));
        if (range_symbol(desk->graph, symbol, &arena, &revisions, &fault, &error) == 0) {
            answer = revisions_json(revisions);
        }
    } else {
        struct plan plan;
        struct explanation asked = {.operation = op,
                                    .specs = texts_read(json_object_get(question, "specs"), &arena),
                                    .from = texts_read(json_object_get(question, "from"), &arena),
                                    .purge = json_is_true(json_object_get(question, "purge"))};
        if (explain_plan(desk->graph, &asked, &arena, &plan, &error) == 0) {
            answer = explain_json(op, &plan);
        }
        fault = plan.fault;
    }
    if (answer == NULL) {
        answer = explain_error_json(plan_fault_word(fault), error.message);
    }
    arena_free(&arena);
    return answer;
}

int main(void)
{
    struct desk desk = {0};
    char *line = NULL;
    size_t capacity = 0;
    int result = EXIT_SUCCESS;
    desk.graph = graph_build(&desk.arena, NULL, 0, &(struct diagnostics){0});
    while (result == EXIT_SUCCESS && getline(&line, &capacity, stdin) > 0) {
        json_error_t fault;
        json_t *question = json_loads(line, 0, &fault);
        if (question == NULL) {
            (void)fprintf(stderr, "ask: %s\n", fault.text);
            result = EXIT_FAILURE;
        } else {
            const json_t *graph = json_object_get(question, "graph");
            json_line(graph != NULL ? graph_read(&desk, graph) : question_answer(&desk, question));
        }
        json_decref(question);
    }
    free(line);
    arena_free(&desk.arena);
    return result;
}
