/* The pump: a core with its inbox and its journal, once for each loop turn.
 *
 *   callbacks -> filling            (copies; an active idle handle keeps the poll from blocking)
 *   turn:  batch = filling; core_step each item; journal_append all events
 *   done:  log and notices, commands, answers; then the next batch, which gathered meanwhile
 *
 * It turns from a check handle (after the poll, so that all that was read in one poll is one batch)
 * and a prepare handle (after timers). A batch without events is released at once, because none is
 * in flight then; so is every batch of a pump without a journal. When the journal fails nothing of
 * the batch leaves: the process ends, and what the journal holds is true.
 */
#include "coordinator/shell/pump.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/array.h"
#include "common/base/log.h"
#include "coordinator/shell/clock.h"
#include "coordinator/shell/event_log.h"
#include "coordinator/shell/event_text.h"
#include "coordinator/shell/forecast_service.h"
#include "coordinator/shell/inbox.h"
#include "coordinator/shell/inputs.h"
#include "coordinator/shell/messages.h"
#include "coordinator/shell/pump_context.h"
#include "coordinator/shell/session.h"
#include "coordinator/shell/session_limits.h"
#include "coordinator/shell/shell.h"
#include "coordinator/shell/survey_queue.h"
#include "coordinator/shell/watch.h"

static void pump_turn(struct pump *pump);

/* ---- release: the batch is durable ---- */

static void event_tell(struct pump *pump, const struct event *event)
{
    struct arena arena = {0};
    struct buffer sentence = {0};
    moves_describe(&pump->moves, pump->core, event, &sentence);
    if (pump == &pump->coordinator->surveys) {
        log_write(LOG_DEBUG, "survey: %s", buffer_text(&sentence));
    } else {
        struct log_entry entry =
            moves_entry(&pump->moves, pump->core, event, buffer_text(&sentence), &arena);
        bool at_start = event->type == EVENT_CLOCK_SET; /* before anybody can watch */
        if (at_start || log_takes(LOG_INFO)) {          /* a service: who embeds it watches */
            event_log(event, &entry);
        }
        watch_notice(pump, event, &entry);
    }
    buffer_free(&sentence);
    arena_free(&arena);
}

static void events_tell(struct pump *pump)
{
    const struct core_output *output = &pump->output;
    for (size_t i = 0; i < output->event_count; i++) {
        enum event_level level = event_level(output->events[i].type);
        if (level > EVENT_LEVEL_LOG || (level == EVENT_LEVEL_LOG && log_takes(LOG_INFO))) {
            event_tell(pump, &output->events[i]);
        }
        moves_remember(&pump->moves, &output->events[i]);
    }
}

static struct message command_message(const struct command *command, uint64_t mark)
{
    struct job_key key = command->key;
    key.job |= mark;
    if (command->type == COMMAND_CANCEL_JOB) {
        return (struct message){.type = MESSAGE_JOB_CANCEL, .job_cancel.key = key};
    }
    if (command->type == COMMAND_ACK_RESULT) {
        return (struct message){.type = MESSAGE_RESULT_ACK, .result_ack.key = key};
    }
    struct message message = {.type = MESSAGE_JOB, .job = command->job};
    message.job.try.key = key;
    return message;
}

enum { ANY_WORKER = 0 }; /* no instance */

/* Whether the worker has said HELLO since the batch was decided. What it said there of its jobs must
 * stay true: one that was leased to it over its connection before is not sent over this one. */
static bool hello_waits(const struct pump *pump, uint64_t worker)
{
    for (size_t i = 0; i < pump->filling.count; i++) {
        const struct item *item = &pump->filling.items[i];
        if (item->type == ITEM_MESSAGE && item->message.type == MESSAGE_HELLO &&
            (worker == ANY_WORKER || item->instance == worker)) {
            return true;
        }
    }
    return false;
}

