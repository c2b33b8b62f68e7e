/* Sessions: one for each peer. The first message is HELLO; its role decides what may follow. What
 * changes state goes into the pump's inbox; a heartbeat and a worker's wish for a bundle are
 * answered at once.
 */
#include "coordinator/shell/session.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/wire/bundle_parts.h"
#include "coordinator/shell/activities.h"
#include "coordinator/shell/found_parts.h"
#include "coordinator/shell/messages.h"
#include "coordinator/shell/pump.h"
#include "coordinator/shell/session_limits.h"
#include "coordinator/shell/shell.h"
#include "coordinator/shell/start.h"
#include "coordinator/shell/survey_queue.h"

enum {
    SILENCE_MS_MAX = 10000, /* of a worker; it sends heartbeats far more often */
    SWEEP_MS = 1000,
    CREDIT_MAX = 4096,
};

struct session *session_find(struct coordinator *coordinator, uint64_t id)
{
    struct session *session = coordinator->sessions;
    while (session != NULL && session->id != id) {
        session = session->next;
    }
    return session;
}

struct session *session_of_worker(struct coordinator *coordinator, uint64_t instance)
{
    struct session *session = coordinator->sessions;
    while (session != NULL && (session->role != ROLE_WORKER || session->instance != instance)) {
        session = session->next;
    }
    return session;
}

/* ---- leaving ---- */

/* Takes it out and frees it; the stream is the caller's to close. */
static struct stream *session_remove(struct session *session)
{
    struct session **at = &session->coordinator->sessions;
    while (*at != session) {
        at = &(*at)->next;
    }
    *at = session->next;
    struct stream *stream = session->stream;
    if (session->role == ROLE_WORKER) {
        pumps_push(session->coordinator, ITEM_WORKER_LEFT, session, NULL);
    }
    survey_let_go(session);
    buffer_free(&session->start_bundle);
    arena_free(&session->start_arena);
    found_parts_free(&session->found);
    activities_free(&session->activities);
    free(session);
    return stream;
}

void session_refuse(struct session *session, enum error_code code, const char *message,
                    const char *hint)
{
    log_write(LOG_WARNING, "session %" PRIu64 " refused: %s", session->id, message);
    struct message refused = answer_refused(code, message, hint);
    stream_send(session->stream, &refused);
    stream_close_after_flush(session_remove(session));
}

static void session_lost(struct stream *stream, const struct error *reason, void *context)
{
    struct session *session = context;
    log_write(session->role == ROLE_WORKER ? LOG_INFO : LOG_DEBUG, "session %" PRIu64 " ended: %s",
              session->id, reason->message);
    if (reason->code == ERROR_PROTOCOL) {
        const struct message refused = answer_refused(ERROR_PROTOCOL, reason->message, "");
        stream_last_word(stream, &refused);
    }
    stream_close(session_remove(session));
}

void session_part_watching(struct pump *pump, const struct message *last)
{
    struct session *next;
    for (struct session *session = pump->coordinator->sessions; session != NULL; session = next) {
        next = session->next;
        if (session->watching == pump) {
            stream_send(session->stream, last);
            stream_close_after_flush(session_remove(session));
        }
    }
}

void session_close_all(struct coordinator *coordinator)
{
    while (coordinator->sessions != NULL) {
        stream_close(session_remove(coordinator->sessions));
    }
}

void session_sweep(uv_timer_t *timer)
{
    struct coordinator *coordinator = timer->data;
    uint64_t now = uv_now(coordinator->loop);
    /* If we slept (the machine was suspended), what was sent meanwhile is not read yet. */
    bool slept = now - coordinator->swept_ms > 3ULL * SWEEP_MS;
    coordinator->swept_ms = now;
    survey_next(&coordinator->surveys);
    if (clock_is_off(&coordinator->rollouts.clock)) {
        pumps_push(coordinator, ITEM_TICK, NULL, NULL);
    }
    bool needed = survey_waits(coordinator);
    struct session *next;
    for (struct session *session = coordinator->sessions; session != NULL; session = next) {
        next = session->next;
        if (session->role == ROLE_COMMAND) {
            continue;
        }
        needed = true;
        if (slept) {
            session->heard_ms = now;
        } else if (session_is_overdue(session, now)) {
            session_refuse(session, ERROR_PROTOCOL, "no HELLO came within 10 s", "");
        } else if (session->role == ROLE_WORKER && now - session->heard_ms > SILENCE_MS_MAX) {
            log_write(LOG_WARNING, "session %" PRIu64 ": the worker has been silent for %d s",
                      session->id, SILENCE_MS_MAX / 1000);
            stream_close(session_remove(session));
        }
    }
    if (!needed) {
        (void)uv_timer_stop(timer);
    }
}

void session_sweep_begin(struct coordinator *coordinator)
{
    if (!uv_is_active((uv_handle_t *)&coordinator->sweep)) {
        coordinator->swept_ms = uv_now(coordinator->loop);
        (void)uv_timer_start(&coordinator->sweep, session_sweep, SWEEP_MS, SWEEP_MS);
    }
}

