/* Watchers: PROGRESS at most ten times a second when something changed, NOTICE for what people care
 * about, FINISHED when there is nothing more to see. All of it follows the journal: it is sent
 * after durability.
 */
#include "coordinator/shell/watch.h"

#include <string.h>

#include "coordinator/core/facts/rollout.h"
#include "coordinator/shell/clock.h"
#include "coordinator/shell/event_text.h"
#include "coordinator/shell/messages.h"
#include "coordinator/shell/pump.h"
#include "coordinator/shell/remark_groups.h"
#include "coordinator/shell/session.h"
#include "coordinator/shell/shell.h"

enum {
    PROGRESS_INTERVAL_MS = 100,
    /* A watcher that reads so slowly gets less PROGRESS, never less of the rest. */
    WATCHER_QUEUE_BYTES_MAX = 256 * 1024,
};

static bool watched(const struct pump *pump)
{
    const struct session *session = pump->coordinator->sessions;
    while (session != NULL && session->watching != pump) {
        session = session->next;
    }
    return session != NULL;
}

/* It is told of a pause, and goes on watching. */
static bool watcher_stays(const struct session *session)
{
    return session->stays && rollout_is_active(core_rollout(session->watching->core));
}

static void watchers_send(struct pump *pump)
{
    struct arena arena = {0};
    bool over = answer_is_over(pump->core);
    const struct live live = pump_live(pump);
    struct message progress = answer_progress(&live, &arena);
    struct message finished = {0};
    if (over) {
        finished = answer_finished(pump->core, &arena);
    }
    for (struct session *session = pump->coordinator->sessions; session != NULL;
         session = session->next) {
        if (session->watching != pump) {
            continue;
        }
        if (over || stream_queued_bytes(session->stream) < WATCHER_QUEUE_BYTES_MAX) {
            stream_send(session->stream, &progress);
        }
        if (over && !watcher_stays(session)) {
            session->watching = NULL;
            stream_send(session->stream, &finished);
        }
    }
    arena_free(&arena);
    pump->watch.changed = false;
    pump->watch.sent_ms = uv_now(pump->coordinator->loop);
    (void)uv_timer_stop(&pump->watch.timer);
}

void watch_due(uv_timer_t *timer)
{
    struct pump *pump = timer->data;
    if (pump->failed || !pump->watch.changed || !watched(pump)) {
        return;
    }
    if (pump->appending) {
        return; /* the core shows what is not durable yet; watch_changed comes with it */
    }
    watchers_send(pump);
}

void watch_changed(struct pump *pump)
{
    struct watch *watch = &pump->watch;
    watch->changed = true;
    if (!watched(pump)) {
        return;
    }
    uint64_t now = uv_now(pump->coordinator->loop);
    uint64_t due = watch->sent_ms + PROGRESS_INTERVAL_MS;
    if (now >= due || answer_is_over(pump->core)) {
        watchers_send(pump);
    } else if (!uv_is_active((uv_handle_t *)&watch->timer)) {
        (void)uv_timer_start(&watch->timer, watch_due, due - now, 0);
    }
}

void watch_touched(struct pump *pump)
{
    if (pump->appending) {
        pump->watch.changed = true; /* what the core shows is not durable yet */
    } else {
        watch_changed(pump);
    }
}

/* Some of a kind are only for the log: what was told already, what the report will tell. */
static bool event_is_news(const struct event *event)
{
    switch (event->type) {
    case EVENT_JOB_UNREACHED: return event->job_unreached.news;
    case EVENT_TARGET_GIVEN_UP: return event->target_given_up.failed;
    default: return true;
    }
}

void watch_notice(struct pump *pump, const struct event *event, const struct log_entry *entry)
{
    if (event_level(event->type) < EVENT_LEVEL_INFO || !event_is_news(event)) {
        return;
    }
    struct buffer likeness = {0};
    if (event->type == EVENT_SCRIPT_SPOKE) {
        const struct event_script_spoke *spoke = &event->script_spoke;
        remark_key_append(pump->core, spoke->target, &spoke->remark, &likeness);
    }
    struct message notice = {.type = MESSAGE_NOTICE,
                             .notice = {.entry = *entry, .likeness = buffer_text(&likeness)}};
    for (struct session *session = pump->coordinator->sessions; session != NULL;
         session = session->next) {
        if (session->watching == pump) {
            stream_send(session->stream, &notice);
        }
    }
    buffer_free(&likeness);
}

void watch_failed(struct pump *pump, const struct error *reason)
{
    struct arena arena = {0};
    struct message notice = {.type = MESSAGE_NOTICE};
    struct log_entry *entry = &notice.notice.entry;
    entry->at_ms = clock_now_ms(&pump->clock);
    entry->level = "error";
    entry->fact = "coordinator_failed";
    entry->sentence = arena_printf(&arena, "the coordinator ends: %s%s%s", reason->message,
                                   reason->hint[0] == '\0' ? "" : "; ", reason->hint);
    session_part_watching(pump, &notice);
    arena_free(&arena);
}

static void watch_answer(const struct message *message, void *context)
{
    struct session *session = context;
    if (message->type == MESSAGE_FINISHED && watcher_stays(session)) {
        return;
    }
    if (message->type != MESSAGE_PROGRESS) {
        session->watching = NULL;
    }
    stream_send(session->stream, message);
}

void watch_begin(struct pump *pump, struct session *session, const struct message *message)
{
    session->watching = pump;
    session->stays = message->watch.stays;
    const struct live live = pump_live(pump);
    answer_inquiry(&live, message, watch_answer, session);
}
