/* Failed results. */
#include "worker/connections/task.h"

struct connection_limits task_limits(uint64_t statement_timeout_ms)
{
    return (struct connection_limits){
        .answer_ms = statement_timeout_ms > 0 ? statement_timeout_ms + TASK_GRACE_MS : 0};
}

enum failure_cause task_cause_of(const struct pg_error *fault, enum failure_place place)
{
    bool told = sqlstate_is(fault->sqlstate, SQLSTATE_PROGRAM_LIMIT_EXCEEDED);
    return fault->lost && !told ? FAILURE_CAUSE_CONNECTION : sqlstate_cause(fault->sqlstate, place);
}

void task_fail(struct task *task, const struct failure *failure)
{
    task->result.outcome = JOB_OUTCOME_FAILED;
    layout_copy(failure_layout(), &task->arena, failure, &task->result.failure);
}

static const char *line_add(struct task *task, const char *text, const char *line)
{
    return arena_printf(&task->arena, "%s%s%s", text, text[0] != '\0' ? "\n" : "", line);
}

struct failure task_failure_of(struct task *task, enum failure_cause cause,
                               const struct pg_error *fault)
{
    bool waited =
        task->blocker != NULL && (sqlstate_is(fault->sqlstate, SQLSTATE_LOCK_NOT_AVAILABLE) ||
                                  sqlstate_is(fault->sqlstate, SQLSTATE_QUERY_CANCELED));
    const char *detail = fault->detail;
    if (waited) {
        detail = line_add(task, detail,
                          arena_printf(&task->arena, "the lock is held by %s", task->blocker));
    }
    if (fault->context[0] != '\0') {
        detail = line_add(task, detail, fault->context);
    }
    return (struct failure){.cause = cause,
                            .sqlstate = fault->sqlstate,
                            .message = fault->message,
                            .detail = detail,
                            .hint = fault->hint};
}

struct failure failure_of_error(enum failure_cause cause, const struct error *error)
{
    return (struct failure){.cause = cause, .message = error->message, .hint = error->hint};
}
