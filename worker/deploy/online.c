/* Steps that the project's own Alembic runs (online.h).
 *
 * password -> step -> ready: leave to commit -> done -> the next segment
 *              |                      |
 *              +-- raised, refused    +-- no answer: its session is ended, then the target tells (locate.h)
 */
#include "worker/deploy/online.h"

#include <inttypes.h>
#include <string.h>

#include "common/vocabulary/sqlstate.h"
#include "worker/deploy/ending.h"
#include "worker/deploy/history.h"
#include "worker/deploy/locate.h"
#include "worker/deploy/message.h"
#include "worker/deploy/transaction.h"
#include "worker/python/step.h"
#include "worker/sql/half_applied.h"
#include "worker/sql/progress.h"
#include "worker/sql/session.h"

enum {
    LOOK_MS_MAX = 30000, /* between two looks at what a step does */
    WHERE_MS = 2000,     /* for a process that does nothing, to say where it stands */
};

struct online {
    struct secret_wait *secret; /* the password is looked for */
    struct batch mark;          /* of a revision that commits part of its work; until it is asked */
    struct batch end;           /* likewise */
    struct step_call *call;     /* NULL before it, and when it is over */
    size_t rows_assert;         /* the statement that compares the version rows after the step */
    uint64_t begun_ms;          /* when a process was first seen at it; 0: it waits for one */
    bool opened;                /* the lock is held and the target stands where it should */
    bool looking;               /* a question of the watch is in flight */
    bool cancelled;             /* while it was */
    bool hung;                  /* it is asked where it stands, and then ended */
    bool busy;                  /* as the watch has seen it */
    unsigned sessions;          /* likewise */
    const char *where;          /* NULL: not told */
};

static const struct plan_step *step_of(const struct deploy *deploy)
{
    return &deploy->plan.steps[deploy->first];
}

/* ---- statements of ours ---- */

/* A condition on pg_stat_activity that finds the session of the step. */
static void session_append(const struct deploy *deploy, struct buffer *sql)
{
    buffer_text_append(sql, " FROM pg_catalog.pg_stat_activity"
                            " WHERE datname = pg_catalog.current_database()"
                            " AND usename = current_user AND pid <> pg_catalog.pg_backend_pid()");
    if (deploy->learned.mark != NULL) {
        buffer_printf(sql, " AND application_name = %s", deploy->learned.mark);
    } else {
        buffer_printf(sql, " AND pid = %d", deploy->online_backend);
    }
}

/* Python may think for as long as a statement may take, and the server waits for it. */
static void patience_append(const struct deploy *deploy, struct batch *batch, bool local)
{
    buffer_printf(batch_own(batch, "SET"),
                  "SET %s idle_in_transaction_session_timeout = '%" PRIu64 "ms'",
                  local ? "LOCAL" : "SESSION", deploy->task->job.timeouts.statement_timeout_ms);
}

/* What each connection of the step is set to, and where a pooler stands between, its transaction. */
static void session_fill(struct deploy *deploy, struct batch *session, struct batch *path)
{
    const struct message_job *job = &deploy->task->job;
    struct arena *arena = &deploy->task->arena;
    transaction_limits(deploy, session, false);
    patience_append(deploy, session, false);
    settings_path(session, job, deploy->connection, arena, false);
    settings_path(path, job, deploy->connection, arena, true);
}

static void closing_fill(struct deploy *deploy)
{
    if (deploy->task->job.unrecorded && deploy->first == 0) {
        history_reconcile(deploy, deploy->plan.from);
    }
    deploy->online->rows_assert = deploy->batch.count;
    bookkeeping_rows_assert(&deploy->batch, &deploy->tables, step_of(deploy)->rows_after,
                            deploy->connection, &deploy->task->arena);
    history_record(deploy);
}

/* A revision that commits part of its work says so in the target with the first of it, as one that runs statement
 * by statement (stepwise.h); an attempt that finds such a row does not begin. */
