/* A connection belongs to a *lease*: handed out to a task, or kept, in order of release. An *order*
 * is a task's wish for a connection: it waits for a kept one's turn, a secret, or the server.
 *
 *   order -> kept lease of the same key? -> due
 *         -> secret -> connection_open -> due (or failed) -> ready
 *                        ^ refused with a secret found earlier: forgotten and asked for once more
 *
 * Answers always come from the timer `due`, so that nobody is called from within pool_acquire.
 *
 * A released connection is kept while its server has room for it (server_room.h), and may first have to
 * ask the server how much there is: an order of the same key waits for that instead of connecting.
 * Targets are deployed in the order in which they were validated, so when there is no room it is
 * the newcomer that is closed: a kept one will be wanted sooner.
 */
#include "worker/connections/pool.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <uthash.h>
#include <utlist.h>

#include "common/base/wiped.h"
#include "common/config/url.h"
#include "common/vocabulary/sqlstate.h"
#include "worker/connections/blockers.h"
#include "worker/connections/grammars.h"
#include "worker/connections/secret.h"
#include "worker/connections/server_room.h"
#include "worker/connections/task.h"

enum { SWEEP_MS = 10000, ROOM_ANSWER_MS = 1000 };

struct lease {
    struct pool *pool;
    struct connection *connection; /* key of the hash while handed out */
    char *key;
    struct room *room;         /* its server's */
    struct order *order;       /* asking: who waits for it, or NULL */
    uint64_t since_ms;         /* kept: uv_now of its release */
    struct lease *prev, *next; /* kept: oldest first; asking: any order */
    UT_hash_handle hh;         /* handed out */
};

struct order {
    struct pool *pool;
    struct task *task;
    pool_ready *ready;
    void *context;
    char *key;
    struct room *room; /* its server's */
    char *secret;      /* the value tried, when it was found earlier; to be forgotten if refused */
    struct secret_wait *wait;
    struct connection *connection; /* connecting, or open when due */
    bool due;
    bool tried_again;
    struct order *prev, *next;
};

struct pool {
    uv_loop_t *loop;
    struct secrets *secrets;
    uint32_t kept_max;
    uint32_t kept_count;
    struct lease *kept;
    struct lease *asking; /* given back, and asking room_sql */
    struct lease *leases; /* handed out, by connection */
    struct room *rooms;
    struct order *orders;
    uv_timer_t due;
    uv_timer_t sweep;
    struct expected_tables expected;
    struct grammars *grammars;
    struct blockers *blockers;
    unsigned handles;
};

static void order_begin(struct order *order);

/* ---- kept connections ---- */

static void lease_close(struct lease *lease)
{
    if (lease->connection != NULL) {
        connection_close(lease->connection);
        lease->room->open--;
    }
    free(lease->key);
    free(lease);
}

static void kept_close(struct pool *pool, struct lease *lease)
{
    DL_DELETE(pool->kept, lease);
    pool->kept_count--;
    lease->room->kept--;
    lease_close(lease);
    if (pool->kept_count == 0) {
        uv_timer_stop(&pool->sweep);
    }
}

static void sweep_due(uv_timer_t *timer)
{
    struct pool *pool = timer->data;
    while (pool->kept != NULL && pool->kept->since_ms + POOL_IDLE_MS <= uv_now(pool->loop)) {
        kept_close(pool, pool->kept);
    }
}

/* Keeps it if there is room, else closes it. */
static void lease_keep(struct pool *pool, struct lease *lease)
{
    if (pool->kept_count >= pool->kept_max || lease->room->kept >= lease->room->allowance) {
        lease_close(lease);
        return;
    }
    lease->since_ms = uv_now(pool->loop);
    DL_APPEND(pool->kept, lease);
    lease->room->kept++;
    if (pool->kept_count++ == 0) {
        uv_timer_start(&pool->sweep, sweep_due, SWEEP_MS, SWEEP_MS);
    }
}

/* Leaves at most so many of a server's; the youngest go. */
static void room_trim(struct pool *pool, struct room *room, uint32_t most)
{
    struct lease *lease = pool->kept == NULL ? NULL : pool->kept->prev;
    while (lease != NULL && room->kept > most) {
        struct lease *older = lease == pool->kept ? NULL : lease->prev;
        if (lease->room == room) {
            kept_close(pool, lease);
        }
        lease = older;
    }
}

