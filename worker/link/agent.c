/* The link to the coordinator: connect, HELLO, WELCOME, then messages; and connect again when it is
 * lost.
 *
 * Work goes on while there is no link: results are held (job.c) and presented after the next
 * handshake. An embedded worker has one link only, a socketpair's end; when that closes, it stops.
 */
#include "worker/link/agent.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/base/log.h"
#include "worker/link/job.h"

static void link_connect(struct worker *worker);

static void link_move(struct worker *worker, enum link_state to)
{
    worker->link = state_machine_move(&link_machine, worker->link, to, worker);
}

static void life_move(struct worker *worker, enum life_state to)
{
    worker->life = state_machine_move(&life_machine, worker->life, to, worker);
}

bool worker_is_open(const struct worker *worker)
{
    return worker->life == LIFE_WORKING || worker->life == LIFE_DRAINING;
}

static void worker_say_stopped(struct worker *worker, const struct error *reason)
{
    worker_stopped *stopped = worker->stopped;
    worker->stopped = NULL;
    if (stopped != NULL) {
        stopped(worker, reason, worker->context);
    }
}

void worker_send(struct worker *worker, const struct message *message)
{
    if (worker->link == LINK_JOINED) {
        stream_send(worker->stream, message);
    }
}

/* ---- the link ---- */

static void stream_drop(struct worker *worker)
{
    stream_close(worker->stream);
    worker->stream = NULL;
    uv_timer_stop(&worker->heartbeat);
}

static uint64_t random_number(void)
{
    uint64_t number = 0;
    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number) {
        number = uv_hrtime(); /* only spreads pauses and tells processes apart */
    }
    return number;
}

static void reconnect_due(uv_timer_t *timer)
{
    link_connect(timer->data);
}

/* Half to all of a pause that doubles with each failure in a row. */
static void reconnect_later(struct worker *worker)
{
    uint64_t pause = RECONNECT_MS_MIN;
    for (unsigned i = 0; i < worker->failures && pause < RECONNECT_MS_MAX; i++) {
        pause *= 2;
    }
    pause = pause > RECONNECT_MS_MAX ? RECONNECT_MS_MAX : pause;
    worker->failures++;
    uint64_t half = pause / 2;
    uv_timer_start(&worker->reconnect, reconnect_due,
                   RECONNECT_MS_MIN / 2 + half + random_number() % (half + 1), 0);
    link_move(worker, LINK_WAITING);
}

static void link_lost(struct stream *stream, const struct error *reason, void *context)
{
    (void)stream;
    struct worker *worker = context;
    stream_drop(worker);
    if (worker->options.address == NULL) {
        link_move(worker, LINK_NONE);
        worker_say_stopped(worker, reason);
        return;
    }
    log_write(LOG_WARNING, "the coordinator is gone: %s", reason->message);
    reconnect_later(worker);
}

static void heartbeat_due(uv_timer_t *timer)
{
    struct worker *worker = timer->data;
    uint64_t now = uv_now(worker->loop);
    if (worker->options.address != NULL && now - worker->heard_ms > SILENCE_MS) {
        struct error reason = {0};
        error_set(&reason, ERROR_IO, "no word from the coordinator for %d s", SILENCE_MS / 1000);
        link_lost(worker->stream, &reason, worker);
        return;
    }
    const struct message message = {.type = MESSAGE_HEARTBEAT, .heartbeat = {now}};
    worker_send(worker, &message);
}

/* ---- messages ---- */

static void hello_send(struct worker *worker)
{
    struct arena scratch = {0};
    const struct message message = {
        .type = MESSAGE_HELLO,
        .hello = {.protocol = WIRE_PROTOCOL,
                  .role = "worker",
                  .name = worker->options.name,
                  .instance = worker->instance,
                  .version = DROVER_VERSION,
                  .running = jobs_running(worker, &scratch),
                  .credit = worker->life == LIFE_DRAINING ? 0 : worker->options.credit},
    };
    stream_send(worker->stream, &message);
    arena_free(&scratch);
}

