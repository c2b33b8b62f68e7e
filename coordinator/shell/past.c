/* The thread touches nothing of the coordinator's but the journal's second handle. */
#include "coordinator/shell/past.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/impossible.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/shell/archive.h"
#include "coordinator/shell/messages.h"
#include "coordinator/shell/session.h"
#include "coordinator/shell/shell.h"
#include "coordinator/shell/story.h"

struct past_request {
    struct past_request *next;
    uint64_t session; /* its id */
    struct arena arena;
    struct message message;
};

struct past_part {
    struct past_part *next;
    struct arena arena;
    struct message message;
};

/* ---- the thread ---- */

static void part_keep(const struct message *message, void *context)
{
    struct past *past = context;
    struct past_part *part = memory_alloc(sizeof *part);
    part->message = message_copy(message, &part->arena);
    *past->parts_end = part;
    past->parts_end = &part->next;
}

static void past_run(void *context)
{
    struct past *past = context;
    const struct message *request = &past->first->message;
    struct journal *reader =
        journal_reader(past->coordinator->rollouts.journal, &past->stop, &past->error);
    if (reader == NULL) {
        (void)uv_async_send(&past->done);
        return;
    }
    if (request->type == MESSAGE_LOG_WANTED) {
        struct message_log_wanted wanted = request->log_wanted;
        bool all = wanted.limit == 0 || wanted.limit > PAST_ENTRIES_MAX;
        wanted.limit = all ? PAST_ENTRIES_MAX : wanted.limit;
        if (story_tell(reader, &wanted, part_keep, past, &past->error) != 0) {
            INVARIANT(past->error.code != ERROR_NONE);
        }
    } else {
        past->read = archive_open(reader, answer_rollout_wanted(request), &past->error);
    }
    journal_close(reader);
    (void)uv_async_send(&past->done);
}

/* ---- the loop's side ---- */

static void parts_free(struct past *past)
{
    while (past->parts != NULL) {
        struct past_part *part = past->parts;
        past->parts = part->next;
        arena_free(&part->arena);
        free(part);
    }
}

static void request_drop(struct past *past)
{
    struct past_request *request = past->first;
    past->first = request->next;
    past->last = request->next == NULL ? NULL : past->last;
    arena_free(&request->arena);
    free(request);
}

static void kept_drop(struct past *past)
{
    archive_close(past->kept);
    past->kept = NULL;
}

static void kept_due(uv_timer_t *timer)
{
    kept_drop(timer->data);
}

static void answer_send(const struct message *message, void *context)
{
    struct session *session = context;
    stream_send(session->stream, message);
}

static bool is_kept(const struct past *past, const struct message *request)
{
    return request->type != MESSAGE_LOG_WANTED && past->kept != NULL &&
           strcmp(past->rollout, answer_rollout_wanted(request)) == 0;
}

/* What was read is of the request in hand. */
static void first_answer(struct past *past)
{
    struct past_request *request = past->first;
    struct session *session = session_find(past->coordinator, request->session);
    if (session != NULL && past->error.code != ERROR_NONE) {
        struct message refused =
            answer_refused(past->error.code, past->error.message, past->error.hint);
        stream_send(session->stream, &refused);
    } else if (session != NULL && request->message.type == MESSAGE_LOG_WANTED) {
        for (const struct past_part *part = past->parts; part != NULL; part = part->next) {
            stream_send(session->stream, &part->message);
        }
    } else if (session != NULL) {
        archive_ask(past->kept, &request->message, answer_send, session);
    }
    parts_free(past);
    past->error = (struct error){0};
    request_drop(past);
}

/* Answers what can be answered, and reads for the next. */
static void past_next(struct past *past)
{
    while (!past->running && past->first != NULL) {
        if (is_kept(past, &past->first->message)) {
            first_answer(past);
            continue;
        }
        past->parts_end = &past->parts;
        past->running = uv_thread_create(&past->thread, past_run, past) == 0;
        if (!past->running) {
            (void)error_set(&past->error, ERROR_IO,
                            "a thread cannot be started to read the journal");
            first_answer(past);
        }
    }
}

static void past_done(uv_async_t *handle)
{
    struct past *past = handle->data;
    if (!past->running) {
        return;
    }
    (void)uv_thread_join(&past->thread);
    past->running = false;
    if (past->read != NULL) {
        kept_drop(past);
        past->kept = past->read;
        past->read = NULL;
        (void)snprintf(past->rollout, sizeof past->rollout, "%s",
                       answer_rollout_wanted(&past->first->message));
        (void)uv_timer_start(&past->forget, kept_due, PAST_KEPT_MS, 0);
    }
    first_answer(past);
    past_next(past);
}

bool past_is_asked(const struct coordinator *coordinator, const struct message *request)
{
    const char *rollout = answer_rollout_wanted(request);
    return request->type == MESSAGE_LOG_WANTED ||
           (rollout[0] != '\0' && !answer_rollout_is_shown(coordinator->rollouts.core, rollout));
}

void past_ask(struct past *past, struct session *session, const struct message *request)
{
    struct past_request *asked = memory_alloc(sizeof *asked);
    asked->session = session->id;
    asked->message = message_copy(request, &asked->arena);
    if (past->last != NULL) {
        past->last->next = asked;
    } else {
        past->first = asked;
    }
    past->last = asked;
    past_next(past);
}

/* ---- beginning and end ---- */

void past_init(struct past *past)
{
    int result = uv_async_init(past->coordinator->loop, &past->done, past_done);
    INVARIANT_THAT(result == 0, "no file descriptor is left to wake a loop with: %s",
                   uv_strerror(result));
    (void)uv_timer_init(past->coordinator->loop, &past->forget);
    past->done.data = past->forget.data = past;
}

void past_close(struct past *past)
{
    if (past->running) {
        atomic_store(&past->stop, true);
        (void)uv_thread_join(&past->thread);
        past->running = false;
    }
    coordinator_handle_close(past->coordinator, (uv_handle_t *)&past->done);
    coordinator_handle_close(past->coordinator, (uv_handle_t *)&past->forget);
}

void past_free(struct past *past)
{
    while (past->first != NULL) {
        request_drop(past);
    }
    parts_free(past);
    archive_close(past->read);
    kept_drop(past);
}
