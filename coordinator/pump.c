/* The pump: the whole coordinator, once for each loop turn.
 *
 *   callbacks -> filling            (copies; an active idle handle keeps the poll from blocking)
 *   turn:  batch = filling; core_step each item; journal_append all events
 *   done:  log and notices, commands, answers; then the next batch, which gathered meanwhile
 *
 * It turns from a check handle (after the poll, so that all that was read in one poll is one batch)
 * and a prepare handle (after timers). A batch without events is released at once, because none is
 * in flight then. When the journal fails nothing of the batch leaves: the process ends, and what
 * the journal holds is true.
 */
#include <stdlib.h>

#include "common/base/log.h"
#include "coordinator/answers.h"
#include "coordinator/shell.h"

static void pump_turn(struct coordinator *coordinator);

/* ---- release: the batch is durable ---- */

static void events_tell(struct coordinator *coordinator)
{
    const struct core_output *output = &coordinator->pump.output;
    struct buffer sentence = {0};
    for (size_t i = 0; i < output->event_count; i++) {
        const struct event *event = &output->events[i];
        bool definition = event->type == EVENT_WAVE_DEFINED ||
                          event->type == EVENT_SOURCE_DEFINED ||
                          event->type == EVENT_TARGET_ADDED || event->type == EVENT_PATH_PLANNED;
        if (!definition) {
            buffer_clear(&sentence);
            moves_describe(&coordinator->moves, coordinator->core, event, &sentence);
            log_write(LOG_INFO, "%s", buffer_text(&sentence));
            watch_notice(coordinator, event, buffer_text(&sentence));
        }
        moves_remember(&coordinator->moves, event);
    }
    buffer_free(&sentence);
}

static struct message job_message(const struct core_job *job)
{
    static const char *const kinds[] = {
        [JOB_DISCOVER] = "discover", [JOB_INSPECT] = "inspect", [JOB_DEPLOY] = "deploy"};
    return (struct message){
        .type = MESSAGE_JOB,
        .job = {.job = job->job,
                .epoch = job->epoch,
                .attempt = job->attempt,
                .kind = kinds[job->kind],
                .rollout = job->rollout,
                .target = job->target,
                .url = job->url,
                .schema = job->schema,
                .password = job->password,
                .version_schema = job->version_schema,
                .bundle = job->bundle,
                .direction = job->direction == DIRECTION_UP ? "upgrade" : "downgrade",
                .final = job->final,
                .from = job->from,
                .steps = job->steps,
                .databases = job->databases,
                .schemas = job->schemas,
                .query = job->query,
                .labels = job->labels,
                .lock_timeout_ms = job->lock_timeout_ms,
                .statement_timeout_ms = job->statement_timeout_ms,
                .connect_timeout_ms = job->connect_timeout_ms,
                .server_identity = job->server_identity}};
}

static struct message command_message(const struct command *command)
{
    if (command->type == COMMAND_CANCEL_JOB) {
        return (struct message){.type = MESSAGE_JOB_CANCEL, .job_cancel = {.job = command->job_id}};
    }
    if (command->type == COMMAND_ACK_RESULT) {
        return (struct message){.type = MESSAGE_RESULT_ACK, .result_ack = {.job = command->job_id}};
    }
    return job_message(&command->job);
}

static void commands_send(struct coordinator *coordinator)
{
    const struct core_output *output = &coordinator->pump.output;
    for (size_t i = 0; i < output->command_count; i++) {
        const struct command *command = &output->commands[i];
        /* A worker that is gone: its WORKER_LEFT is in the inbox, and frees the job. */
        struct session *session = session_of_worker(coordinator, command->worker);
        if (session != NULL) {
            struct message message = command_message(command);
            stream_send(session->stream, &message);
        }
    }
}

static void question_answer(const struct message *message, void *context)
{
    struct session *session = context;
    stream_send(session->stream, message);
}