/* The youngest one of the key that still stands; taken out of the list. */
static struct connection *kept_take(struct pool *pool, const char *key)
{
    struct lease *lease = pool->kept == NULL ? NULL : pool->kept->prev;
    while (lease != NULL) {
        struct lease *older = lease == pool->kept ? NULL : lease->prev;
        if (strcmp(lease->key, key) == 0) {
            struct connection *connection = lease->connection;
            bool alive = connection_is_alive(connection);
            if (alive) {
                lease->connection = NULL; /* it goes on */
            }
            kept_close(pool, lease);
            if (alive) {
                return connection;
            }
        }
        lease = older;
    }
    return NULL;
}

/* ---- orders ---- */

static void order_free(struct order *order)
{
    DL_DELETE(order->pool->orders, order);
    struct lease *asking = NULL;
    /* NOLINTNEXTLINE(clang-analyzer-*): it does not follow the links that the macro keeps */
    DL_SEARCH_SCALAR(order->pool->asking, asking, order, order);
    if (asking != NULL) {
        asking->order = NULL;
    }
    wiped_drop(&order->secret);
    free(order->key);
    free(order);
}

/* Hands out what is due. `ready` may place and cancel orders, so the list is looked at anew each
 * time. */
static void due_now(uv_timer_t *timer)
{
    struct pool *pool = timer->data;
    struct order *order = NULL;
    DL_SEARCH_SCALAR(pool->orders, order, due, true);
    if (order == NULL) {
        return;
    }
    uv_timer_start(&pool->due, due_now, 0, 0); /* for the next one */
    struct connection *connection = order->connection;
    if (connection != NULL) {
        struct lease *lease = memory_alloc(sizeof *lease);
        lease->pool = pool;
        lease->connection = connection;
        lease->room = order->room;
        lease->key = order->key;
        order->key = NULL;
        HASH_ADD_PTR(pool->leases, connection, lease);
    }
    struct task *task = order->task;
    pool_ready *ready = order->ready;
    void *context = order->context;
    order_free(order);
    ready(task, connection, context);
}

/* `connection` NULL: the task's result says why. */
static void order_settle(struct order *order, struct connection *connection)
{
    order->connection = connection;
    order->due = true;
    /* Served first: the list is searched from the front. */
    /* NOLINTNEXTLINE(clang-analyzer-*): it does not follow the links that the macro keeps */
    DL_DELETE(order->pool->orders, order);
    DL_PREPEND(order->pool->orders, order);
    if (!uv_is_active((uv_handle_t *)&order->pool->due)) {
        uv_timer_start(&order->pool->due, due_now, 0, 0);
    }
}

/* By what may be another secret by now: a password, or a token that has expired. */
static bool login_refused(const struct pg_error *fault)
{
    return sqlstate_is(fault->sqlstate, SQLSTATE_INVALID_PASSWORD) ||
           sqlstate_is(fault->sqlstate, SQLSTATE_INVALID_AUTHORIZATION_SPECIFICATION);
}

/* Whether libpq took the user's name for the database's. */
static bool url_lacks_database(const char *text)
{
    struct arena scratch = {0};
    struct url url;
    struct error error;
    bool lacks = url_parse(text, &scratch, &url, &error) == 0 && url.database[0] == '\0';
    arena_free_wiped(&scratch);
    return lacks;
}

/* What somebody can do; "": the server's own words must do. */
static const char *refused_hint(const struct order *order, enum failure_cause cause,
                                const struct pg_error *fault)
{
    const struct target_place *place = &order->task->job.place;
    if (cause == FAILURE_CAUSE_CLOSED_DATABASE) {
        return "when a DROP DATABASE was interrupted, say it again; else ALTER DATABASE ... "
               "ALLOW_CONNECTIONS true, or leave the target out";
    }
    if (sqlstate_is(fault->sqlstate, SQLSTATE_INVALID_CATALOG_NAME) &&
        url_lacks_database(place->url)) {
        return "the URL names no database, and then the user's name is taken for it: "
               "postgresql://USER@HOST:PORT/DATABASE";
    }
    if (sqlstate_is(fault->sqlstate, SQLSTATE_INVALID_PASSWORD)) {
        return place->password[0] == '\0'
                   ? "no password is named: `password: {env: NAME}` or `{file: PATH}` in the "
                     "configuration, which the worker looks up; or a line in its ~/.pgpass"
                   : "is what `password` names the current one, where the worker runs?";
    }
    return "";
}

