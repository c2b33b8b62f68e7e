/* The deploy runner: brings one target along its path, segment by segment (deploy.h). */
#include "worker/deploy/runner.h"

#include "common/revision/segment.h"
#include "common/revision/stamp.h"
#include "worker/deploy/ending.h"
#include "worker/deploy/fault.h"
#include "worker/deploy/locate.h"
#include "worker/deploy/message.h"
#include "worker/deploy/online.h"
#include "worker/deploy/stamping.h"
#include "worker/deploy/statements.h"
#include "worker/deploy/transaction.h"

/* ---- segments ---- */

static void segment_start(struct deploy *deploy)
{
    deploy->stepwise = NULL;
    if (deploy->first == deploy->plan.step_count) {
        deploy_succeed(deploy, JOB_OUTCOME_DONE, deploy->plan.to);
        return;
    }
    deploy->end = segment_end(&deploy->plan, deploy->first);
    if (deploy_is_stamp(deploy)) {
        stamping_start(deploy);
    } else if (step_script(&deploy->plan.steps[deploy->first])->alembic != NULL) {
        online_start(deploy);
    } else if (step_script(&deploy->plan.steps[deploy->first])->transactional) {
        transaction_start(deploy);
    } else {
        statements_start(deploy);
    }
}

static void segment_done(struct deploy *deploy)
{
    deploy_segment_over(deploy);
    segment_start(deploy);
}

/* ---- beginning ---- */

static void connected(struct task *task, struct connection *connection, void *context)
{
    struct deploy *deploy = context;
    deploy->connection = connection;
    if (connection == NULL) {
        deploy_unwind(deploy);
        return;
    }
    bookkeeping_name(&deploy->tables, bookkeeping_schema(&task->job), &task->job, task->bundle,
                     connection, &task->arena);
    if (deploy->plan.step_count == 0) {
        locate_start(deploy);
        return;
    }
    segment_start(deploy);
}

static void cancel(struct task *task)
{
    struct deploy *deploy = task->runner;
    switch (deploy->state) {
    case DEPLOY_ACQUIRING:
        pool_acquire_cancel(task);
        deploy_end_cancelled(deploy);
        break;
    case DEPLOY_WAITING:
        uv_timer_stop(&deploy->timer);
        deploy_end_cancelled(deploy);
        break;
    case DEPLOY_PLAIN:
    case DEPLOY_TRANSACTING:
    case DEPLOY_LOCATING:
    case DEPLOY_RETRYING:
        if (deploy->online != NULL && deploy->state == DEPLOY_TRANSACTING) {
            online_cancel(deploy);
            break;
        }
        deploy_move(deploy, DEPLOY_STOPPING);
        connection_cancel(deploy->connection);
        break;
    case DEPLOY_COMMITTING:
        deploy_move(deploy, DEPLOY_LAST_COMMIT);
        connection_limit(deploy->connection,
                         (struct connection_limits){.answer_ms = CONNECTION_STOP_MS_MAX});
        break;
    case DEPLOY_NONE:
    case DEPLOY_LAST_COMMIT:
    case DEPLOY_STOPPING:
    case DEPLOY_UNWINDING:
    case DEPLOY_FINISHED: break;
    }
}

static struct deploy *deploy_make(struct task *task)
{
    static const struct deploy_runner runner = {
        .segment_start = segment_start, .segment_done = segment_done, .failed = fault_take};
    struct deploy *deploy = arena_alloc(&task->arena, sizeof *deploy);
    deploy->task = task;
    deploy->runner = &runner;
    deploy->learned.server.server_identity = task->job.server_identity;
    deploy->learned.server.timeline = "";
    uv_timer_init(task->loop, &deploy->timer);
    deploy->timer.data = deploy;
    task->runner = deploy;
    task->cancel = cancel;
    return deploy;
}

static void acquire(struct deploy *deploy)
{
    deploy_move(deploy, DEPLOY_ACQUIRING);
    pool_acquire(deploy->task, connected, deploy);
}

void deploy_run(struct task *task, const struct plan *plan)
{
    struct deploy *deploy = deploy_make(task);
    deploy->plan = *plan;
    acquire(deploy);
}

static int plan_read(struct task *task, struct plan *plan, struct error *error)
{
    if (task->bundle == NULL) {
        return error_set(error, ERROR_PROTOCOL, "no bundle");
    }
    const struct graph *graph = bundle_graph(task->bundle);
    const struct message_job *job = &task->job;
    if (job->direction == DIRECTION_STAMP) {
        return stamp_replay(graph, job->from, job->to, job->steps, &task->arena, plan, error);
    }
    return plan_replay(graph, job->from, job->steps, &task->arena, plan, error);
}

void deploy_start(struct task *task)
{
    struct deploy *deploy = deploy_make(task);
    struct error error = {0};
    if (plan_read(task, &deploy->plan, &error) == 0) {
        deploy->plan.apart = task->job.transaction == TRANSACTION_REVISION;
        acquire(deploy);
    } else {
        const struct failure failure = failure_of_error(FAILURE_CAUSE_PATH, &error);
        task_fail(task, &failure);
        deploy_wait(deploy, 0, deploy_unwind);
    }
}