static void parts_fill(struct deploy *deploy, struct batch *mark, struct batch *end)
{
    const struct plan_step *step = step_of(deploy);
    struct arena *arena = &deploy->task->arena;
    struct progress_hold hold = {.revision = step->revision->id,
                                 .direction = direction_word(step->direction),
                                 .job = &deploy->task->job};
    const struct progress_statement all = {.number = 1, .checksum = step->revision->source};
    progress_hold_draw(&hold);
    bookkeeping_progress_create(mark, &deploy->tables);
    progress_absent(mark, &deploy->tables, &hold, deploy->connection, arena);
    progress_take(mark, &deploy->tables, &hold, deploy->connection, arena);
    progress_write(mark, &deploy->tables, &hold, &all, "running", deploy->connection, arena);
    batch_clear(&deploy->batch);
    bookkeeping_lock(&deploy->batch, &deploy->tables);
    progress_assert(&deploy->batch, &deploy->tables, &hold, deploy->connection, arena);
    closing_fill(deploy);
    progress_forget(&deploy->batch, &deploy->tables, &hold, deploy->connection, arena);
    *end = deploy->batch;
    memset(&deploy->batch, 0, sizeof deploy->batch);
}

static void statements_fill(struct deploy *deploy)
{
    transaction_open(deploy, TRANSACTION_WHOLE);
    patience_append(deploy, &deploy->batch, true);
    deploy->opening = deploy->batch.count;
    closing_fill(deploy);
}

/* ---- ends ---- */

static void online_over(struct deploy *deploy)
{
    uv_timer_stop(&deploy->timer);
    deploy->online->call = NULL;
}

/* "file:line" of the project; where Python told no line of it, the revision's file. */
static const char *location_of(const struct deploy *deploy, const char *file, unsigned line)
{
    struct arena *arena = &deploy->task->arena;
    if (file[0] == '\0') {
        return step_of(deploy)->revision->path;
    }
    return line > 0 ? arena_printf(arena, "%s:%u", file, line) : arena_strdup(arena, file);
}

static struct failure failure_of(struct deploy *deploy, const struct step_end *end)
{
    struct arena *arena = &deploy->task->arena;
    const char *location = location_of(deploy, end->file, end->line);
    if (end->fault.sqlstate[0] != '\0') {
        struct failure failure =
            task_failure_of(deploy->task, task_cause_of(&end->fault, PLACE_SCRIPT), &end->fault);
        failure.location = location;
        return failure;
    }
    bool named = end->outcome == STEP_FAILED && end->type[0] != '\0';
    struct failure failure = {
        .cause = FAILURE_CAUSE_PYTHON,
        .message = arena_printf(arena, "%s%s%s", named ? end->type : "", named ? ": " : "",
                                end->fault.message),
        .hint = arena_strdup(arena, end->fault.hint),
        .location = location,
    };
    if (end->outcome == STEP_LOST) {
        failure.message =
            arena_printf(arena, "Python did not get through the %s of revision %s: %s",
                         direction_word(step_of(deploy)->direction), step_of(deploy)->revision->id,
                         end->fault.message);
    }
    return failure;
}

static void session_gone(struct deploy *deploy)
{
    deploy->online = NULL;
    locate_start(deploy);
}

static void session_end(struct deploy *deploy);

static void session_ended(struct deploy *deploy)
{
    if (deploy->online->sessions > 0) {
        deploy_poll(deploy, session_end,
                    "the session of a Python process that is gone does not end");
    } else {
        session_gone(deploy);
    }
}

static void session_row(struct deploy *deploy, const PGresult *result, unsigned index)
{
    (void)index;
    if (PQresultStatus(result) == PGRES_TUPLES_OK) {
        deploy->online->sessions = (unsigned)PQntuples(result);
    }
}