static void connect_refused(struct order *order, const struct pg_error *fault)
{
    struct pool *pool = order->pool;
    struct connection *connection = order->connection;
    order->connection = NULL;
    if (login_refused(fault) && order->secret != NULL && !order->tried_again) {
        order->tried_again = true;
        secret_forget(pool->secrets, order->task->job.place.password, order->room->server,
                      order->secret);
        connection_close(connection);
        order->room->open--;
        order_begin(order);
        return;
    }
    if (sqlstate_is(fault->sqlstate, SQLSTATE_TOO_MANY_CONNECTIONS)) {
        while (pool->kept != NULL) {
            kept_close(pool, pool->kept); /* the next attempt will find room */
        }
    }
    struct failure failure =
        task_failure_of(order->task, sqlstate_cause(fault->sqlstate, PLACE_CONNECTING), fault);
    if (failure.hint[0] == '\0') {
        failure.hint = refused_hint(order, failure.cause, fault);
    }
    task_fail(order->task, &failure);
    connection_close(connection);
    order->room->open--;
    order_settle(order, NULL);
}

static void opened(struct connection *connection, const struct pg_error *fault, void *context)
{
    struct order *order = context;
    if (fault != NULL) {
        connect_refused(order, fault);
    } else {
        order_settle(order, connection);
    }
}

static void order_connect(struct order *order, const char *password)
{
    const struct connection_options options = {
        .url = order->task->job.place.url,
        .password = password,
        .application_name = TASK_APPLICATION_NAME,
        .connect_timeout_ms = order->task->job.timeouts.connect_timeout_ms,
    };
    room_trim(order->pool, order->room, room_keepable(order->room));
    order->room->open++;
    order->connection = connection_open(order->pool->loop, &options, opened, order);
}

static void password_found(const char *value, bool cached, const struct error *error, void *context)
{
    struct order *order = context;
    order->wait = NULL;
    wiped_drop(&order->secret);
    if (value == NULL) {
        const struct failure failure = failure_of_error(FAILURE_CAUSE_SECRET, error);
        task_fail(order->task, &failure);
        order_settle(order, NULL);
        return;
    }
    if (cached) {
        order->secret = wiped_copy(value);
    }
    order_connect(order, value);
}

static void order_begin(struct order *order)
{
    const char *reference = order->task->job.place.password;
    if (reference == NULL || reference[0] == '\0') {
        order_connect(order, NULL);
        return;
    }
    struct secret_wait *wait =
        secret_resolve(order->pool->secrets, reference, order->room->server, password_found, order);
    if (wait != NULL) { /* otherwise it was answered at once */
        order->wait = wait;
    }
}

struct secret_wait *pool_password(struct task *task, secret_found *found, void *context)
{
    struct pool *pool = task->pool;
    const char *reference = text_or_empty(task->job.place.password);
    if (reference[0] == '\0') {
        found(NULL, false, NULL, context);
        return NULL;
    }
    return secret_resolve(pool->secrets, reference,
                          room_find(&pool->rooms, task->job.place.url)->server, found, context);
}

/* A connection of the same key that asks its server, and for which nobody waits, will soon be free.
 */
static bool asking_awaited(struct order *order)
{
    struct lease *lease;
    DL_FOREACH(order->pool->asking, lease)
    {
        if (lease->order == NULL && strcmp(lease->key, order->key) == 0) {
            lease->order = order;
            return true;
        }
    }
    return false;
}

void pool_acquire(struct task *task, pool_ready *ready, void *context)
{
    struct pool *pool = task->pool;
    struct order *order = memory_alloc(sizeof *order);
    order->pool = pool;
    order->task = task;
    order->ready = ready;
    order->context = context;
    order->room = room_find(&pool->rooms, task->job.place.url);
    const char *reference = task->job.place.password == NULL ? "" : task->job.place.password;
    struct buffer key = {0};
    buffer_printf(&key, "%s\n%s", task->job.place.url, reference);
    order->key = key.data;
    DL_APPEND(pool->orders, order);
    struct connection *kept = kept_take(pool, order->key);
    if (kept != NULL) {
        order_settle(order, kept);
    } else if (!asking_awaited(order)) {
        order_begin(order);
    }
}

void pool_acquire_cancel(struct task *task)
{
    struct order *order = NULL;
    /* NOLINTNEXTLINE(clang-analyzer-*): it does not follow the links that the macro keeps */
    DL_SEARCH_SCALAR(task->pool->orders, order, task, task);
    if (order == NULL) {
        return;
    }
    if (order->wait != NULL) {
        secret_wait_cancel(order->wait);
    }
    if (order->connection != NULL) {
        connection_close(order->connection);
        order->room->open--;
    }
    order_free(order);
}

