/* Blockers (blockers.h).
 *
 * A *watch* belongs to a server: it acquires a connection for the first of its waits whose time has come,
 * asks for all of them together, and asks again until none is left.
 */
#include "worker/connections/blockers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>

#include "common/config/url.h"
#include "worker/connections/pool.h"

enum {
    LOOK_MS_MIN = 250,
    LOOK_MS_MAX = 5000,
    ANSWER_MS = 2000,
    TEXT_BYTES = 1024,
};

struct lock_wait {
    struct task *task;
    struct watch *watch;
    struct connection *connection; /* of the message */
    enum vouching vouching;
    int pid;               /* of the backend that may wait */
    uint64_t look_ms;      /* between two looks */
    uint64_t begin_ms;     /* uv_now when the message was sent */
    bool watched;          /* in the list of its watch */
    char seen[TEXT_BYTES]; /* who was in the way at the last look that found somebody; or "" */
    struct lock_wait *prev, *next;
};

struct watch {
    struct blockers *blockers;
    char *server; /* host:port */
    uv_timer_t timer;
    struct lock_wait *waits;
    struct task task;              /* acquires the connection; its arena lives as long */
    struct connection *connection; /* NULL while there is none */
    bool acquiring;
    bool asking;
    bool failed; /* could not connect: not tried again while the same waits go on, but to vouch */
    UT_hash_handle hh;
};

struct blockers {
    uv_loop_t *loop;
    struct pool *pool;
    struct watch *watches;
};

/* Whom each of these backends waits for, the first of them; a blocker without a row is a prepared
 * transaction. What a role may not see of another's session is NULL. */
static const char question[] =
    "BEGIN READ ONLY; SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL statement_timeout = "
    "1000;"
    " SELECT w.pid, " BLOCKER_COLUMNS ", pg_catalog.cardinality(u.pids)"
    " FROM pg_catalog.pg_stat_activity w,"
    " LATERAL (SELECT pg_catalog.pg_blocking_pids(w.pid) AS pids) u"
    " LEFT JOIN pg_catalog.pg_stat_activity b ON b.pid = u.pids[1]"
    " WHERE (w.wait_event_type = 'Lock' OR w.state IS NULL) AND pg_catalog.cardinality(u.pids) > 0"
    " AND w.pid IN (";

/* And which of them are at work; idle is one whose answer got lost. */
static const char working[] = "); SELECT a.pid FROM pg_catalog.pg_stat_activity a"
                              " WHERE (a.state IS NULL OR a.state <> 'idle') AND a.pid IN (";

enum { WORKING_COLUMNS = 1 };

static void watch_look(uv_timer_t *timer);

/* ---- the connection ---- */

static void connection_drop(struct watch *watch)
{
    if (watch->acquiring) {
        pool_acquire_cancel(&watch->task);
        watch->acquiring = false;
    }
    if (watch->connection != NULL) {
        pool_release(&watch->task, watch->connection, !watch->asking);
        watch->connection = NULL;
        watch->asking = false;
    }
    arena_free(&watch->task.arena);
}

/* When the next look is due: sooner than any wait gives up. */
static void look_later(struct watch *watch)
{
    uint64_t soonest = LOOK_MS_MAX;
    const struct lock_wait *wait;
    DL_FOREACH(watch->waits, wait)
    {
        soonest = wait->look_ms < soonest ? wait->look_ms : soonest;
    }
    uv_timer_start(&watch->timer, watch_look, soonest, 0);
}

/* ---- looking ---- */

void blocker_append(const PGresult *result, int row, int column, struct buffer *out)
{
    const char *name = PQgetvalue(result, row, column + 1);
    const char *state = PQgetvalue(result, row, column + 3);
    if (PQgetisnull(result, row, column)) {
        buffer_text_append(out, "a prepared transaction");
        return;
    }
    buffer_printf(out, "pid %s, ", PQgetvalue(result, row, column));
    if (name[0] != '\0') {
        buffer_printf(out, "application %s, ", name);
    }
    buffer_printf(out, "user %s", PQgetvalue(result, row, column + 2));
    if (state[0] != '\0') {
        buffer_printf(out, ", %s, for %s s: %s", state, PQgetvalue(result, row, column + 4),
                      PQgetvalue(result, row, column + 5));
    }
}

