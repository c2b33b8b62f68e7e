/* The deploy runner: brings one target along its path, segment by segment (deploy.h). */
#include "worker/deploy/deploy.h"

#include <stdio.h>
#include <string.h>

#include "common/revision/stamp.h"
#include "common/vocabulary/sqlstate.h"
#include "worker/deploy/locate.h"
#include "worker/deploy/segment.h"
#include "worker/deploy/stamping.h"
#include "worker/deploy/stepwise.h"
#include "worker/deploy/transaction.h"

typedef void result_taker(struct connection *connection, const PGresult *result, unsigned index,
                          void *context);
static void message_send(struct deploy *deploy, const char *sql, result_taker *taker,
                         deploy_next *next);

static void deploy_move(struct deploy *deploy, enum deploy_state to)
{
    deploy->state = state_machine_move(&deploy_machine, deploy->state, to, deploy);
}

/* ---- ending ---- */

static void timer_closed(uv_handle_t *handle)
{
    struct deploy *deploy = handle->data;
    struct task *task = deploy->task;
    batch_free(&deploy->batch);
    task->finish(task);
}

/* The result is filled in and nothing is in flight. */
static void finish(struct deploy *deploy)
{
    deploy->task->cancel = NULL;
    if (deploy->connection != NULL) {
        bool keep = !deploy->locked && connection_is_idle(deploy->connection) &&
                    !connection_in_transaction(deploy->connection);
        pool_release(deploy->task, deploy->connection, keep);
        deploy->connection = NULL;
    }
    deploy_move(deploy, DEPLOY_FINISHED);
    uv_close((uv_handle_t *)&deploy->timer, timer_closed);
}

/* Rolls back what is open, then finishes. */
void deploy_unwind(struct deploy *deploy)
{
    deploy_move(deploy, DEPLOY_UNWINDING);
    if (deploy->connection != NULL && connection_is_idle(deploy->connection) &&
        connection_in_transaction(deploy->connection)) {
        message_send(deploy, "ROLLBACK", NULL, finish);
    } else {
        finish(deploy);
    }
}

void deploy_heads_set(struct deploy *deploy, struct texts heads)
{
    deploy->task->result.heads = heads;
    deploy->task->result.heads_known = true;
}

/* Fills the result as well done. */
void deploy_succeed(struct deploy *deploy, enum job_outcome outcome, struct texts heads)
{
    struct message_result *result = &deploy->task->result;
    result->outcome = job_outcome_word(outcome);
    result->cause = failure_cause_word(FAILURE_CAUSE_NONE);
    result->server_identity = deploy->learned.server_identity;
    result->timeline = deploy->learned.timeline;
    deploy_heads_set(deploy, heads);
    deploy_unwind(deploy);
}

static void end_cancelled(struct deploy *deploy)
{
    struct message_result *result = &deploy->task->result;
    result->outcome = job_outcome_word(JOB_OUTCOME_CANCELLED);
    result->cause = failure_cause_word(FAILURE_CAUSE_NONE);
    result->server_identity = deploy->learned.server_identity;
    result->timeline = deploy->learned.timeline;
    /* After BEGIN nothing is known until the assertion has passed; a started path is another
     * matter. */
    if (deploy->first > 0) {
        deploy_heads_set(deploy, deploy_rows_before(deploy));
    }
    deploy_unwind(deploy);
}

void deploy_refuse(struct deploy *deploy, enum failure_cause cause, const char *sqlstate,
                   const char *message, const char *detail, const char *hint, const char *location)
{
    task_fail(deploy->task, cause, sqlstate, message, detail, hint, location);
    deploy_unwind(deploy);
}

/* ---- one message, one timer ---- */

static void result_seen(struct connection *connection, const PGresult *result, unsigned index,
                        void *context)
{
    (void)connection;
    struct deploy *deploy = context;
    if (deploy->unexpected == NULL && index < deploy->batch.count) {
        const struct batch_entry *entry = &deploy->batch.entries[index];
        const char *tag = PQcmdStatus((PGresult *)(uintptr_t)result);
        if (entry->tag[0] != '\0' && strcmp(entry->tag, tag) != 0) {
            deploy->unexpected = entry;
            snprintf(deploy->unexpected_tag, sizeof(deploy->unexpected_tag), "%s", tag);
        }
    }
    if (deploy->row != NULL) {
        deploy->row(deploy, result, index);
    }
}