/* ---- giving back ---- */

static void room_row(struct connection *connection, const PGresult *result, unsigned index,
                     void *context)
{
    (void)index;
    const struct lease *lease = context;
    room_answer(lease->room, result, connection_backend_pid(connection));
}

static void room_answered(struct connection *connection, const struct pg_error *fault,
                          void *context)
{
    struct lease *lease = context;
    struct pool *pool = lease->pool;
    struct order *order = lease->order;
    DL_DELETE(pool->asking, lease);
    room_asked(lease->room, uv_now(pool->loop));
    room_trim(pool, lease->room, lease->room->allowance);
    if (fault != NULL) {
        lease_close(lease);
        if (order != NULL) {
            order_begin(order);
        }
    } else if (order != NULL) {
        lease->connection = NULL; /* it goes on */
        lease_close(lease);
        order_settle(order, connection);
    } else {
        lease_keep(pool, lease);
    }
}

static void room_ask(struct pool *pool, struct lease *lease)
{
    const struct query_callbacks callbacks = {
        .result = room_row, .done = room_answered, .context = lease};
    lease->room->asking = true;
    connection_limit(lease->connection, task_limits(ROOM_ANSWER_MS));
    DL_APPEND(pool->asking, lease);
    connection_query(lease->connection, room_sql, &callbacks);
}

void pool_release(struct task *task, struct connection *connection, bool keep)
{
    struct pool *pool = task->pool;
    struct lease *lease = NULL;
    HASH_FIND_PTR(pool->leases, &connection, lease);
    if (lease == NULL) {
        return; /* the pool was closed */
    }
    HASH_DEL(pool->leases, lease);
    if (!keep || !connection_is_idle(connection) || connection_in_transaction(connection)) {
        lease_close(lease);
    } else if (room_is_stale(lease->room, uv_now(pool->loop))) {
        room_ask(pool, lease);
    } else {
        lease_keep(pool, lease);
    }
}

/* ---- life ---- */

/* Half of the files that this process may open; the rest is for work. */
static uint32_t files_spared(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur / 2 > UINT32_MAX) {
        return UINT32_MAX;
    }
    return (uint32_t)(limit.rlim_cur / 2);
}

struct pool *pool_open(uv_loop_t *loop, uint32_t kept_connections)
{
    struct pool *pool = memory_alloc(sizeof *pool);
    uint32_t files = files_spared();
    pool->loop = loop;
    pool->kept_max = kept_connections < files ? kept_connections : files;
    pool->secrets = secrets_open(loop);
    pool->blockers = blockers_open(loop, pool);
    pool->grammars = grammars_open();
    uv_timer_init(loop, &pool->due);
    uv_timer_init(loop, &pool->sweep);
    pool->due.data = pool->sweep.data = pool;
    pool->handles = 2;
    return pool;
}

struct blockers *pool_blockers(struct pool *pool)
{
    return pool->blockers;
}

struct expected_tables *pool_expected_tables(struct pool *pool)
{
    return &pool->expected;
}

struct grammars *pool_grammars(struct pool *pool)
{
    return pool->grammars;
}

static void handle_closed(uv_handle_t *handle)
{
    struct pool *pool = handle->data;
    if (--pool->handles == 0) {
        arena_free(&pool->expected.arena);
        grammars_close(pool->grammars);
        free(pool);
    }
}

void pool_close(struct pool *pool)
{
    blockers_close(pool->blockers);
    while (pool->orders != NULL) {
        pool_acquire_cancel(pool->orders->task);
    }
    struct lease *lease, *following;
    HASH_ITER(hh, pool->leases, lease, following)
    {
        /* NOLINTNEXTLINE(clang-analyzer-*): it does not follow the links that the macro keeps */
        HASH_DEL(pool->leases, lease);
        connection_cancel(lease->connection);
        lease_close(lease);
    }
    while (pool->asking != NULL) {
        lease = pool->asking;
        DL_DELETE(pool->asking, lease);
        lease_close(lease);
    }
    while (pool->kept != NULL) {
        kept_close(pool, pool->kept);
    }
    rooms_free(&pool->rooms);
    secrets_close(pool->secrets);
    uv_close((uv_handle_t *)&pool->due, handle_closed);
    uv_close((uv_handle_t *)&pool->sweep, handle_closed);
}
