/* Blockers (blockers.h).
 *
 * A *watch* belongs to a server: it acquires a connection for the first of its waits whose time has come,
 * asks for all of them together, and asks again until none is left.
 */
#include "worker/connections/blockers.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>

#include "common/config/url.h"
#include "common/vocabulary/blocker.h"
#include "worker/connections/pool.h"
#include "worker/connections/sight.h"
#include "worker/connections/telling.h"

enum {
    LOOK_MS_MIN = 250,
    QUEUE_LOOK_MS_MIN = 20,
    GIVE_WAY_MS = 20, /* about what a cancel takes to arrive */
    LOOK_MS_MAX = 2000,
    ANSWER_MS = 2000,
    WHOLE_LOOK_MS = 1000,  /* in between only who waits is asked, which costs the server less */
    BUILD_AFTER_MS = 1000, /* then it may be an index that is built */
};

struct lock_wait {
    struct task *task;
    struct watch *watch;
    struct watched watched;
    int pid;              /* of the backend that may wait */
    uint64_t look_ms;     /* between two looks */
    uint64_t begin_ms;    /* uv_now when the message was sent */
    bool listed;          /* in the list of its watch */
    bool gave_way;        /* its task was told to */
    struct sighting seen; /* at the last look; texts in the watch's arena */
    struct lock_wait *prev, *next;
};