static void message_over(struct connection *connection, const struct pg_fault *fault, void *context)
{
    (void)connection;
    struct deploy *deploy = context;
    if (deploy->state == DEPLOY_STOPPING) {
        end_cancelled(deploy);
    } else if (deploy->state == DEPLOY_UNWINDING) {
        finish(deploy); /* whatever the rollback met: the connection's state tells */
    } else if (fault != NULL) {
        deploy_failed(deploy, fault);
    } else if (deploy->unexpected != NULL) {
        deploy_unexpected(deploy);
    } else {
        deploy->after(deploy);
    }
}

static void message_send(struct deploy *deploy, const char *sql, result_taker *taker,
                         deploy_next *next)
{
    deploy->after = next;
    deploy->unexpected = NULL;
    const struct query_callbacks callbacks = {
        .result = taker, .done = message_over, .context = deploy};
    connection_query(deploy->connection, sql, &callbacks);
}

void deploy_send(struct deploy *deploy, enum deploy_state state, deploy_row *row, deploy_next *next)
{
    if (deploy->state == DEPLOY_LAST_COMMIT) {
        end_cancelled(deploy);
        return;
    }
    deploy_move(deploy, state);
    deploy->row = row;
    message_send(deploy, buffer_text(&deploy->batch.sql), result_seen, next);
}

void deploy_say(struct deploy *deploy, enum deploy_state state, const char *sql, deploy_next *next)
{
    if (deploy->state == DEPLOY_LAST_COMMIT) {
        end_cancelled(deploy);
        return;
    }
    deploy_move(deploy, state);
    message_send(deploy, sql, NULL, next);
}

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
        deploy_refuse(deploy, FAILURE_CAUSE_SQL, SQLSTATE_LOCK_NOT_AVAILABLE, message, "", "",
                      NULL);
        return;
    }
    deploy_wait(deploy, DEPLOY_POLL_MS, again);
}

/* ---- failing ---- */

/* "file:line" of a script's statement, or NULL. */
static const char *location_of(struct deploy *deploy, const struct batch_entry *entry,
                               unsigned line)
{
    if (entry == NULL || entry->statement == NULL) {
        return NULL;
    }
    return arena_printf(&deploy->task->arena, "%s:%u", entry->revision->path, line);
}

static void guard_violated(struct deploy *deploy, const struct batch_entry *entry, unsigned line)
{
    const char *location = location_of(deploy, entry, line);
    deploy_heads_set(deploy, deploy_rows_before(deploy));
    deploy_refuse(deploy, FAILURE_CAUSE_TRANSACTION, SQLSTATE_INVALID_TRANSACTION_TERMINATION,
                  "the script ended the transaction by itself; everything was rolled back", "",
                  "remove COMMIT, ROLLBACK, PREPARE TRANSACTION; name the constraints in "
                  "SET CONSTRAINTS instead of ALL",
                  location);
}

/* Rolls back and begins the segment in hand again. */
static void segment_again(struct deploy *deploy)
{
    deploy_say(deploy, DEPLOY_RETRYING, "ROLLBACK", deploy_segment_start);
}

static void refuse_server(struct deploy *deploy)
{
    deploy_refuse(deploy, FAILURE_CAUSE_MOVED, SQLSTATE_OTHER_SERVER,
                  "another server answers than the one that was validated", "",
                  "validate again: was the target moved or restored?", NULL);
}

static void refuse_half_applied(struct deploy *deploy)
{
    const struct revision *revision = deploy->plan.steps[deploy->first].revision;
    char *message = arena_printf(&deploy->task->arena,
                                 "revision %s was edited after it was half applied", revision->id);
    deploy_heads_set(deploy, deploy_rows_before(deploy));
    deploy_refuse(deploy, FAILURE_CAUSE_HALF_APPLIED, SQLSTATE_HALF_APPLIED, message, "",
                  "restore the revision as it was, deploy it, and mend it with a new one",
                  revision->path);
}

