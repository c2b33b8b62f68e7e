/* A question to the planner: how it fails, and how it names revisions in sentences. */
#include "common/revision/question.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/base/buffer.h"
#include "common/revision/versions.h"

int question_fail(struct question *question, enum plan_fault fault, const char *format, ...)
{
    char message[sizeof question->error->message];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    question->plan->fault = fault;
    return error_set(question->error, ERROR_REVISION, "%s", message);
}

const char *question_ids(const struct question *question, const struct index_list *list)
{
    enum { SHOWN_MAX = 10 };
    const char *text = list->count == 0 ? "nothing" : "";
    for (size_t i = 0; i < list->count && i < SHOWN_MAX; i++) {
        text = arena_printf(question->arena, "%s%s%s", text, i > 0 ? ", " : "",
                            question->versions.graph->revisions[list->items[i]]->id);
    }
    return list->count > SHOWN_MAX ? arena_printf(question->arena, "%s, ...", text) : text;
}

static int row_add(struct question *question, size_t index)
{
    if (index_list_has(&question->versions.rows, index)) {
        (void)question_fail(question, PLAN_FAULT_OVERLAPPING_ROWS,
                            "the version table holds '%s' twice",
                            question->versions.graph->revisions[index]->id);
        return error_hint(question->error, "delete one of the two rows");
    }
    size_t place = question->versions.rows.count++;
    for (; place > 0 && question->versions.rows.items[place - 1] > index; place--) {
        question->versions.rows.items[place] = question->versions.rows.items[place - 1];
    }
    question->versions.rows.items[place] = index;
    set_unite(question->applied, graph_ancestors(question->versions.graph, index),
              question->versions.graph->words);
    return 0;
}

int question_rows(struct question *question, struct texts rows)
{
    const struct graph *graph = question->versions.graph;
    question->versions.rows = graph_list(graph, question->arena);
    question->applied = graph_set(graph, question->arena);
    for (size_t i = 0; i < rows.count; i++) {
        size_t index = graph_id_index(graph, rows.items[i]);
        if (index == INDEX_NOTHING) {
            (void)question_fail(question, PLAN_FAULT_UNKNOWN_ROW,
                                "the database stands at revision '%s', which is not in the bundle",
                                rows.items[i]);
            return error_hint(question->error,
                              "is its file missing here, or does the database belong to another "
                              "project?");
        }
        if (row_add(question, index) < 0) {
            return -1;
        }
    }
    question->plan->from = versions_texts(&question->versions, question->arena);
    question->plan->to = question->plan->from;
    return 0;
}

int question_overlap(struct question *question)
{
    const struct graph *graph = question->versions.graph;
    for (size_t i = 0; i < question->versions.rows.count; i++) {
        for (size_t j = 0; j < question->versions.rows.count; j++) {
            size_t upper = question->versions.rows.items[i];
            size_t lower = question->versions.rows.items[j];
            if (upper == lower || !set_has(graph_ancestors(graph, upper), lower)) {
                continue;
            }
            (void)question_fail(question, PLAN_FAULT_OVERLAPPING_ROWS,
                                "the version rows overlap: '%s' includes '%s'",
                                graph->revisions[upper]->id, graph->revisions[lower]->id);
            return error_hint(question->error,
                              "delete the lower row from the version table; older versions of "
                              "Alembic are known to leave such rows");
        }
    }
    return 0;
}
