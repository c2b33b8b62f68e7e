/* Looks (look.h). */
#include "worker/look/look.h"

#include "worker/connections/blockers.h"
#include "worker/sql/session.h"

static bool look_holds(const void *subject, unsigned state)
{
    const struct look *look = subject;
    LOOK_STATE_LIST(STATE_HOLDS)
    return false;
}

STATE_MACHINE(look_machine, "look", LOOK_STATE_LIST, LOOK_MOVE_LIST, look_holds);

static void look_move(struct look *look, enum look_state to)
{
    look->state = state_machine_move(&look_machine, look->state, to, look);
}

/* ---- ending ---- */

enum { UNWIND_MS = 5000 }; /* a ROLLBACK takes no time of its own */

static void finish(struct look *look, bool keep)
{
    struct task *task = look->task;
    if (look->connection != NULL) {
        pool_release(task, look->connection, keep);
        look->connection = NULL;
    }
    task->cancel = NULL;
    look_move(look, LOOK_FINISHED);
    task->finish(task);
}

static void rolled_back(struct connection *connection, const struct pg_error *fault, void *context)
{
    (void)connection;
    finish(context, fault == NULL);
}

void look_end(struct look *look, bool keep)
{
    struct connection *connection = look->connection;
    bool foreign = look->kind->in_transaction;
    bool open = connection != NULL && connection_is_idle(connection) &&
                connection_in_transaction(connection);
    if (open && (keep || foreign)) {
        look_move(look, LOOK_UNWINDING);
        connection_limit(connection, task_limits(UNWIND_MS));
        const struct query_callbacks callbacks = {.done = rolled_back, .context = look};
        connection_query(connection, foreign ? session_rollback : "ROLLBACK", &callbacks);
    } else {
        finish(look, keep && !foreign);
    }
}

void look_done(struct look *look)
{
    look->task->result.outcome = JOB_OUTCOME_DONE;
}

static void end_cancelled(struct look *look)
{
    look->task->result.outcome = JOB_OUTCOME_CANCELLED;
    look_end(look, false);
}

static void cancel(struct task *task)
{
    struct look *look = task->runner;
    if (look->state == LOOK_ACQUIRING) {
        pool_acquire_cancel(task);
        end_cancelled(look);
    } else if (look->state == LOOK_ASKING) {
        look_move(look, LOOK_STOPPING);
        connection_cancel(look->connection); /* ends when the message does */
    }
}

/* ---- messages ---- */

static void result_seen(struct connection *connection, const PGresult *result, unsigned index,
                        void *context)
{
    (void)connection;
    struct look *look = context;
    look->kind->result(look, result, index);
}

static void message_over(struct connection *connection, const struct pg_error *fault, void *context)
{
    (void)connection;
    struct look *look = context;
    blockers_unwatch(look->task);
    if (look->state == LOOK_STOPPING) {
        end_cancelled(look);
    } else {
        look->kind->answered(look, fault);
    }
}

/* About to send. */
static void asking(struct look *look)
{
    connection_limit(look->connection, look->limits);
    const struct watched watched =
        watched_plainly(look->connection, look->settings.lock_timeout_ms);
    blockers_watch(look->task, &watched);
    look_move(look, LOOK_ASKING);
}

void look_ask(struct look *look, const char *sql)
{
    asking(look);
    const struct query_callbacks callbacks = {
        .result = result_seen, .done = message_over, .context = look};
    connection_query(look->connection, sql, &callbacks);
}

void look_send(struct look *look, const struct batch *batch)
{
    asking(look);
    const struct query_callbacks callbacks = {
        .result = result_seen, .done = message_over, .context = look};
    batch_send(batch, look->connection, &callbacks);
}

void look_parse(struct look *look, const char *sql)
{
    asking(look);
    const struct query_callbacks callbacks = {
        .result = result_seen, .done = message_over, .context = look};
    const struct pipeline_statement statement = {.sql = sql, .parsed = true};
    connection_pipeline(look->connection, &statement, 1, &callbacks);
}

/* ---- beginning ---- */

static void connected(struct task *task, struct connection *connection, void *context)
{
    (void)task;
    struct look *look = context;
    look->connection = connection;
    if (connection == NULL) {
        finish(look, false);
    } else {
        look->kind->begin(look);
    }
}

/* A timeout of the job, where 0 is none. */
static uint64_t held_to(uint64_t of_job, uint64_t most)
{
    return most > 0 && (of_job == 0 || of_job > most) ? most : of_job;
}

void look_start(struct look *look, struct task *task, const struct look_kind *kind,
                struct look_limits most)
{
    const struct timeouts *timeouts = &task->job.timeouts;
    look->task = task;
    look->kind = kind;
    look->settings = (struct settings){
        .lock_timeout_ms = held_to(timeouts->lock_timeout_ms, most.lock_ms),
        .statement_timeout_ms = held_to(timeouts->statement_timeout_ms, most.statement_ms),
        .local = true,
    };
    look->limits.answer_ms = task_limits(look->settings.statement_timeout_ms).answer_ms;
    task->runner = look;
    task->cancel = cancel;
    look_move(look, LOOK_ACQUIRING);
    pool_acquire(task, connected, look);
}