/* An assertion of ours has failed. */
static void refused(struct deploy *deploy, enum batch_refusal refusal)
{
    switch (refusal) {
    case REFUSAL_NONE: break;
    case REFUSAL_STRINGS:
    case REFUSAL_CREATE:
    case REFUSAL_NO_TABLE:
        deploy->learned.refusals |= 1U << refusal;
        segment_again(deploy);
        break;
    case REFUSAL_BUSY:
        deploy_poll(deploy, segment_again, "another session is deploying to this target");
        break;
    case REFUSAL_OTHER_SERVER: refuse_server(deploy); break;
    case REFUSAL_HALF_APPLIED: refuse_half_applied(deploy); break;
    case REFUSAL_MOVED: locate_start(deploy); break;
    case REFUSAL_GUARD: guard_violated(deploy, NULL, 0); break;
    }
}

static enum failure_cause cause_of(const struct deploy *deploy, const struct pg_fault *fault,
                                   const struct batch_entry *entry)
{
    if (fault->lost) {
        return FAILURE_CAUSE_CONNECTION;
    }
    bool own = entry != NULL && entry->statement == NULL;
    if (own && deploy_has_met(deploy, REFUSAL_CREATE) &&
        sqlstate_is(fault->sqlstate, SQLSTATE_UNDEFINED_TABLE)) {
        return FAILURE_CAUSE_PRIVILEGE;
    }
    return sqlstate_cause(fault->sqlstate, own ? PLACE_OWN : PLACE_SCRIPT);
}

/* The opening expected a table of ours to be there, and has not yet tried to make all. */
static bool is_missing_table(const struct deploy *deploy, const struct pg_fault *fault,
                             const struct batch_entry *entry)
{
    return entry != NULL && entry->statement == NULL &&
           (size_t)(entry - deploy->batch.entries) < deploy->opening &&
           sqlstate_is(fault->sqlstate, SQLSTATE_UNDEFINED_TABLE) &&
           !deploy_has_met(deploy, REFUSAL_NO_TABLE) && !deploy_has_met(deploy, REFUSAL_CREATE);
}

/* Whether it took effect is for the next attempt to read from the target. */
static void refuse_unknown(struct deploy *deploy, const struct pg_fault *fault)
{
    deploy_refuse(deploy, FAILURE_CAUSE_CONNECTION, SQLSTATE_TRANSACTION_RESOLUTION_UNKNOWN,
                  "the connection was lost while COMMIT was on its way", fault->message,
                  "the next attempt reads from the target whether it took effect", NULL);
}

void deploy_failed(struct deploy *deploy, const struct pg_fault *fault)
{
    bool committing = deploy->state == DEPLOY_COMMITTING || deploy->state == DEPLOY_LAST_COMMIT;
    if (committing && fault->lost) {
        refuse_unknown(deploy, fault);
        return;
    }
    unsigned line = 0;
    const struct batch_entry *entry = batch_locate(&deploy->batch, fault, &line);
    enum batch_refusal refusal =
        is_missing_table(deploy, fault, entry) ? REFUSAL_NO_TABLE : batch_refused(entry, fault);
    if (refusal != REFUSAL_NONE) {
        refused(deploy, refusal);
        return;
    }
    if (sqlstate_is(fault->sqlstate, SQLSTATE_UNIQUE_VIOLATION) && fault->message != NULL &&
        strstr(fault->message, BOOKKEEPING_GUARD_CONSTRAINT) != NULL) {
        guard_violated(deploy, entry, line);
        return;
    }
    task_fail_pg(deploy->task, cause_of(deploy, fault, entry), fault,
                 location_of(deploy, entry, line));
    if (!fault->lost && (deploy->first > 0 || fault->result_index >= deploy->opening)) {
        deploy_heads_set(deploy, deploy_rows_before(deploy));
    }
    deploy_unwind(deploy);
}

void deploy_unexpected(struct deploy *deploy)
{
    const struct batch_entry *entry = deploy->unexpected;
    if (entry == NULL) {
        guard_violated(deploy, NULL, 0);
        return;
    }
    char *message = arena_printf(&deploy->task->arena,
                                 "a statement of the bookkeeping answered \"%s\", not \"%s\"",
                                 deploy->unexpected_tag, entry->tag);
    deploy_refuse(deploy, FAILURE_CAUSE_TRANSACTION, "", message, "", "", NULL);
}