static void answers_send(struct coordinator *coordinator)
{
    struct pump *pump = &coordinator->pump;
    for (size_t i = 0; i < pump->answer_count; i++) {
        const struct answer *answer = &pump->answers[i];
        struct session *session = session_find(coordinator, answer->session);
        if (session == NULL) {
            continue;
        }
        if (answer->question && answer->message.type == MESSAGE_WATCH) {
            watch_begin(session, &answer->message);
        } else if (answer->question) {
            answer_question(coordinator->core, &answer->message, clock_now_ms(&coordinator->clock),
                            question_answer, session);
        } else if (answer->closes) {
            const struct message_refused *refused = &answer->message.refused;
            session_refuse(session, ERROR_PROTOCOL, refused->message, refused->hint);
        } else {
            stream_send(session->stream, &answer->message);
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
    struct coordinator *coordinator = timer->data;
    pump_push(coordinator, ITEM_TICK, NULL, NULL);
}

static void deadline_arm(struct coordinator *coordinator)
{
    struct pump *pump = &coordinator->pump;
    uint64_t deadline = core_deadline_ms(coordinator->core);
    if (deadline == UINT64_MAX) {
        (void)uv_timer_stop(&pump->deadline);
        return;
    }
    uint64_t now = clock_now_ms(&coordinator->clock);
    uint64_t wait = deadline > now ? deadline - now : 0;
    /* at least 1 ms: a deadline in the past must not spin */
    (void)uv_timer_start(&pump->deadline, deadline_due, wait > 0 ? wait : 1, 0);
}

/* ---- turning ---- */

static void batch_release(struct coordinator *coordinator)
{
    struct pump *pump = &coordinator->pump;
    bool changed = pump->output.event_count > 0;
    events_tell(coordinator);
    commands_send(coordinator);
    answers_send(coordinator);
    core_output_clear(&pump->output);
    inbox_clear(&pump->batch);
    if (changed) {
        watch_changed(coordinator);
    }
    deadline_arm(coordinator);
    pump_wake(pump);
}

static void batch_durable(const struct error *error, void *context)
{
    struct coordinator *coordinator = context;
    struct pump *pump = &coordinator->pump;
    pump->appending = false;
    if (error != NULL) {
        pump->failed = true;
        log_write(LOG_ERROR, "%s", error->message);
        coordinator->failed(error, coordinator->failed_context);
        return;
    }
    batch_release(coordinator);
    pump_turn(coordinator);
}

static void batch_flush(struct coordinator *coordinator)
{
    struct pump *pump = &coordinator->pump;
    if (pump->output.event_count == 0) {
        batch_release(coordinator);
        return;
    }
    pump->appending = true;
    pump_wake(pump);
    journal_append(coordinator->journal, coordinator->loop, pump->output.events,
                   pump->output.event_count, batch_durable, coordinator);
}

static void pump_turn(struct coordinator *coordinator)
{
    struct pump *pump = &coordinator->pump;
    if (pump->appending || pump->failed || coordinator->closing || pump->filling.count == 0) {
        return;
    }
    struct inbox taken = pump->filling;
    pump->filling = pump->batch;
    pump->batch = taken;
    for (size_t i = 0; i < pump->batch.count; i++) {
        step_item(coordinator, &pump->batch.items[i]);
    }
    batch_flush(coordinator);
}

void pump_push(struct coordinator *coordinator, enum item_type type, const struct session *session,
               const struct message *message)
{
    struct pump *pump = &coordinator->pump;
    if (pump->failed || coordinator->closing) {
        return;
    }
    inbox_push(&pump->filling, type, session != NULL ? session->id : 0,
               session != NULL ? session->instance : 0, message);
    pump_wake(pump);
}

void pump_answer(struct coordinator *coordinator, const struct answer *answer)
{
    struct pump *pump = &coordinator->pump;
    if (pump->answer_count == pump->answer_capacity) {
        pump->answer_capacity = pump->answer_capacity > 0 ? pump->answer_capacity * 2 : 16;
        pump->answers = memory_resize(pump->answers, pump->answer_capacity * sizeof *pump->answers);
    }
    pump->answers[pump->answer_count++] = *answer;
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

void pump_init(struct coordinator *coordinator)
{
    struct pump *pump = &coordinator->pump;
    (void)uv_prepare_init(coordinator->loop, &pump->prepare);
    (void)uv_check_init(coordinator->loop, &pump->check);
    (void)uv_idle_init(coordinator->loop, &pump->idle);
    (void)uv_timer_init(coordinator->loop, &pump->deadline);
    pump->prepare.data = coordinator;
    pump->check.data = coordinator;
    pump->idle.data = coordinator;
    pump->deadline.data = coordinator;
    (void)uv_prepare_start(&pump->prepare, prepare_turn);
    (void)uv_check_start(&pump->check, check_turn);
    coordinator->open_handles += 4;
}

void pump_begin(struct coordinator *coordinator)
{
    batch_flush(coordinator);
}

void pump_free(struct pump *pump)
{
    inbox_free(&pump->filling);
    inbox_free(&pump->batch);
    core_output_free(&pump->output);
    free(pump->answers);
}