static void wait_describe(struct lock_wait *wait, const PGresult *result, int row)
{
    struct buffer text = {0};
    int more = atoi(PQgetvalue(result, row, 1 + BLOCKER_COLUMN_COUNT)) - 1;
    blocker_append(result, row, 1, &text);
    if (more > 0) {
        buffer_printf(&text, "; and %d more", more);
    }
    (void)snprintf(wait->seen, sizeof wait->seen, "%s", buffer_text(&text));
    buffer_free(&text);
}

/* Those of this kind that can be vouched for have been heard of. */
static void vouch(struct watch *watch, enum vouching vouching, int pid)
{
    struct lock_wait *wait;
    DL_FOREACH(watch->waits, wait)
    {
        if (wait->vouching == vouching && (vouching == VOUCH_SERVER || wait->pid == pid)) {
            connection_heard(wait->connection);
        }
    }
}

static void row_seen(struct connection *connection, const PGresult *result, unsigned index,
                     void *context)
{
    (void)connection;
    (void)index;
    struct watch *watch = context;
    struct lock_wait *wait = NULL;
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        return;
    }
    if (PQnfields(result) == WORKING_COLUMNS) {
        for (int row = 0; row < PQntuples(result); row++) {
            vouch(watch, VOUCH_BACKEND, atoi(PQgetvalue(result, row, 0)));
        }
        vouch(watch, VOUCH_SERVER, 0);
        return;
    }
    DL_FOREACH(watch->waits, wait)
    {
        wait->seen[0] = '\0'; /* it may have gone on */
    }
    for (int row = 0; row < PQntuples(result); row++) {
        DL_SEARCH_SCALAR(watch->waits, wait, pid, atoi(PQgetvalue(result, row, 0)));
        if (wait != NULL) {
            wait_describe(wait, result, row);
        }
    }
}

static void answered(struct connection *connection, const struct pg_error *fault, void *context)
{
    (void)connection;
    struct watch *watch = context;
    watch->asking = fault != NULL; /* then it is not given back to be kept */
    if (fault != NULL || watch->waits == NULL) {
        connection_drop(watch);
    }
    if (watch->waits != NULL) {
        look_later(watch);
    }
}

static void pids_append(const struct watch *watch, struct buffer *sql)
{
    const struct lock_wait *wait;
    DL_FOREACH(watch->waits, wait)
    {
        buffer_printf(sql, "%s%d", wait == watch->waits ? "" : ", ", wait->pid);
    }
}

static bool has_to_vouch(const struct watch *watch)
{
    const struct lock_wait *wait;
    DL_FOREACH(watch->waits, wait)
    {
        if (wait->vouching != VOUCH_NONE) {
            return true;
        }
    }
    return false;
}

static void ask(struct watch *watch)
{
    struct buffer sql = {0};
    buffer_text_append(&sql, question);
    pids_append(watch, &sql);
    if (has_to_vouch(watch)) {
        buffer_text_append(&sql, working);
        pids_append(watch, &sql);
    }
    buffer_text_append(&sql, "); COMMIT;");
    const struct query_callbacks callbacks = {
        .result = row_seen, .done = answered, .context = watch};
    watch->asking = true;
    connection_limit(watch->connection, task_limits(ANSWER_MS));
    connection_query(watch->connection, buffer_text(&sql), &callbacks);
    buffer_free(&sql);
}

/* Who refuses a connection is there, and a build that has begun is not cut for it. */
static void unconnected(struct watch *watch)
{
    enum failure_cause cause = watch->task.result.failure.cause;
    if (cause != FAILURE_CAUSE_UNREACHABLE && cause != FAILURE_CAUSE_CONNECTION) {
        const struct lock_wait *wait;
        DL_FOREACH(watch->waits, wait)
        {
            vouch(watch, wait->vouching, wait->pid);
        }
    }
    watch->failed = true;
    arena_free(&watch->task.arena);
    if (has_to_vouch(watch)) {
        look_later(watch);
    }
}

static void connected(struct task *task, struct connection *connection, void *context)
{
    (void)task;
    struct watch *watch = context;
    watch->acquiring = false;
    watch->connection = connection;
    if (connection == NULL) {
        unconnected(watch);
    } else {
        ask(watch);
    }
}

/* With the URL and the password of the first target that waits. */
static void acquire(struct watch *watch)
{
    const struct message_job *job = &watch->waits->task->job;
    watch->task = (struct task){.loop = watch->blockers->loop, .pool = watch->blockers->pool};
    layout_copy(message_layout(MESSAGE_JOB), &watch->task.arena, job, &watch->task.job);
    layout_absent(message_layout(MESSAGE_RESULT), &watch->task.result);
    watch->acquiring = true;
    pool_acquire(&watch->task, connected, watch);
}