/* ---- handshake ---- */

static void worker_welcome(struct session *session, const struct message *message)
{
    struct coordinator *coordinator = session->coordinator;
    struct session *before = session_of_worker(coordinator, message->hello.instance);
    if (before != NULL) {
        stream_close(session_remove(before)); /* its old connection, not yet seen to be dead */
    }
    session->role = ROLE_WORKER;
    session->instance = message->hello.instance;
    session_sweep_begin(coordinator);
    pumps_push(coordinator, ITEM_MESSAGE, session, message);
}

/* What is wrong with a HELLO of our protocol; NULL when nothing is. */
static const char *hello_fault(const struct message_hello *hello, bool worker)
{
    if (!worker && strcmp(hello->role, "command") != 0) {
        return "the role is neither worker nor command";
    }
    if (strlen(hello->name) > HELLO_TEXT_BYTES_MAX ||
        strlen(hello->version) > HELLO_TEXT_BYTES_MAX) {
        return "the name and the version of a peer have at most 255 bytes";
    }
    if (hello->running.count > HELLO_RUNNING_MAX) {
        return "a worker has at most 65536 jobs in hand";
    }
    if (worker && (hello->instance == 0 || hello->credit > CREDIT_MAX)) {
        return "a worker needs an instance and a credit of at most 4096";
    }
    return NULL;
}

static void hello_receive(struct session *session, const struct message *message)
{
    const struct message_hello *hello = &message->hello;
    bool worker = strcmp(hello->role, "worker") == 0;
    if (hello->protocol != WIRE_PROTOCOL) {
        struct error error;
        error_set(&error, ERROR_PROTOCOL, "protocol %" PRIu32 " is not spoken here, only %d",
                  hello->protocol, WIRE_PROTOCOL);
        session_refuse(session, ERROR_PROTOCOL, error.message,
                       "use the same version of drover on both sides (the coordinator is "
                       "version " DROVER_VERSION ")");
        return;
    }
    const char *fault = hello_fault(hello, worker);
    if (fault != NULL) {
        session_refuse(session, ERROR_PROTOCOL, fault, "");
        return;
    }
    stream_limit(session->stream, WIRE_FRAME_BYTES_MAX);
    struct message welcome = {
        .type = MESSAGE_WELCOME,
        .welcome = {.protocol = WIRE_PROTOCOL,
                    .epoch = session->coordinator->epoch,
                    .version = DROVER_VERSION,
                    .journal = journal_identity(session->coordinator->rollouts.journal),
                    .configuration = session->coordinator->configuration.in_force,
                    .follows = true}};
    stream_send(session->stream, &welcome);
    session->role = ROLE_COMMAND;
    if (worker) {
        worker_welcome(session, message);
    }
}

/* ---- dispatch ---- */

/* A worker asks for a bundle: as it stands in the journal, or from memory. */
static void bundle_answer(struct session *session, const struct message_bundle_wanted *wanted)
{
    const char *digest = wanted->digest;
    struct coordinator *coordinator = session->coordinator;
    struct error error = {0};
    const struct bundle *bundle = pump_bundle_find(&coordinator->surveys, digest, &error);
    if (bundle == NULL) {
        bundle = pump_bundle_find(&coordinator->rollouts, digest, &error);
    }
    if (bundle == NULL) {
        struct message refused =
            answer_refused(error.code != ERROR_NONE ? error.code : ERROR_JOURNAL,
                           error.code != ERROR_NONE ? error.message : "no such bundle is held", "");
        stream_send(session->stream, &refused);
        return;
    }
    struct message answer = {.type = MESSAGE_BUNDLE,
                             .bundle = bundle_part(digest, bundle_bytes(bundle), wanted->offset)};
    stream_send(session->stream, &answer);
}

static void activity_receive(struct session *session, const struct message_activity *activity)
{
    struct coordinator *coordinator = session->coordinator;
    if (!activities_take(&session->activities, activity,
                         clock_now_ms(&coordinator->rollouts.clock))) {
        session_refuse(session, ERROR_PROTOCOL, "an ACTIVITY has at most 8 KiB", "");
        return;
    }
    watch_touched(&coordinator->rollouts);
}

static void result_receive(struct session *session, const struct message *message)
{
    struct coordinator *coordinator = session->coordinator;
    struct kept_activity *none = NULL; /* a survey's targets only have the same names */
    bool survey = (message->result.try.key.job & SURVEY_JOB) != 0;
    activities_end(&session->activities, &message->result,
                   !survey && message->result.outcome == JOB_OUTCOME_FAILED,
                   survey ? &none : &coordinator->stumbles);
    struct message whole = *message;
    struct found_part *part = found_parts_take(&session->found, &whole.result);
    pump_push(survey_pump_of_job(session->coordinator, whole.result.try.key.job), ITEM_MESSAGE,
              session, &whole);
    found_part_free(part);
}