static void refused_take(struct worker *worker, const struct message_refused *refused)
{
    if (worker->link == LINK_JOINED) {
        log_write(LOG_WARNING, "the coordinator refused: %s", refused->message);
        return;
    }
    struct error reason = {0};
    error_set(&reason, ERROR_PROTOCOL, "the coordinator refused this worker: %s", refused->message);
    error_hint(&reason, "%s", refused->hint);
    stream_drop(worker);
    link_move(worker, LINK_NONE);
    worker_say_stopped(worker, &reason);
}

/* The coordinator's; 0: it keeps none. */
static void journal_learn(struct worker *worker, uint64_t journal)
{
    if (worker->journal != 0 && worker->journal != journal) {
        log_write(
            LOG_WARNING,
            "it keeps another journal than before, which knows nothing of the %u jobs in hand "
            "here",
            HASH_COUNT(worker->ledger.entries));
    }
    worker->journal = journal;
}

static void welcome_take(struct worker *worker, const struct message_welcome *welcome)
{
    link_move(worker, LINK_JOINED);
    worker->failures = 0;
    log_write(LOG_INFO, "joined the coordinator, epoch %" PRIu64, welcome->epoch);
    journal_learn(worker, welcome->journal);
    worker->followed = welcome->follows;
    jobs_present(worker);
    worker_rest(worker);
}

static void message_take(struct stream *stream, const struct message *message, void *context)
{
    (void)stream;
    struct worker *worker = context;
    worker->heard_ms = uv_now(worker->loop);
    if (message->type == MESSAGE_REFUSED) {
        refused_take(worker, &message->refused);
        return;
    }
    if (message->type == MESSAGE_WELCOME) {
        welcome_take(worker, &message->welcome);
        return;
    }
    if (worker->link != LINK_JOINED) {
        struct error reason = {0};
        error_set(&reason, ERROR_PROTOCOL, "the coordinator sent %s before WELCOME",
                  message_name(message->type));
        link_lost(worker->stream, &reason, worker);
        return;
    }
    switch (message->type) {
    case MESSAGE_JOB: job_take(worker, &message->job); break;
    case MESSAGE_JOB_CANCEL: job_cancel(worker, &message->job_cancel); break;
    case MESSAGE_RESULT_ACK: job_acknowledged(worker, &message->result_ack); break;
    case MESSAGE_BUNDLE: jobs_bundle(worker, &message->bundle); break;
    default: break; /* HEARTBEAT's echo has done its work; a newer coordinator may say more */
    }
}

static void link_begin(struct worker *worker, struct stream *stream)
{
    worker->stream = stream;
    worker->heard_ms = uv_now(worker->loop);
    uv_timer_start(&worker->heartbeat, heartbeat_due, HEARTBEAT_MS, HEARTBEAT_MS);
    link_move(worker, LINK_GREETING);
    hello_send(worker);
}

static struct stream_callbacks link_callbacks(struct worker *worker)
{
    return (struct stream_callbacks){.message = message_take, .lost = link_lost, .context = worker};
}

static void link_connected(struct stream *stream, const struct error *error, void *context)
{
    struct worker *worker = context;
    if (!worker_is_open(worker)) {
        stream_close(stream);
        link_move(worker, LINK_NONE);
        worker_rest(worker);
        return;
    }
    if (stream == NULL) {
        log_write(worker->failures == 0 ? LOG_WARNING : LOG_DEBUG, "no coordinator at %s: %s",
                  worker->options.address, error->message);
        reconnect_later(worker);
        return;
    }
    const struct stream_callbacks callbacks = link_callbacks(worker);
    stream_callbacks_set(stream, &callbacks);
    link_begin(worker, stream);
}

static void link_connect(struct worker *worker)
{
    struct error error = {0};
    link_move(worker, LINK_CONNECTING);
    if (stream_connect(worker->loop, worker->options.address, link_connected, worker, &error) !=
        0) {
        reconnect_later(worker);
    }
}

/* ---- life ---- */

static void worker_free(struct worker *worker)
{
    bundle_cache_close(worker->bundles);
    arena_free(&worker->arena);
    free(worker);
}