static void commands_send(struct pump *pump)
{
    const struct core_output *output = &pump->output;
    bool hello = hello_waits(pump, ANY_WORKER); /* seldom: the inbox is not read for each command */
    for (size_t i = 0; i < output->command_count; i++) {
        const struct command *command = &output->commands[i];
        /* A worker that is gone: its WORKER_LEFT is in the inbox, and frees the job. */
        struct session *session = session_of_worker(pump->coordinator, command->worker);
        bool stale =
            hello && command->type == COMMAND_SEND_JOB && hello_waits(pump, command->worker);
        if (session != NULL && !stale) {
            struct message message = command_message(command, pump->job_mark);
            stream_send(session->stream, &message);
        }
    }
}

static void inquiry_answer(const struct message *message, void *context)
{
    struct session *session = context;
    stream_send(session->stream, message);
    survey_answered(session, message);
}

struct live pump_live(struct pump *pump)
{
    const struct coordinator *coordinator = pump->coordinator;
    return (struct live){pump->core, coordinator->sessions, coordinator->stumbles,
                         clock_now_ms(&pump->clock)};
}

static void inquiry_take(struct pump *pump, const struct message *inquiry, struct session *session)
{
    const struct live live = pump_live(pump);
    answer_inquiry(&live, inquiry, inquiry_answer, session);
}

static void answers_send(struct pump *pump)
{
    struct coordinator *coordinator = pump->coordinator;
    for (size_t i = 0; i < pump->answer_count; i++) {
        const struct answer *answer = &pump->answers[i];
        struct session *session = session_find(coordinator, answer->session);
        if (session == NULL) {
            continue;
        }
        session_answered(session);
        if (pump == &coordinator->rollouts && past_is_asked(coordinator, &answer->message)) {
            past_ask(&coordinator->past, session, &answer->message);
            continue;
        }
        switch (answer->message.type) {
        case MESSAGE_WATCH: watch_begin(pump, session, &answer->message); break;
        case MESSAGE_FORECAST_WANTED:
            forecasts_ask(&coordinator->forecasts, session, &answer->message);
            break;
        case MESSAGE_TARGETS_WANTED:
        case MESSAGE_FAILURES_WANTED:
        case MESSAGE_PLAN_WANTED:
        case MESSAGE_ROLLOUTS_WANTED:
        case MESSAGE_STANDING_WANTED: inquiry_take(pump, &answer->message, session); break;
        default: stream_send(session->stream, &answer->message); break;
        }
    }
    pump->answer_count = 0;
}

/* ---- sleeping and waking ---- */

static void idle_nothing(uv_idle_t *idle)
{
    (void)idle; /* being active is its work */
}

static void pump_wake(struct pump *pump)
{
    if (pump->filling.count > 0 && !pump->appending && !pump->failed) {
        (void)uv_idle_start(&pump->idle, idle_nothing);
    } else {
        (void)uv_idle_stop(&pump->idle);
    }
}

static void deadline_due(uv_timer_t *timer)
{
    pump_push(timer->data, ITEM_TICK, NULL, NULL);
}

static void deadline_arm(struct pump *pump)
{
    uint64_t deadline = core_deadline_ms(pump->core);
    if (deadline == UINT64_MAX) {
        (void)uv_timer_stop(&pump->deadline);
        return;
    }
    uint64_t now = clock_now_ms(&pump->clock);
    uint64_t wait = deadline > now ? deadline - now : 0;
    /* at least 1 ms: a deadline in the past must not spin */
    (void)uv_timer_start(&pump->deadline, deadline_due, wait > 0 ? wait : 1, 0);
}

/* ---- turning ---- */

static void batch_release(struct pump *pump)
{
    bool changed = pump->output.event_count > 0;
    events_tell(pump);
    if (pump->output.complaint != NULL) {
        log_write(LOG_ERROR, "%s", pump->output.complaint);
    }
    commands_send(pump);
    answers_send(pump);
    core_output_clear(&pump->output);
    inbox_clear(&pump->batch);
    if (changed) {
        watch_changed(pump);
    }
    if (pump == &pump->coordinator->surveys) {
        survey_next(pump);
    } else {
        configuration_released(&pump->coordinator->configuration);
    }
    deadline_arm(pump);
    pump_wake(pump);
}

