/* Endings (ending.h). */
#include "worker/deploy/ending.h"

#include "worker/deploy/remarks.h"
#include "worker/deploy/stepwise.h"
#include "worker/sql/session.h"

enum { UNWIND_MS = 5000 }; /* a ROLLBACK takes no time of its own */

static void timer_closed(uv_handle_t *handle)
{
    struct deploy *deploy = handle->data;
    struct task *task = deploy->task;
    batch_free(&deploy->batch);
    task->finish(task);
}

/* The result is filled in and nothing is in flight. */
static void finish(struct deploy *deploy, bool clean)
{
    deploy->task->cancel = NULL;
    remarks_give(deploy);
    if (deploy->connection != NULL) {
        bool keep = clean && connection_is_idle(deploy->connection) &&
                    !connection_in_transaction(deploy->connection);
        pool_release(deploy->task, deploy->connection, keep);
        deploy->connection = NULL;
    }
    deploy_move(deploy, DEPLOY_FINISHED);
    uv_close((uv_handle_t *)&deploy->timer, timer_closed);
}

static void rolled_back(struct connection *connection, const struct pg_error *fault, void *context)
{
    (void)connection;
    finish(context, fault == NULL);
}

void deploy_unwind(struct deploy *deploy)
{
    deploy_move(deploy, DEPLOY_UNWINDING);
    struct buffer sql = {0};
    if (deploy->connection != NULL && connection_is_idle(deploy->connection)) {
        if (connection_in_transaction(deploy->connection)) {
            buffer_printf(&sql, "%s; ", session_rollback);
        }
        (void)stepwise_leave_sql(deploy, &sql);
    }
    if (sql.length > 0) {
        const struct query_callbacks callbacks = {.done = rolled_back, .context = deploy};
        connection_limit(deploy->connection, task_limits(UNWIND_MS));
        connection_query(deploy->connection, buffer_text(&sql), &callbacks);
    } else {
        finish(deploy, true);
    }
    buffer_free(&sql);
}

void deploy_succeed(struct deploy *deploy, enum job_outcome outcome, struct texts heads)
{
    struct message_result *result = &deploy->task->result;
    result->outcome = outcome;
    result->seen.server = deploy->learned.server;
    deploy_heads_set(deploy, heads);
    deploy_unwind(deploy);
}

void deploy_end_cancelled(struct deploy *deploy)
{
    if (deploy->first > 0 && deploy->first == deploy->plan.step_count) { /* it came too late */
        deploy_succeed(deploy, JOB_OUTCOME_DONE, deploy->plan.to);
        return;
    }
    struct message_result *result = &deploy->task->result;
    result->outcome = JOB_OUTCOME_CANCELLED;
    stepwise_tell(deploy);
    result->seen.server = deploy->learned.server;
    /* Which statement the cancel has met is not known. */
    if (deploy->first > 0 && deploy->location == NULL) {
        deploy_heads_set(deploy, deploy_rows_before(deploy));
    }
    deploy_unwind(deploy);
}

void deploy_refuse(struct deploy *deploy, const struct failure *failure)
{
    stepwise_tell(deploy);
    task_fail(deploy->task, failure);
    deploy_unwind(deploy);
}
