/* The coordinator's life: replay, claim, listen; and the order in which everything ends. */
#include "coordinator/shell/coordinator.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/shell/activities.h"
#include "coordinator/shell/clock.h"
#include "coordinator/shell/event_text.h"
#include "coordinator/shell/forecast_service.h"
#include "coordinator/shell/ports.h"
#include "coordinator/shell/pump.h"
#include "coordinator/shell/pump_context.h"
#include "coordinator/shell/session.h"
#include "coordinator/shell/shell.h"
#include "coordinator/shell/survey_queue.h"

/* ---- starting ---- */

static void replay_apply(const struct event *event, void *context)
{
    struct pump *rollouts = context;
    core_apply(rollouts->core, event);
    moves_remember(&rollouts->moves, event);
}

/* The rollout that is under way cannot go on without its bundle. */
static int bundle_check(struct pump *rollouts, struct error *error)
{
    const struct rollout *rollout = core_rollout(rollouts->core);
    if (!rollout_is_active(rollout) || rollout->policy.request.bundle[0] == '\0' ||
        pump_bundle_find(rollouts, rollout->policy.request.bundle, error) != NULL) {
        return 0;
    }
    return error->code != ERROR_NONE
               ? -1
               : error_set(error, ERROR_JOURNAL, "the journal lacks the bundle %s of its rollout",
                           rollout->policy.request.bundle);
}

/* The epoch first: from then on nobody else can write, and what is replayed is all there is. */
static int state_restore(struct coordinator *coordinator, struct error *error)
{
    struct pump *rollouts = &coordinator->rollouts;
    coordinator->epoch = journal_claim(rollouts->journal, error);
    if (coordinator->epoch == 0 ||
        journal_replay(rollouts->journal, replay_apply, rollouts, error) != 0) {
        return -1;
    }
    return bundle_check(rollouts, error);
}

static void peer_accepted(int file_descriptor, void *context)
{
    struct error error;
    if (session_open(context, file_descriptor, &error) != 0) {
        log_write(LOG_WARNING, "a connection was not taken: %s", error.message);
    }
}

/* `alone`: workers of earlier epochs are gone for certain. */
static void pump_run(struct pump *pump, bool alone)
{
    struct coordinator *coordinator = pump->coordinator;
    struct impossible_context before = impossible_context_set(pump_context(pump));
    pump_init(pump);
    const struct event_epoch_claimed epoch = {coordinator->epoch, alone, chance_draw(),
                                              clock_boot(&pump->clock)};
    core_resume(pump->core, &epoch, clock_now_ms(&pump->clock), &pump->output);
    pump_begin(pump);
    (void)impossible_context_set(before);
}

static void coordinator_free(struct coordinator *coordinator)
{
    pump_free(&coordinator->rollouts);
    pump_free(&coordinator->surveys);
    forecasts_free(&coordinator->forecasts);
    past_free(&coordinator->past);
    activities_free(&coordinator->stumbles);
    configuration_free(&coordinator->configuration);
    free(coordinator);
}

struct coordinator *coordinator_start(uv_loop_t *loop, const struct coordinator_options *options,
                                      coordinator_failed *failed, void *context,
                                      struct error *error)
{
    struct coordinator *coordinator = memory_alloc(sizeof *coordinator);
    *error = (struct error){0};
    coordinator->loop = loop;
    coordinator->config = options->config;
    coordinator->failed = failed;
    coordinator->failed_context = context;
    coordinator->rollouts.coordinator = coordinator->surveys.coordinator = coordinator;
    coordinator->forecasts.coordinator = coordinator;
    coordinator->past.coordinator = coordinator;
    coordinator->configuration.coordinator = coordinator;
    coordinator->rollouts.journal = options->journal;
    coordinator->rollouts.core = pump_core_create(&coordinator->rollouts);
    coordinator->surveys.core = pump_core_create(&coordinator->surveys);
    coordinator->surveys.job_mark = SURVEY_JOB;
    if (options->bundle != NULL) {
        coordinator->rollouts.bundles.known = bundle_share(options->bundle);
        coordinator->surveys.bundles.known = bundle_share(options->bundle);
    }
    if (state_restore(coordinator, error) != 0) {
        goto failed;
    }
    if (options->listen != NULL) {
        coordinator->listener =
            listener_open(loop, options->listen, peer_accepted, coordinator, error);
        if (coordinator->listener == NULL) {
            goto failed;
        }
        log_write(LOG_INFO, "listening on %s, epoch %" PRIu64,
                  listener_address(coordinator->listener), coordinator->epoch);
    }
    (void)uv_timer_init(loop, &coordinator->sweep);
    coordinator->sweep.data = coordinator;
    forecasts_init(&coordinator->forecasts);
    past_init(&coordinator->past);
    configuration_init(&coordinator->configuration, options->reloads);
    pump_run(&coordinator->rollouts, options->alone);
    pump_run(&coordinator->surveys, true); /* it begins with nothing */
    return coordinator;
failed:
    journal_close(coordinator->rollouts.journal);
    coordinator_free(coordinator);
    return NULL;
}

void coordinator_reload(struct coordinator *coordinator, const char *actor)
{
    const struct message request = {.type = MESSAGE_RELOAD, .reload = {.who = {actor, ""}}};
    configuration_ask(&coordinator->configuration, NULL, &request);
}

int coordinator_adopt(struct coordinator *coordinator, int file_descriptor, struct error *error)
{
    return session_open(coordinator, file_descriptor, error);
}

const char *coordinator_address(const struct coordinator *coordinator)
{
    return coordinator->listener != NULL ? listener_address(coordinator->listener) : "";
}

/* ---- closing ---- */

static void handle_closed(uv_handle_t *handle)
{
    struct coordinator *coordinator = handle->data;
    if (--coordinator->open_handles > 0) {
        return;
    }
    coordinator_closed *closed = coordinator->closed;
    void *context = coordinator->closed_context;
    coordinator_free(coordinator);
    if (closed != NULL) {
        closed(context);
    }
}

void coordinator_handle_close(struct coordinator *coordinator, uv_handle_t *handle)
{
    coordinator->open_handles++;
    handle->data = coordinator;
    uv_close(handle, handle_closed);
}

void coordinator_close(struct coordinator *coordinator, coordinator_closed *closed, void *context)
{
    coordinator->closing = true;
    coordinator->closed = closed;
    coordinator->closed_context = context;
    listener_close(coordinator->listener);
    session_close_all(coordinator);
    forecasts_close(&coordinator->forecasts); /* reads the journal */
    past_close(&coordinator->past);           /* likewise */
    configuration_close(&coordinator->configuration);
    journal_close(coordinator->rollouts.journal); /* waits for the append in flight */
    pump_close(&coordinator->rollouts);
    pump_close(&coordinator->surveys);
    coordinator_handle_close(coordinator, (uv_handle_t *)&coordinator->sweep);
}
