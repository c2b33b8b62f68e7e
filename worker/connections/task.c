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

struct failure task_failure_of(struct task *task, enum failure_cause cause,
                               const struct pg_error *fault)
{
    const char *detail = fault->detail;
    if (fault->context[0] != '\0') {
        detail = arena_printf(&task->arena, "%s%s%s", fault->detail,
                              fault->detail[0] != '\0' ? "\n" : "", fault->context);
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