static void timer_closed(uv_handle_t *handle)
{
    struct worker *worker = handle->data;
    if (--worker->handles == 0) {
        worker_free(worker);
    }
}

static const char *default_name(struct arena *arena)
{
    char host[64] = "";
    if (gethostname(host, sizeof host - 1) != 0) {
        (void)snprintf(host, sizeof host, "host");
    }
    return arena_printf(arena, "%s:%ld", host, (long)getpid());
}

static struct worker *worker_make(uv_loop_t *loop, const struct worker_options *options,
                                  worker_stopped *stopped, void *context)
{
    struct worker *worker = memory_alloc(sizeof *worker);
    worker->loop = loop;
    worker->options = *options;
    worker->options.address =
        options->address == NULL ? NULL : arena_strdup(&worker->arena, options->address);
    worker->options.name = options->name == NULL || options->name[0] == '\0'
                               ? default_name(&worker->arena)
                               : arena_strdup(&worker->arena, options->name);
    worker->instance = random_number();
    worker->stopped = stopped;
    worker->context = context;
    worker->pool = pool_open(loop, options->kept_connections);
    worker->processes = python_open(loop, options->python);
    worker->bundles = bundle_cache_open(options->bundle);
    uv_timer_init(loop, &worker->heartbeat);
    uv_timer_init(loop, &worker->reconnect);
    uv_timer_init(loop, &worker->rest);
    worker->heartbeat.data = worker->reconnect.data = worker->rest.data = worker;
    worker->handles = 3;
    return worker;
}

struct worker *worker_start(uv_loop_t *loop, const struct worker_options *options,
                            worker_stopped *stopped, void *context, struct error *error)
{
    struct worker *worker = worker_make(loop, options, stopped, context);
    if (options->address != NULL) {
        if (stream_connect(loop, options->address, link_connected, worker, error) == 0) {
            link_move(worker, LINK_CONNECTING);
            return worker;
        }
    } else {
        const struct stream_callbacks callbacks = link_callbacks(worker);
        struct stream *stream = stream_open(loop, options->file_descriptor, &callbacks, error);
        if (stream != NULL) {
            link_begin(worker, stream);
            return worker;
        }
    }
    worker_close(worker);
    return NULL;
}

/* Drained: nothing in hand and nothing to be told. */
void worker_rest(struct worker *worker)
{
    if (worker->life == LIFE_DRAINING && worker->ledger.entries == NULL) {
        worker_say_stopped(worker, NULL);
    }
    if (worker->life == LIFE_CLOSING && worker->ledger.running == 0 && worker->link == LINK_NONE) {
        jobs_abandon(worker); /* frees those that were running */
        life_move(worker, LIFE_CLOSED);
        python_close(worker->processes);
        pool_close(worker->pool);
        uv_close((uv_handle_t *)&worker->heartbeat, timer_closed);
        uv_close((uv_handle_t *)&worker->reconnect, timer_closed);
        uv_close((uv_handle_t *)&worker->rest, timer_closed);
    }
}

static void rest_due(uv_timer_t *timer)
{
    worker_rest(timer->data);
}

void worker_rest_later(struct worker *worker)
{
    if (worker->life != LIFE_CLOSED) { /* else the timer is closed */
        uv_timer_start(&worker->rest, rest_due, 0, 0);
    }
}

void worker_drain(struct worker *worker)
{
    if (worker->life == LIFE_WORKING) {
        life_move(worker, LIFE_DRAINING);
    }
    const struct message message = {.type = MESSAGE_CREDIT, .credit = {0}};
    worker_send(worker, &message);
    worker_rest(worker);
}

void worker_hand_back(struct worker *worker)
{
    jobs_hand_back(worker);
}

void worker_close(struct worker *worker)
{
    if (worker == NULL || !worker_is_open(worker)) {
        return;
    }
    worker->stopped = NULL;
    life_move(worker, LIFE_CLOSING);
    uv_timer_stop(&worker->reconnect);
    stream_drop(worker);
    if (worker->link != LINK_CONNECTING && worker->link != LINK_NONE) {
        link_move(worker, LINK_NONE);
    }
    jobs_abandon(worker);
    worker_rest(worker);
}