/* Ends what the process has left on the server, until nothing is there. */
static void session_end(struct deploy *deploy)
{
    batch_clear(&deploy->batch);
    deploy->opening = 0;
    struct buffer *sql = batch_own(&deploy->batch, NULL);
    buffer_text_append(sql, "SELECT pg_catalog.pg_terminate_backend(pid)");
    session_append(deploy, sql);
    deploy->online->sessions = 0;
    deploy_send(deploy, DEPLOY_RETRYING, session_row, session_ended);
}

/* Whether it took effect is for the target to tell; where it did not, the attempt fails so. */
static void look_then_fail(struct deploy *deploy, const struct failure *failure)
{
    if (deploy->state == DEPLOY_LAST_COMMIT) {
        struct failure unknown = *failure;
        unknown.sqlstate = SQLSTATE_TRANSACTION_RESOLUTION_UNKNOWN;
        deploy_refuse(deploy, &unknown);
        return;
    }
    struct failure *kept = arena_alloc(&deploy->task->arena, sizeof *kept);
    *kept = *failure;
    deploy->pending = kept;
    session_end(deploy);
}

static void refuse_rows(struct deploy *deploy)
{
    deploy_refuse(
        deploy, &(struct failure){
                    .cause = FAILURE_CAUSE_PYTHON,
                    .message = arena_printf(
                        &deploy->task->arena,
                        "after the %s of revision %s the version rows in %s are not those that it "
                        "leads to",
                        direction_word(step_of(deploy)->direction), step_of(deploy)->revision->id,
                        deploy->tables.version),
                    .hint = "does the revision or env.py change them by itself?",
                    .location = step_of(deploy)->revision->path,
                });
}

/* What it has committed is not known; the target says that it has begun (unfinished.c). */
static void half_done(struct deploy *deploy, struct failure *failure)
{
    const struct plan_step *step = step_of(deploy);
    struct arena *arena = &deploy->task->arena;
    failure->detail = failure->message;
    failure->message = arena_printf(arena,
                                    "the %s of revision %s has committed part of its work and did "
                                    "not end: how far did it come?",
                                    direction_word(step->direction), step->revision->id);
    failure->hint =
        half_applied_ways(step->revision->id, step->direction == DIRECTION_UP, &step->rows_after,
                          deploy_rows_before(deploy), deploy->task->job.place.name, arena);
    failure->cause = FAILURE_CAUSE_HALF_APPLIED;
    failure->sqlstate = SQLSTATE_HALF_APPLIED;
}

static void step_failed(struct deploy *deploy, const struct step_end *end)
{
    struct failure failure = failure_of(deploy, end);
    if (end->marked) {
        half_done(deploy, &failure);
    }
    if (end->outcome == STEP_LOST || end->committing) {
        look_then_fail(deploy, &failure);
        return;
    }
    if (deploy->online->opened) {
        deploy_heads_set(deploy, deploy_rows_before(deploy));
    }
    deploy->online = NULL;
    deploy_refuse(deploy, &failure);
}

static void step_refused(struct deploy *deploy, const struct step_end *end)
{
    bool rows = end->fault.result_index == deploy->online->rows_assert &&
                sqlstate_is(end->fault.sqlstate, SQLSTATE_INVALID_TEXT_REPRESENTATION);
    deploy->online = NULL;
    deploy->unexpected = NULL;
    if (rows) {
        refuse_rows(deploy);
    } else {
        deploy->runner->failed(deploy, &end->fault);
    }
}

static void ended(const struct step_end *end, void *context)
{
    struct deploy *deploy = context;
    online_over(deploy);
    switch (end->outcome) {
    case STEP_DONE:
        deploy->online = NULL;
        deploy->runner->segment_done(deploy);
        break;
    case STEP_REFUSED: step_refused(deploy, end); break;
    case STEP_MOVED:
        deploy->online = NULL;
        locate_start(deploy);
        break;
    case STEP_FAILED:
    case STEP_WRONG:
    case STEP_LOST: step_failed(deploy, end); break;
    }
}

/* ---- the watch ---- */

