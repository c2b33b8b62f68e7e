/* Watchers: PROGRESS at most ten times a second when something changed, NOTICE for what people care
 * about, FINISHED when there is nothing more to see. All of it follows the journal: it is sent
 * after durability.
 */
#include "coordinator/answers.h"
#include "coordinator/moves.h"
#include "coordinator/shell.h"

enum {
    PROGRESS_INTERVAL_MS = 100,
    /* A watcher that reads so slowly gets less PROGRESS, never less of the rest. */
    WATCHER_QUEUE_BYTES_MAX = 256 * 1024,
};

static bool watched(const struct coordinator *coordinator)
{
    const struct session *session = coordinator->sessions;
    while (session != NULL && !session->watching) {
        session = session->next;
    }
    return session != NULL;
}

static void watchers_send(struct coordinator *coordinator)
{
    struct arena arena = {0};
    bool over = answer_is_over(coordinator->core);
    struct message progress =
        answer_progress(coordinator->core, clock_now_ms(&coordinator->clock), &arena);
    struct message finished = {0};
    if (over) {
        finished = answer_finished(coordinator->core, &arena);
    }
    for (struct session *session = coordinator->sessions; session != NULL;
         session = session->next) {
        if (!session->watching) {
            continue;
        }
        if (over || stream_queued_bytes(session->stream) < WATCHER_QUEUE_BYTES_MAX) {
            stream_send(session->stream, &progress);
        }
        if (over) {
            session->watching = false;
            stream_send(session->stream, &finished);
        }
    }
    arena_free(&arena);
    coordinator->watch.changed = false;
    coordinator->watch.sent_ms = uv_now(coordinator->loop);
    (void)uv_timer_stop(&coordinator->watch.timer);
}

void watch_due(uv_timer_t *timer)
{
    struct coordinator *coordinator = timer->data;
    if (coordinator->pump.failed || !coordinator->watch.changed || !watched(coordinator)) {
        return;
    }
    if (coordinator->pump.appending) {
        return; /* the core shows what is not durable yet; watch_changed comes with it */
    }
    watchers_send(coordinator);
}

void watch_changed(struct coordinator *coordinator)
{
    struct watch *watch = &coordinator->watch;
    watch->changed = true;
    if (!watched(coordinator)) {
        return;
    }
    uint64_t now = uv_now(coordinator->loop);
    uint64_t due = watch->sent_ms + PROGRESS_INTERVAL_MS;
    if (now >= due || answer_is_over(coordinator->core)) {
        watchers_send(coordinator);
    } else if (!uv_is_active((uv_handle_t *)&watch->timer)) {
        (void)uv_timer_start(&watch->timer, watch_due, due - now, 0);
    }
}

void watch_notice(struct coordinator *coordinator, const struct event *event, const char *sentence)
{
    const char *level = moves_notice_level(event);
    if (level == NULL) {
        return;
    }
    struct message notice = {
        .type = MESSAGE_NOTICE,
        .notice = {.at_ms = event->at_ms, .level = level, .sentence = sentence}};
    for (struct session *session = coordinator->sessions; session != NULL;
         session = session->next) {
        if (session->watching) {
            stream_send(session->stream, &notice);
        }
    }
}

static void watch_answer(const struct message *message, void *context)
{
    struct session *session = context;
    session->watching = message->type == MESSAGE_PROGRESS;
    stream_send(session->stream, message);
}

void watch_begin(struct session *session, const struct message *message)
{
    struct coordinator *coordinator = session->coordinator;
    answer_question(coordinator->core, message, clock_now_ms(&coordinator->clock), watch_answer,
                    session);
}
