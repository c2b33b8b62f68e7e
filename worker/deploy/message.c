/* Messages and waits (message.h). */
#include "worker/deploy/message.h"

#include <stdio.h>
#include <string.h>

#include "common/vocabulary/sqlstate.h"
#include "worker/connections/blockers.h"
#include "worker/deploy/describe.h"
#include "worker/deploy/ending.h"
#include "worker/deploy/remarks.h"
#include "worker/deploy/stepwise.h"
#include "worker/deploy/yielding.h"

/* ---- messages ---- */

static void result_seen(struct connection *connection, const PGresult *result, unsigned index,
                        void *context)
{
    (void)connection;
    struct deploy *deploy = context;
    deploy->heard = index + 1;
    deploy->heard_ms = uv_now(deploy->task->loop);
    if (deploy->unexpected == NULL && index < deploy->batch.count) {
        const struct batch_entry *entry = &deploy->batch.entries[index];
        const char *tag = PQcmdStatus((PGresult *)(uintptr_t)result);
        if (entry->tag[0] != '\0' && strcmp(entry->tag, tag) != 0) {
            deploy->unexpected = entry;
            snprintf(deploy->unexpected_tag, sizeof deploy->unexpected_tag, "%s", tag);
        }
    }
    if (deploy->row != NULL) {
        deploy->row(deploy, result, index);
    }
}

static void notice_seen(struct connection *connection, const struct pg_notice *notice,
                        unsigned index, void *context)
{
    (void)connection;
    remark_take(context, notice, index);
}

/* The server has no limit for a statement that may take for ever; it must be heard of within ours. */
static enum vouching vouching_of(const struct deploy *deploy)
{
    bool pooled = deploy->stepwise != NULL && deploy->stepwise->pooled;
    return !deploy->unbounded ? VOUCH_NONE : pooled ? VOUCH_SERVER : VOUCH_BACKEND;
}

/* About to be sent. The server has this limit for each statement. */
static void message_begin(struct deploy *deploy)
{
    const struct timeouts *timeouts = &deploy->task->job.timeouts;
    connection_limit(deploy->connection, task_limits(timeouts->statement_timeout_ms));
    struct watched watched = watched_plainly(deploy->connection, timeouts->lock_timeout_ms);
    watched.vouching = vouching_of(deploy);
    watched.describe = deploy_describe;
    yielding_watch(deploy, &watched);
    blockers_watch(deploy->task, &watched);
    deploy->heard = 0;
    deploy->heard_ms = uv_now(deploy->task->loop);
    deploy->unbounded = false;
}

static void message_over(struct connection *connection, const struct pg_error *fault, void *context)
{
    (void)connection;
    struct deploy *deploy = context;
    blockers_unwatch(deploy->task);
    if (deploy->state == DEPLOY_STOPPING) {
        deploy_end_cancelled(deploy);
    } else if (yielding_take(deploy, fault)) {
        return;
    } else if (fault != NULL || deploy->unexpected != NULL) {
        deploy->runner->failed(deploy, fault);
    } else {
        deploy->after(deploy);
    }
}

static void control_refuse(struct deploy *deploy, const struct batch_entry *entry)
{
    deploy_refuse(
        deploy,
        &(struct failure){
            .cause = FAILURE_CAUSE_TRANSACTION,
            .sqlstate = SQLSTATE_INVALID_TRANSACTION_TERMINATION,
            .message = "the script would begin or end a transaction by itself; it was not run",
            .hint = "remove BEGIN, COMMIT, ROLLBACK, SAVEPOINT, PREPARE TRANSACTION",
            .location = arena_printf(&deploy->task->arena, "%s:%u", entry->revision->path,
                                     entry->statement->line),
        });
}

/* Whether the batch may be sent; if not, the deploy has ended. */
static bool may_send_batch(struct deploy *deploy)
{
    const struct batch_entry *control = batch_control(&deploy->batch);
    if (control != NULL) {
        control_refuse(deploy, control);
        return false;
    }
    return true;
}

/* Whether anything may still be sent; if not, the deploy has ended. */
static bool may_send(struct deploy *deploy)
{
    if (deploy->state == DEPLOY_LAST_COMMIT) {
        deploy_end_cancelled(deploy);
        return false;
    }
    return true;
}

void deploy_send(struct deploy *deploy, enum deploy_state state, deploy_row *row, deploy_next *next)
{
    if (may_send(deploy) && may_send_batch(deploy)) {
        deploy_move(deploy, state);
        deploy->row = row;
        deploy->after = next;
        deploy->unexpected = NULL;
        const struct query_callbacks callbacks = {
            .result = result_seen, .notice = notice_seen, .done = message_over, .context = deploy};
        message_begin(deploy);
        batch_send(&deploy->batch, deploy->connection, &callbacks);
    }
}

void deploy_say(struct deploy *deploy, enum deploy_state state, const char *sql, deploy_next *next)
{
    if (may_send(deploy)) {
        deploy_move(deploy, state);
        deploy->after = next;
        deploy->unexpected = NULL;
        const struct query_callbacks callbacks = {.done = message_over, .context = deploy};
        message_begin(deploy);
        connection_query(deploy->connection, sql, &callbacks);
    }
}

/* ---- the timer ---- */

static void timer_fired(uv_timer_t *timer)
{
    struct deploy *deploy = timer->data;
    deploy->after(deploy);
}

void deploy_wait(struct deploy *deploy, uint64_t delay_ms, deploy_next *next)
{
    deploy->after = next;
    uv_timer_start(&deploy->timer, timer_fired, delay_ms, 0);
    deploy_move(deploy, DEPLOY_WAITING);
}

void deploy_poll(struct deploy *deploy, deploy_next *again, const char *message)
{
    uint64_t at_ms = uv_now(deploy->task->loop);
    if (deploy->busy_since_ms == 0) {
        deploy->busy_since_ms = at_ms;
    }
    if (at_ms - deploy->busy_since_ms >= DEPLOY_POLL_LIMIT_MS) {
        const char *holder = deploy->learned.holder;
        deploy_refuse(deploy,
                      &(struct failure){
                          .cause = FAILURE_CAUSE_SQL,
                          .sqlstate = SQLSTATE_LOCK_NOT_AVAILABLE,
                          .message = message,
                          .detail = holder == NULL ? NULL
                                                   : arena_printf(&deploy->task->arena,
                                                                  "the lock is held by %s", holder),
                      });
        return;
    }
    deploy_wait(deploy, DEPLOY_POLL_MS, again);
}
