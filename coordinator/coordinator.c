/* The coordinator's life: replay, claim, listen; and the order in which everything ends. */
#include "coordinator/coordinator.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "coordinator/shell.h"

/* ---- starting ---- */

static void replay_apply(const struct event *event, void *context)
{
    struct coordinator *coordinator = context;
    clock_reach(&coordinator->clock, event->at_ms);
    core_apply(coordinator->core, event);
    moves_remember(&coordinator->moves, event);
}

void coordinator_graph_set(struct coordinator *coordinator, const struct bundle *bundle)
{
    (void)snprintf(coordinator->graph_bundle, sizeof coordinator->graph_bundle, "%s",
                   bundle_digest(bundle));
    core_graph_set(coordinator->core, coordinator->graph_bundle, bundle_graph(bundle));
}

static int bundle_restore(struct coordinator *coordinator, struct error *error)
{
    const char *digest = core_bundle_wanted(coordinator->core);
    if (digest[0] == '\0') {
        return 0;
    }
    const struct bundle *bundle =
        bundles_find(&coordinator->bundles, coordinator->journal, digest, "", error);
    if (bundle == NULL) {
        return error->code != ERROR_NONE
                   ? -1
                   : error_set(error, ERROR_JOURNAL,
                               "the journal lacks the bundle %s of its rollout", digest);
    }
    coordinator_graph_set(coordinator, bundle);
    return 0;
}

/* The epoch first: from then on nobody else can write, and what is replayed is all there is. */
static int state_restore(struct coordinator *coordinator, struct error *error)
{
    coordinator->epoch = journal_claim(coordinator->journal, error);
    if (coordinator->epoch == 0 ||
        journal_replay(coordinator->journal, replay_apply, coordinator, error) != 0) {
        return -1;
    }
    return bundle_restore(coordinator, error);
}

static void peer_accepted(int file_descriptor, void *context)
{
    struct error error;
    if (session_open(context, file_descriptor, &error) != 0) {
        log_write(LOG_WARNING, "a connection was not taken: %s", error.message);
    }
}

static void handles_init(struct coordinator *coordinator)
{
    pump_init(coordinator);
    (void)uv_timer_init(coordinator->loop, &coordinator->watch.timer);
    (void)uv_timer_init(coordinator->loop, &coordinator->sweep);
    coordinator->watch.timer.data = coordinator;
    coordinator->sweep.data = coordinator;
    coordinator->open_handles += 2;
}

static void coordinator_free(struct coordinator *coordinator)
{
    pump_free(&coordinator->pump);
    core_free(coordinator->core);
    bundles_free(&coordinator->bundles);
    moves_free(&coordinator->moves);
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
    coordinator->journal = options->journal;
    coordinator->failed = failed;
    coordinator->failed_context = context;
    coordinator->core = core_create();
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
    handles_init(coordinator);
    core_resume(coordinator->core, coordinator->epoch, options->alone,
                clock_now_ms(&coordinator->clock), chance_draw(), &coordinator->pump.output);
    pump_begin(coordinator);
    return coordinator;
failed:
    journal_close(coordinator->journal);
    coordinator_free(coordinator);
    return NULL;
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

void coordinator_close(struct coordinator *coordinator, coordinator_closed *closed, void *context)
{
    coordinator->closing = true;
    coordinator->closed = closed;
    coordinator->closed_context = context;
    listener_close(coordinator->listener);
    session_close_all(coordinator);
    journal_close(coordinator->journal); /* waits for the append in flight */
    uv_close((uv_handle_t *)&coordinator->pump.prepare, handle_closed);
    uv_close((uv_handle_t *)&coordinator->pump.check, handle_closed);
    uv_close((uv_handle_t *)&coordinator->pump.idle, handle_closed);
    uv_close((uv_handle_t *)&coordinator->pump.deadline, handle_closed);
    uv_close((uv_handle_t *)&coordinator->watch.timer, handle_closed);
    uv_close((uv_handle_t *)&coordinator->sweep, handle_closed);
}
