/* The thread touches nothing of the coordinator's but the journal's second handle. */
#include "coordinator/shell/forecast_service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"
#include "common/base/impossible.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/forecast/forecast.h"
#include "coordinator/shell/clock.h"
#include "coordinator/shell/messages.h"
#include "coordinator/shell/session.h"
#include "coordinator/shell/shell.h"

/* ---- the thread ---- */

static void forecast_run(void *context)
{
    struct forecasts *forecasts = context;
    uint64_t began = uv_hrtime();
    struct error error = {0};
    struct journal *reader =
        journal_reader(forecasts->coordinator->rollouts.journal, &forecasts->stop, &error);
    if (reader == NULL || forecast_make(reader, forecasts->now_ms, &forecasts->stop,
                                        &forecasts->arena, &forecasts->forecast, &error) != 0) {
        forecasts->forecast.reason = arena_strdup(&forecasts->arena, error.message);
    }
    journal_close(reader);
    forecasts->took_ms = (uv_hrtime() - began) / 1000000;
    (void)uv_async_send(&forecasts->done);
}

/* ---- the loop's side ---- */

static void subject_write(const struct core *core, char subject[FORECAST_SUBJECT_BYTES])
{
    const struct rollout *rollout = core_rollout(core);
    (void)snprintf(subject, FORECAST_SUBJECT_BYTES, "%s %s %s", rollout->policy.rollout,
                   rollout_state_word(rollout->state), rollout->digest);
}

static void forecast_begin(struct forecasts *forecasts)
{
    struct coordinator *coordinator = forecasts->coordinator;
    const struct rollout *rollout = core_rollout(coordinator->rollouts.core);
    subject_write(coordinator->rollouts.core, forecasts->subject);
    arena_free(&forecasts->arena);
    forecasts->forecast = (struct message_forecast){
        .rollout = arena_strdup(&forecasts->arena, rollout->policy.rollout), .reason = ""};
    forecasts->now_ms = clock_now_ms(&coordinator->rollouts.clock);
    forecasts->running = uv_thread_create(&forecasts->thread, forecast_run, forecasts) == 0;
    if (!forecasts->running) {
        forecasts->forecast.reason = "a thread cannot be started for it";
        (void)uv_async_send(&forecasts->done);
    }
}

static void forecast_send(const struct forecasts *forecasts, struct session *session)
{
    struct message message = {.type = MESSAGE_FORECAST, .forecast = forecasts->forecast};
    stream_send(session->stream, &message);
}

static void forecast_done(uv_async_t *handle)
{
    struct forecasts *forecasts = handle->data;
    struct coordinator *coordinator = forecasts->coordinator;
    if (forecasts->running) {
        (void)uv_thread_join(&forecasts->thread);
        forecasts->running = false;
    }
    const struct rollout *rollout = core_rollout(coordinator->rollouts.core);
    if (strcmp(rollout->policy.rollout, forecasts->forecast.rollout) != 0) {
        forecast_begin(forecasts); /* another rollout began meanwhile */
        return;
    }
    forecasts->made_ms = uv_now(coordinator->loop);
    for (size_t i = 0; i < forecasts->waiting_count; i++) {
        struct session *session = session_find(coordinator, forecasts->waiting[i]);
        if (session != NULL) {
            forecast_send(forecasts, session);
        }
    }
    forecasts->waiting_count = 0;
}

static bool forecast_is_fresh(const struct forecasts *forecasts)
{
    char subject[FORECAST_SUBJECT_BYTES];
    uint64_t lasts_ms = FORECAST_FRESH_TIMES * forecasts->took_ms;
    lasts_ms = lasts_ms > FORECAST_FRESH_MS ? lasts_ms : FORECAST_FRESH_MS;
    subject_write(forecasts->coordinator->rollouts.core, subject);
    return forecasts->made_ms > 0 && strcmp(subject, forecasts->subject) == 0 &&
           uv_now(forecasts->coordinator->loop) < forecasts->made_ms + lasts_ms;
}

static void refusal_send(const struct message *message, void *context)
{
    struct session *session = context;
    stream_send(session->stream, message);
}

void forecasts_ask(struct forecasts *forecasts, struct session *session,
                   const struct message *message)
{
    struct arena scratch = {0};
    bool kept =
        answer_rollout_is_kept(forecasts->coordinator->rollouts.core,
                               message->forecast_wanted.rollout, &scratch, refusal_send, session);
    arena_free(&scratch);
    if (!kept) {
        return;
    }
    if (!forecasts->running && forecasts->waiting_count == 0 && forecast_is_fresh(forecasts)) {
        forecast_send(forecasts, session);
        return;
    }
    forecasts->waiting = array_room(forecasts->waiting, forecasts->waiting_count,
                                    &forecasts->waiting_capacity, sizeof *forecasts->waiting);
    forecasts->waiting[forecasts->waiting_count++] = session->id;
    if (forecasts->waiting_count == 1) {
        forecast_begin(forecasts);
    }
}

/* ---- beginning and end ---- */

void forecasts_init(struct forecasts *forecasts)
{
    int result = uv_async_init(forecasts->coordinator->loop, &forecasts->done, forecast_done);
    INVARIANT_THAT(result == 0, "no file descriptor is left to wake a loop with: %s",
                   uv_strerror(result));
    forecasts->done.data = forecasts;
}

void forecasts_close(struct forecasts *forecasts)
{
    if (forecasts->running) {
        atomic_store(&forecasts->stop, true);
        (void)uv_thread_join(&forecasts->thread);
        forecasts->running = false;
    }
    coordinator_handle_close(forecasts->coordinator, (uv_handle_t *)&forecasts->done);
}

void forecasts_free(struct forecasts *forecasts)
{
    arena_free(&forecasts->arena);
    free(forecasts->waiting);
}