/* ---- segments ---- */

bool deploy_is_stamp(const struct deploy *deploy)
{
    return deploy->plan.step_count > 0 && deploy->plan.steps[0].direction == DIRECTION_STAMP;
}

bool deploy_has_met(const struct deploy *deploy, enum batch_refusal refusal)
{
    return (deploy->learned.refusals & 1U << refusal) != 0;
}

struct texts deploy_rows_before(const struct deploy *deploy)
{
    return segment_rows_before(&deploy->plan, deploy->first);
}

void deploy_segment_start(struct deploy *deploy)
{
    if (deploy->first == deploy->plan.step_count) {
        deploy_succeed(deploy, JOB_OUTCOME_DONE, deploy->plan.to);
        return;
    }
    deploy->end = segment_end(&deploy->plan, deploy->first);
    if (deploy_is_stamp(deploy)) {
        stamping_start(deploy);
    } else if (deploy->plan.steps[deploy->first].revision->transactional) {
        transaction_start(deploy);
    } else {
        stepwise_start(deploy);
    }
}

void deploy_segment_done(struct deploy *deploy)
{
    deploy->first = deploy->end;
    deploy->busy_since_ms = 0;
    deploy_segment_start(deploy);
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
    bookkeeping_name(&deploy->tables, &task->job, connection, &task->arena);
    if (deploy->plan.step_count == 0) {
        locate_start(deploy);
        return;
    }
    deploy_segment_start(deploy);
}

static void cancel(struct task *task)
{
    struct deploy *deploy = task->runner;
    switch (deploy->state) {
    case DEPLOY_ACQUIRING:
        pool_acquire_cancel(task);
        end_cancelled(deploy);
        break;
    case DEPLOY_WAITING:
        uv_timer_stop(&deploy->timer);
        end_cancelled(deploy);
        break;
    case DEPLOY_PLAIN:
    case DEPLOY_BEGINNING:
    case DEPLOY_TRANSACTING:
    case DEPLOY_LOCATING:
    case DEPLOY_RETRYING:
        deploy_move(deploy, DEPLOY_STOPPING);
        connection_cancel(deploy->connection);
        break;
    case DEPLOY_COMMITTING: deploy_move(deploy, DEPLOY_LAST_COMMIT); break;
    case DEPLOY_NONE:
    case DEPLOY_LAST_COMMIT:
    case DEPLOY_STOPPING:
    case DEPLOY_UNWINDING:
    case DEPLOY_FINISHED: break;
    }
}

static struct deploy *deploy_make(struct task *task)
{
    struct deploy *deploy = arena_alloc(&task->arena, sizeof(*deploy));
    deploy->task = task;
    deploy->learned.server_identity = task->job.server_identity;
    deploy->learned.timeline = "";
    uv_timer_init(task->loop, &deploy->timer);
    deploy->timer.data = deploy;
    task->runner = deploy;
    task->cancel = cancel;
    return deploy;
}

static void acquire(struct deploy *deploy)
{
    deploy_move(deploy, DEPLOY_ACQUIRING);
    pool_acquire(deploy->task, deploy->task->job.url, connected, deploy);
}

void deploy_run(struct task *task, const struct plan *plan)
{
    struct deploy *deploy = deploy_make(task);
    deploy->plan = *plan;
    acquire(deploy);
}

static int plan_read(struct task *task, struct plan *plan, struct error *error)
{
    const struct graph *graph = bundle_graph(task->bundle);
    const struct message_job *job = &task->job;
    if (direction_from_word(job->direction) == DIRECTION_STAMP) {
        return stamp_replay(graph, job->from, job->to, job->steps, &task->arena, plan, error);
    }
    return plan_replay(graph, job->from, job->steps, &task->arena, plan, error);
}

void deploy_start(struct task *task)
{
    struct deploy *deploy = deploy_make(task);
    struct error error = {0};
    if (task->bundle == NULL || plan_read(task, &deploy->plan, &error) != 0) {
        task_fail(task, FAILURE_CAUSE_PATH, "", task->bundle == NULL ? "no bundle" : error.message,
                  "", error.hint, NULL);
        deploy_wait(deploy, 0, deploy_unwind);
        return;
    }
    acquire(deploy);
}