struct watch {
    struct blockers *blockers;
    char *server; /* host:port */
    uv_timer_t timer;
    struct lock_wait *waits;
    struct task task;              /* acquires the connection; its arena lives as long */
    struct connection *connection; /* NULL while there is none */
    struct arena seen;             /* what the last look saw */
    uint64_t whole_ms;             /* uv_now of the last whole look */
    bool whole;                    /* the look under way, or the last one, is whole */
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

/* How long applications wait behind it. */
static uint64_t queue_patience_ms(const struct lock_wait *wait)
{
    const struct blocker_list *blockers = &wait->seen.activity.blockers;
    bool vacuum = false;
    for (size_t i = 0; i < blockers->count; i++) {
        vacuum = vacuum || blockers->items[i].autovacuum;
    }
    uint64_t timeout = wait->watched.queue_timeout_ms;
    uint64_t patience = timeout > 2ULL * GIVE_WAY_MS ? timeout - GIVE_WAY_MS : timeout;
    return vacuum && wait->watched.patient ? patience + wait->seen.yields_ms : patience;
}

static bool queue_grows(const struct lock_wait *wait)
{
    return wait->watched.give_way != NULL && !wait->gave_way && wait->seen.waits &&
           wait->seen.activity.behind_count > 0;
}

/* Until it is looked at again: just when the first of those behind it has waited long enough. */
static uint64_t next_look_ms(const struct lock_wait *wait)
{
    uint64_t behind = wait->seen.activity.behind_ms;
    uint64_t patience = queue_grows(wait) ? queue_patience_ms(wait) : 0;
    uint64_t left = patience > behind ? patience - behind : 1;
    return patience > 0 && left < wait->look_ms ? left : wait->look_ms;
}

/* When the next look is due: sooner than any wait gives up. */
static void look_later(struct watch *watch)
{
    uint64_t soonest = LOOK_MS_MAX;
    const struct lock_wait *wait;
    DL_FOREACH(watch->waits, wait)
    {
        uint64_t next = next_look_ms(wait);
        soonest = next < soonest ? next : soonest;
    }
    uv_timer_start(&watch->timer, watch_look, soonest, 0);
}

/* ---- what was seen ---- */

static void sightings_forget(struct watch *watch)
{
    struct lock_wait *wait;
    DL_FOREACH(watch->waits, wait)
    {
        wait->seen = (struct sighting){0}; /* it may have gone on */
    }
    arena_free(&watch->seen);
}

static void wait_tell(struct lock_wait *wait)
{
    struct arena scratch = {0};
    struct task *task = wait->task;
    struct activity activity = wait->seen.activity;
    activity.pid = (uint32_t)wait->pid;
    activity.statement_begins = text_or_empty(activity.statement_begins);
    if (wait->watched.describe != NULL) {
        wait->watched.describe(task, &scratch, &activity);
    }
    activity_tell(task, &activity, wait->seen.waits);
    arena_free(&scratch);
}

static void waits_tell(struct watch *watch)
{
    struct lock_wait *wait;
    DL_FOREACH(watch->waits, wait)
    {
        wait_tell(wait);
    }
}

/* Applications that have waited long enough go first. */
static void waits_give_way(struct watch *watch)
{
    struct lock_wait *wait;
    DL_FOREACH(watch->waits, wait)
    {
        if (queue_grows(wait) && wait->seen.activity.behind_ms >= queue_patience_ms(wait)) {
            wait->gave_way = true;
            wait->watched.give_way(wait->task);
        }
    }
}

/* Those of this kind that can be vouched for have been heard of. */
static void vouch(struct watch *watch, enum vouching vouching)
{
    struct lock_wait *wait;
    DL_FOREACH(watch->waits, wait)
    {
        if (wait->watched.vouching == vouching &&
            (vouching == VOUCH_SERVER || wait->seen.at_work)) {
            connection_heard(wait->watched.connection);
        }
    }
}

static struct sighting *sighting_of(int pid, void *context)
{
    struct watch *watch = context;
    struct lock_wait *wait = NULL;
    DL_SEARCH_SCALAR(watch->waits, wait, pid, pid);
    return wait != NULL ? &wait->seen : NULL;
}

static void row_seen(struct connection *connection, const PGresult *result, unsigned index,
                     void *context)
{
    (void)connection;
    (void)index;
    struct watch *watch = context;
    if (sight_take(result, sighting_of, watch, &watch->seen)) {
        vouch(watch, VOUCH_BACKEND);
        vouch(watch, VOUCH_SERVER);
    }
}

/* ---- looking ---- */

static void ask(struct watch *watch);

static bool somebody_waits(const struct watch *watch)
{
    const struct lock_wait *wait;
    DL_FOREACH(watch->waits, wait)
    {
        if (wait->seen.waits) {
            return true;
        }
    }
    return false;
}

static void answered(struct connection *connection, const struct pg_error *fault, void *context)
{
    (void)connection;
    struct watch *watch = context;
    watch->asking = fault != NULL; /* then it is not given back to be kept */
    if (fault != NULL || watch->waits == NULL) {
        connection_drop(watch);
    }
    if (watch->waits != NULL && fault == NULL && !watch->whole && somebody_waits(watch)) {
        ask(watch); /* for all that there is to know */
    } else if (watch->waits != NULL) {
        waits_give_way(watch);
        if (watch->whole) {
            waits_tell(watch);
        }
        look_later(watch);
    }
}

static bool has_to_vouch(const struct watch *watch)
{
    const struct lock_wait *wait;
    DL_FOREACH(watch->waits, wait)
    {
        if (wait->watched.vouching != VOUCH_NONE) {
            return true;
        }
    }
    return false;
}

static size_t waits_count(const struct watch *watch)
{
    const struct lock_wait *wait;
    size_t count = 0;
    DL_COUNT(watch->waits, wait, count);
    return count;
}

static void question_fill(const struct watch *watch, struct buffer *sql)
{
    struct arena scratch = {0};
    uint64_t now = uv_now(watch->blockers->loop);
    struct sight_wanted *wanted = arena_array(&scratch, waits_count(watch), sizeof *wanted);
    const struct lock_wait *wait;
    size_t count = 0;
    DL_FOREACH(watch->waits, wait)
    {
        bool described = watch->whole && wait->watched.describe != NULL;
        bool build = described && now - wait->begin_ms >= BUILD_AFTER_MS;
        wanted[count++] = (struct sight_wanted){wait->pid, described, build,
                                                wait->watched.vouching != VOUCH_NONE};
    }
    sight_question(wanted, count, connection_server_version(watch->connection), sql);
    arena_free(&scratch);
}

static void ask(struct watch *watch)
{
    struct buffer sql = {0};
    const struct query_callbacks callbacks = {
        .result = row_seen, .done = answered, .context = watch};
    uint64_t now = uv_now(watch->blockers->loop);
    watch->whole = somebody_waits(watch) || now - watch->whole_ms >= WHOLE_LOOK_MS;
    watch->whole_ms = watch->whole ? now : watch->whole_ms;
    question_fill(watch, &sql);
    sightings_forget(watch);
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
        struct lock_wait *wait;
        DL_FOREACH(watch->waits, wait)
        {
            wait->seen.at_work = true;
        }
        vouch(watch, VOUCH_BACKEND);
        vouch(watch, VOUCH_SERVER);
    }
    watch->failed = true;
    arena_free(&watch->task.arena);
    waits_tell(watch);
    look_later(watch);
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
    if (watch->waits == NULL) {
        return;
    }
    if (watch->failed && !has_to_vouch(watch)) {
        waits_tell(watch);
        look_later(watch);
    } else if (!is_due(watch)) {
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

static uint64_t look_ms_of(const struct watched *watched)
{
    uint64_t half = watched->lock_timeout_ms / 2;
    if (watched->give_way != NULL && (half == 0 || watched->queue_timeout_ms < 2 * half)) {
        uint64_t queue =
            watched->queue_timeout_ms / 2; /* who comes is seen before it has waited so long */
        return queue > QUEUE_LOOK_MS_MIN ? queue : QUEUE_LOOK_MS_MIN;
    }
    return half == 0 || half > LOOK_MS_MAX ? LOOK_MS_MAX : half < LOOK_MS_MIN ? LOOK_MS_MIN : half;
}

struct watched watched_plainly(struct connection *connection, uint64_t lock_timeout_ms)
{
    return (struct watched){.connection = connection, .lock_timeout_ms = lock_timeout_ms};
}

void blockers_watch(struct task *task, const struct watched *watched)
{
    struct blockers *blockers = pool_blockers(task->pool);
    task->blocker = NULL;
    if (blockers == NULL) {
        return;
    }
    struct lock_wait *wait = wait_of(task, blockers);
    struct watch *watch = wait->watch;
    wait->watched = *watched;
    wait->look_ms = look_ms_of(watched);
    wait->begin_ms = uv_now(blockers->loop);
    wait->pid = connection_backend_pid(watched->connection);
    wait->seen = (struct sighting){0};
    wait->gave_way = false;
    wait->listed = true;
    DL_APPEND(watch->waits, wait);
    bool looking = watch->acquiring || watch->asking; /* it goes on by itself */
    if (!looking && (!uv_is_active((uv_handle_t *)&watch->timer) ||
                     uv_timer_get_due_in(&watch->timer) > wait->look_ms)) {
        look_later(watch);
    }
}

/* "pid 4711, ...; and 2 more", or NULL. */
static const char *blocker_told(const struct activity *activity, struct arena *arena)
{
    if (activity->blockers.count == 0) {
        return NULL;
    }
    struct buffer text = {0};
    blocker_append(&activity->blockers.items[0], &text);
    if (activity->blocker_count > 1) {
        buffer_printf(&text, "; and %u more", activity->blocker_count - 1);
    }
    const char *told = arena_strdup(arena, buffer_text(&text));
    buffer_free(&text);
    return told;
}

void blockers_unwatch(struct task *task)
{
    struct lock_wait *wait = task->lock_wait;
    if (wait == NULL || !wait->listed) {
        return;
    }
    struct watch *watch = wait->watch;
    /* NOLINTNEXTLINE(clang-analyzer-*): it does not follow the links that the macro keeps */
    DL_DELETE(watch->waits, wait);
    wait->listed = false;
    task->blocker = blocker_told(&wait->seen.activity, &task->arena);
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
        arena_free(&watch->seen);
        uv_close((uv_handle_t *)&watch->timer, watch_freed);
    }
    free(blockers);
}
