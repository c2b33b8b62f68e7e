/* A question to the planner: how it fails, and how it names revisions in sentences. */
#include "common/revision/question.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/base/buffer.h"

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
                            question->graph->revisions[list->items[i]]->id);
    }
    return list->count > SHOWN_MAX ? arena_printf(question->arena, "%s, ...", text) : text;
}