static void batch_durable(const struct error *error, void *context)
{
    struct pump *pump = context;
    pump->appending = false;
    if (error != NULL) {
        pump->failed = true;
        log_write(LOG_ERROR, "%s", error->message);
        watch_failed(pump, error);
        pump->coordinator->failed(error, pump->coordinator->failed_context);
        return;
    }
    batch_release(pump);
    pump_turn(pump);
}

static void batch_flush(struct pump *pump)
{
    if (pump->output.event_count == 0 || pump->journal == NULL) {
        batch_release(pump);
        return;
    }
    INVARIANT(!pump->appending);
    pump->appending = true;
    pump_wake(pump);
    journal_append(pump->journal, pump->coordinator->loop, pump->output.events,
                   pump->output.event_count, batch_durable, pump);
}

static void pump_turn(struct pump *pump)
{
    if (pump->appending || pump->failed || pump->coordinator->closing || pump->filling.count == 0) {
        return;
    }
    struct inbox taken = pump->filling;
    pump->filling = pump->batch;
    pump->batch = taken;
    struct impossible_context before = impossible_context_set(pump_context(pump));
    for (size_t i = 0; i < pump->batch.count; i++) {
        pump->deciding = &pump->batch.items[i];
        input_item(pump, pump->deciding);
    }
    pump->deciding = NULL;
    (void)impossible_context_set(before);
    batch_flush(pump);
}

void pump_push(struct pump *pump, enum item_type type, const struct session *session,
               const struct message *message)
{
    if (pump->failed || pump->coordinator->closing) {
        return;
    }
    inbox_push(&pump->filling, type, session != NULL ? session->id : 0,
               session != NULL ? session->instance : 0, message);
    pump_wake(pump);
}

void pumps_push(struct coordinator *coordinator, enum item_type type, const struct session *session,
                const struct message *message)
{
    pump_push(&coordinator->rollouts, type, session, message);
    pump_push(&coordinator->surveys, type, session, message);
}

void pump_answer(struct pump *pump, const struct item *item, const struct message *message)
{
    pump->answers = array_room(pump->answers, pump->answer_count, &pump->answer_capacity,
                               sizeof *pump->answers);
    pump->answers[pump->answer_count++] = (struct answer){item->session, *message};
}

/* ---- bundles ---- */

const struct bundle *pump_bundle_find(struct pump *pump, const char *digest, struct error *error)
{
    return bundles_find(&pump->bundles, pump->journal, digest, error);
}

/* ---- beginning and end ---- */

static void check_turn(uv_check_t *check)
{
    pump_turn(check->data);
}

static void prepare_turn(uv_prepare_t *prepare)
{
    pump_turn(prepare->data);
}

void pump_init(struct pump *pump)
{
    uv_loop_t *loop = pump->coordinator->loop;
    (void)uv_prepare_init(loop, &pump->prepare);
    (void)uv_check_init(loop, &pump->check);
    (void)uv_idle_init(loop, &pump->idle);
    (void)uv_timer_init(loop, &pump->deadline);
    (void)uv_timer_init(loop, &pump->watch.timer);
    pump->prepare.data = pump;
    pump->check.data = pump;
    pump->deadline.data = pump;
    pump->watch.timer.data = pump;
    (void)uv_prepare_start(&pump->prepare, prepare_turn);
    (void)uv_check_start(&pump->check, check_turn);
}

void pump_begin(struct pump *pump)
{
    batch_flush(pump);
}

void pump_close(struct pump *pump)
{
    coordinator_handle_close(pump->coordinator, (uv_handle_t *)&pump->prepare);
    coordinator_handle_close(pump->coordinator, (uv_handle_t *)&pump->check);
    coordinator_handle_close(pump->coordinator, (uv_handle_t *)&pump->idle);
    coordinator_handle_close(pump->coordinator, (uv_handle_t *)&pump->deadline);
    coordinator_handle_close(pump->coordinator, (uv_handle_t *)&pump->watch.timer);
}

void pump_free(struct pump *pump)
{
    inbox_free(&pump->filling);
    inbox_free(&pump->batch);
    core_output_free(&pump->output);
    core_free(pump->core);
    bundles_free(&pump->bundles);
    core_free(pump->recalled);
    moves_free(&pump->moves);
    free(pump->answers);
}