static void worker_receive(struct session *session, const struct message *message)
{
    switch (message->type) {
    case MESSAGE_CREDIT:
        if (message->credit.credit > CREDIT_MAX) {
            session_refuse(session, ERROR_PROTOCOL, "a credit is at most 4096", "");
            return;
        }
        pumps_push(session->coordinator, ITEM_MESSAGE, session, message);
        break;
    case MESSAGE_RESULT:
        if (message->result.outcome == JOB_OUTCOME_NONE) {
            session_refuse(session, ERROR_PROTOCOL, "the outcome of a result is unknown", "");
            return;
        }
        result_receive(session, message);
        break;
    case MESSAGE_ACTIVITY: activity_receive(session, &message->activity); break;
    case MESSAGE_FOUND:
        if (!found_parts_add(&session->found, &message->found)) {
            session_refuse(session, ERROR_PROTOCOL, "a discovery finds at most 200,000 targets",
                           "");
        }
        break;
    case MESSAGE_BUNDLE_WANTED: bundle_answer(session, &message->bundle_wanted); break;
    default: session_refuse(session, ERROR_PROTOCOL, "a worker does not send this message", "");
    }
}

/* The pump that answers a request; NULL: it is none. */
static struct pump *pump_of_request(struct coordinator *coordinator, const struct message *message)
{
    switch (message->type) {
    case MESSAGE_WATCH: return survey_pump_of_rollout(coordinator, message->watch.rollout);
    case MESSAGE_TARGETS_WANTED:
        return survey_pump_of_rollout(coordinator, message->targets_wanted.rollout);
    case MESSAGE_FAILURES_WANTED:
    case MESSAGE_PLAN_WANTED:
    case MESSAGE_FORECAST_WANTED:
    case MESSAGE_ROLLOUTS_WANTED:
    case MESSAGE_LOG_WANTED:
    case MESSAGE_STANDING_WANTED:
    case MESSAGE_CONTROL: return &coordinator->rollouts;
    default: return NULL;
    }
}

static void request_receive(struct session *session, const struct message *message)
{
    struct pump *pump = pump_of_request(session->coordinator, message);
    const char *fault =
        pump == NULL ? "a command does not send this message" : session_asked(session);
    if (fault != NULL) {
        session_refuse(session, ERROR_PROTOCOL, fault, "");
        return;
    }
    pump_push(pump, ITEM_MESSAGE, session, message);
}

static void reload_receive(struct session *session, const struct message *message)
{
    const char *fault = session_asked(session);
    if (fault != NULL) {
        session_refuse(session, ERROR_PROTOCOL, fault, "");
        return;
    }
    configuration_ask(&session->coordinator->configuration, session, message);
}

static void command_receive(struct session *session, const struct message *message)
{
    switch (message->type) {
    case MESSAGE_START: start_receive(session, message); break;
    case MESSAGE_BUNDLE: start_bundle_receive(session, message); break;
    case MESSAGE_RELOAD: reload_receive(session, message); break;
    case MESSAGE_CONTROL:
        if (message->control.bundle[0] != '\0') {
            start_receive(session, message);
            break;
        }
        request_receive(session, message);
        break;
    default: request_receive(session, message); break;
    }
}

static void session_receive(struct stream *stream, const struct message *message, void *context)
{
    struct session *session = context;
    session->heard_ms = uv_now(session->coordinator->loop);
    if (session->role == ROLE_NONE) {
        if (message->type == MESSAGE_HELLO) {
            hello_receive(session, message);
        } else {
            session_refuse(session, ERROR_PROTOCOL, "the first message must be HELLO", "");
        }
    } else if (message->type == MESSAGE_HEARTBEAT) {
        stream_send(stream, message);
    } else if (session->role == ROLE_WORKER) {
        worker_receive(session, message);
    } else {
        command_receive(session, message);
    }
}

int session_open(struct coordinator *coordinator, int file_descriptor, struct error *error)
{
    if (!sessions_admit(coordinator)) {
        (void)close(file_descriptor);
        return error_set(error, ERROR_BUSY, "%d peers are connected already", (int)SESSIONS_MAX);
    }
    struct session *session = memory_alloc(sizeof *session);
    session->coordinator = coordinator;
    session->id = ++coordinator->next_session;
    session->heard_ms = uv_now(coordinator->loop);
    struct stream_callbacks callbacks = {
        .message = session_receive, .lost = session_lost, .context = session};
    session->stream = stream_open(coordinator->loop, file_descriptor, &callbacks, error);
    if (session->stream == NULL) {
        free(session);
        return -1;
    }
    stream_limit(session->stream, HELLO_BYTES_MAX); /* until it has said who it is */
    session->next = coordinator->sessions;
    coordinator->sessions = session;
    session_sweep_begin(coordinator);
    return 0;
}