static void watch(struct deploy *deploy);

static void hung_end(uv_timer_t *timer)
{
    struct deploy *deploy = timer->data;
    struct online *online = deploy->online;
    const char *where = online->where != NULL && online->where[0] != '\0'
                            ? online->where
                            : step_of(deploy)->revision->path;
    struct failure failure = {
        .cause = FAILURE_CAUSE_PYTHON,
        .message =
            arena_printf(&deploy->task->arena,
                         "Python did nothing for %" PRIu64 " s in the %s of revision %s, and was "
                         "ended",
                         deploy->task->job.timeouts.statement_timeout_ms / 1000,
                         direction_word(step_of(deploy)->direction), step_of(deploy)->revision->id),
        .hint = "rollout.statement_timeout is how long it may think between two statements",
        .location = where,
    };
    step_give_up(online->call);
    online_over(deploy);
    look_then_fail(deploy, &failure);
}

static void look_row(struct connection *connection, const PGresult *result, unsigned index,
                     void *context)
{
    (void)connection;
    (void)index;
    struct deploy *deploy = context;
    if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1) {
        deploy->online->busy = PQgetvalue(result, 0, 0)[0] != '0';
        deploy->online->sessions = PQgetvalue(result, 0, 1)[0] != '0';
    }
}

static bool is_hung(const struct deploy *deploy)
{
    const struct online *online = deploy->online;
    uint64_t limit_ms = deploy->task->job.timeouts.statement_timeout_ms;
    bool early = !online->opened && uv_now(deploy->task->loop) - online->begun_ms < limit_ms;
    return !online->busy && !early;
}

static void look_over(struct connection *connection, const struct pg_error *fault, void *context)
{
    (void)connection;
    struct deploy *deploy = context;
    struct online *online = deploy->online;
    if (online == NULL) {
        return; /* the step was over before the answer */
    }
    online->looking = false;
    if (online->cancelled) {
        online_cancel(deploy);
    } else if (online->call != NULL && fault == NULL && is_hung(deploy)) {
        online->hung = true;
        step_where(online->call);
        uv_timer_start(&deploy->timer, hung_end, WHERE_MS, 0);
    } else if (online->call != NULL) {
        watch(deploy);
    }
}

static void look(uv_timer_t *timer)
{
    struct deploy *deploy = timer->data;
    struct online *online = deploy->online;
    if (online->begun_ms == 0 && step_is_begun(online->call)) {
        online->begun_ms = uv_now(deploy->task->loop);
    }
    if (online->begun_ms == 0 || !connection_is_idle(deploy->connection)) {
        watch(deploy);
        return;
    }
    struct buffer sql = {0};
    const struct query_callbacks callbacks = {
        .result = look_row, .done = look_over, .context = deploy};
    buffer_printf(&sql,
                  "SELECT pg_catalog.count(*) FILTER (WHERE state = 'active' OR state_change >"
                  " pg_catalog.clock_timestamp() - interval '%" PRIu64 " milliseconds'),"
                  " pg_catalog.count(*)",
                  deploy->task->job.timeouts.statement_timeout_ms);
    session_append(deploy, &sql);
    online->looking = true;
    online->busy = false;
    connection_limit(deploy->connection, task_limits(LOOK_MS_MAX));
    connection_query(deploy->connection, buffer_text(&sql), &callbacks);
    buffer_free(&sql);
}

/* Looks again and again whether the step is at work; not where it may take for ever. */
static void watch(struct deploy *deploy)
{
    uint64_t limit_ms = deploy->task->job.timeouts.statement_timeout_ms;
    uint64_t pause_ms = limit_ms / 2 < LOOK_MS_MAX ? limit_ms / 2 : LOOK_MS_MAX;
    if (limit_ms > 0) {
        uv_timer_start(&deploy->timer, look, pause_ms, 0);
    }
}

/* ---- running ---- */

