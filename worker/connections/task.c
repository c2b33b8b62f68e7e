/* Filling in a failed result. */
#include "worker/connections/task.h"

#include <string.h>

static const char *copied(struct task *task, const char *text)
{
    return text == NULL || text[0] == '\0' ? "" : arena_strdup(&task->arena, text);
}

void task_fail(struct task *task, enum failure_cause cause, const char *sqlstate,
               const char *message, const char *detail, const char *hint, const char *location)
{
    struct message_result *result = &task->result;
    result->outcome = JOB_OUTCOME_FAILED;
    result->failure.cause = cause;
    result->failure.sqlstate = copied(task, sqlstate);
    result->failure.message = copied(task, message);
    result->failure.detail = copied(task, detail);
    result->failure.hint = copied(task, hint);
    result->failure.location = copied(task, location);
}

void task_fail_pg(struct task *task, enum failure_cause cause, const struct pg_fault *fault,
                  const char *location)
{
    const char *detail = fault->detail;
    if (fault->context[0] != '\0') {
        detail = arena_printf(&task->arena, "%s%s%s", fault->detail,
                              fault->detail[0] != '\0' ? "\n" : "", fault->context);
    }
    task_fail(task, cause, fault->sqlstate, fault->message, detail, fault->hint, location);
}