static bool is_due(const struct watch *watch)
{
    uint64_t now = uv_now(watch->blockers->loop);
    const struct lock_wait *wait;
    DL_FOREACH(watch->waits, wait)
    {
        if (now - wait->begin_ms >= wait->look_ms) {
            return true;
        }
    }
    return false;
}

static void watch_look(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
    if (watch->waits == NULL || (watch->failed && !has_to_vouch(watch))) {
        return;
    }
    if (!is_due(watch)) {
        look_later(watch);
    } else if (watch->connection != NULL) {
        ask(watch);
    } else {
        acquire(watch);
    }
}

/* ---- waits ---- */

static struct watch *watch_find(struct blockers *blockers, const char *url)
{
    struct arena arena = {0};
    const char *server = url_server(url, &arena);
    struct watch *watch = NULL;
    HASH_FIND_STR(blockers->watches, server, watch);
    if (watch == NULL) {
        size_t size = strlen(server) + 1;
        watch = memory_alloc(sizeof *watch);
        watch->blockers = blockers;
        watch->server = memory_alloc(size);
        memcpy(watch->server, server, size);
        uv_timer_init(blockers->loop, &watch->timer);
        watch->timer.data = watch;
        HASH_ADD_KEYPTR(hh, blockers->watches, watch->server, size - 1, watch);
    }
    arena_free(&arena);
    return watch;
}

static struct lock_wait *wait_of(struct task *task, struct blockers *blockers)
{
    if (task->lock_wait == NULL) {
        task->lock_wait = arena_alloc(&task->arena, sizeof *task->lock_wait);
        task->lock_wait->task = task;
        task->lock_wait->watch = watch_find(blockers, task->job.place.url);
    }
    return task->lock_wait;
}

void blockers_watch(struct task *task, struct connection *connection, uint64_t lock_timeout_ms,
                    enum vouching vouching)
{
    struct blockers *blockers = pool_blockers(task->pool);
    task->blocker = NULL;
    if (blockers == NULL) {
        return;
    }
    struct lock_wait *wait = wait_of(task, blockers);
    struct watch *watch = wait->watch;
    uint64_t half = lock_timeout_ms / 2;
    wait->look_ms = half == 0 || half > LOOK_MS_MAX ? LOOK_MS_MAX
                    : half < LOOK_MS_MIN            ? LOOK_MS_MIN
                                                    : half;
    wait->begin_ms = uv_now(blockers->loop);
    wait->connection = connection;
    wait->vouching = vouching;
    wait->pid = connection_backend_pid(connection);
    wait->seen[0] = '\0';
    wait->watched = true;
    DL_APPEND(watch->waits, wait);
    bool looking = watch->acquiring || watch->asking; /* it goes on by itself */
    if (!looking && (!uv_is_active((uv_handle_t *)&watch->timer) ||
                     uv_timer_get_due_in(&watch->timer) > wait->look_ms)) {
        look_later(watch);
    }
}

void blockers_unwatch(struct task *task)
{
    struct lock_wait *wait = task->lock_wait;
    if (wait == NULL || !wait->watched) {
        return;
    }
    struct watch *watch = wait->watch;
    /* NOLINTNEXTLINE(clang-analyzer-*): it does not follow the links that the macro keeps */
    DL_DELETE(watch->waits, wait);
    wait->watched = false;
    if (wait->seen[0] != '\0') {
        task->blocker = arena_strdup(&task->arena, wait->seen);
    }
    if (watch->waits == NULL) {
        uv_timer_stop(&watch->timer);
        watch->failed = false;
        if (!watch->asking) {
            connection_drop(watch);
        }
    }
}

/* ---- life ---- */

struct blockers *blockers_open(uv_loop_t *loop, struct pool *pool)
{
    struct blockers *blockers = memory_alloc(sizeof *blockers);
    blockers->loop = loop;
    blockers->pool = pool;
    return blockers;
}

static void watch_freed(uv_handle_t *handle)
{
    struct watch *watch = handle->data;
    free(watch->server);
    free(watch);
}

void blockers_close(struct blockers *blockers)
{
    struct watch *watch, *following;
    HASH_ITER(hh, blockers->watches, watch, following)
    {
        /* NOLINTNEXTLINE(clang-analyzer-*): it does not follow the links that the macro keeps */
        HASH_DEL(blockers->watches, watch);
        connection_drop(watch);
        uv_close((uv_handle_t *)&watch->timer, watch_freed);
    }
    free(blockers);
}