static void opened(int backend, void *context)
{
    struct deploy *deploy = context;
    deploy->online->opened = true;
    deploy->online_backend = backend;
}

static void told(const char *where, void *context)
{
    struct deploy *deploy = context;
    deploy->online->where = arena_strdup(&deploy->task->arena, where);
}

static void ready(struct texts row, void *context)
{
    struct deploy *deploy = context;
    if (row.count == 3) {
        deploy->learned.server.server_identity = row.items[0];
        deploy->learned.server.timeline = row.items[1];
    }
    deploy_move(deploy, DEPLOY_COMMITTING);
    step_commit(deploy->online->call);
}

static void parts_free(struct online *online)
{
    batch_free(&online->mark);
    batch_free(&online->end);
}

static void step_start(struct deploy *deploy, const char *password)
{
    static const struct step_listener listener = {
        .opened = opened, .ready = ready, .told = told, .ended = ended};
    const struct plan_step *step = step_of(deploy);
    struct batch session = {0};
    struct batch path = {0};
    session_fill(deploy, &session, &path);
    const struct step_request request = {
        .bundle = deploy->task->job.bundle,
        .visit = {.name = deploy->task->job.place.name,
                  .schema = deploy->task->job.place.schema,
                  .labels = deploy->task->job.labels,
                  .url = deploy->task->job.place.url,
                  .password = password,
                  .connect_timeout_ms = deploy->task->job.timeouts.connect_timeout_ms,
                  .version_schema = deploy->tables.schema,
                  .version_table = deploy->tables.version_name,
                  .session = &session,
                  .path = &path},
        .revision = step->revision->id,
        .source = step->revision->source,
        .up = step->direction == DIRECTION_UP,
        .rows = deploy_rows_before(deploy),
        .mark = &deploy->online->mark,
        .end = &deploy->online->end,
        .statements = &deploy->batch,
        .before = deploy->opening,
    };
    deploy->online->call =
        step_ask(deploy->task->python, &request, &listener, deploy, &deploy->task->arena);
    parts_free(deploy->online);
    batch_free(&session);
    batch_free(&path);
    watch(deploy);
}

static void password_found(const char *value, bool cached, const struct error *error, void *context)
{
    (void)cached;
    struct deploy *deploy = context;
    deploy->online->secret = NULL;
    if (error != NULL) {
        parts_free(deploy->online);
        const struct failure failure = failure_of_error(FAILURE_CAUSE_SECRET, error);
        deploy_refuse(deploy, &failure);
        return;
    }
    step_start(deploy, value);
}

void online_start(struct deploy *deploy)
{
    if (deploy->state == DEPLOY_LAST_COMMIT) {
        deploy_end_cancelled(deploy);
        return;
    }
    deploy->online = arena_alloc(&deploy->task->arena, sizeof *deploy->online);
    parts_fill(deploy, &deploy->online->mark, &deploy->online->end);
    statements_fill(deploy);
    deploy_move(deploy, DEPLOY_TRANSACTING);
    struct secret_wait *wait = pool_password(deploy->task, password_found, deploy);
    if (wait != NULL) { /* otherwise it was answered at once */
        deploy->online->secret = wait;
    }
}

void online_cancel(struct deploy *deploy)
{
    struct online *online = deploy->online;
    uv_timer_stop(&deploy->timer);
    if (online->secret != NULL) {
        parts_free(online);
        secret_wait_cancel(online->secret);
        online->secret = NULL;
    }
    if (online->call != NULL) {
        step_give_up(online->call);
        online->call = NULL;
    }
    if (online->looking) {
        online->cancelled = true;
        return;
    }
    struct buffer sql = {0};
    buffer_text_append(&sql, "SELECT pg_catalog.pg_terminate_backend(pid)");
    session_append(deploy, &sql);
    deploy->online = NULL;
    deploy->opening = 0;
    deploy_say(deploy, DEPLOY_STOPPING, buffer_text(&sql), deploy_end_cancelled);
    buffer_free(&sql);
}
