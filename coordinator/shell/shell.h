/* The coordinator's own struct; only the shell includes this.
 *
 *   session.c           peers: handshake, who may send what -> inbox; session_limits.c
 *   pump.c              inbox -> core -> journal -> release (one batch at a time)
 *   inputs.c            one item of the inbox as inputs of the core, and the answers it causes
 *   ports.c             what the core asks while it decides
 *   recall.c            an earlier rollout, for ports.c and archive.c
 *   start.c             START: bundle, configuration -> core_start
 *   standing.c          whether targets stand at a revision
 *   activities.c        what jobs are at, as their workers say: beside the sessions, never in the journal
 *   live_targets.c      the core's targets together with that
 *   watch.c             PROGRESS, NOTICE, FINISHED to watchers
 *   forecast_service.c  the rollout run ahead, off the loop
 *   configuration.c     the configuration in force, and its file read again, off the loop
 *   past.c              the log and older rollouts, off the loop
 *   survey_queue.c      surveys and lists: what goes to the second pump, and in which order
 *
 * There are two pumps over the same workers: the rollouts', whose journal is the coordinator's, and
 * the surveys', which keeps no journal and leaves no trace.
 */
#ifndef DROVER_SHELL_SHELL_H
#define DROVER_SHELL_SHELL_H

#include "coordinator/shell/configuration.h"
#include "coordinator/shell/coordinator.h"
#include "coordinator/shell/forecast_service.h"
#include "coordinator/shell/past.h"
#include "coordinator/shell/pump.h"

struct coordinator {
    uv_loop_t *loop;
    const struct config *config; /* in force; borrowed, or the configuration's own */
    struct configuration configuration;
    uint64_t epoch;
    struct listener *listener;
    struct session *sessions; /* newest first */
    uint64_t next_session;
    uint64_t next_ticket;
    struct pump rollouts;
    struct pump surveys;
    struct kept_activity
        *stumbles; /* whom targets waited for in an attempt that failed (activities.h) */
    struct forecasts forecasts; /* of the rollouts' pump */
    struct past past;
    uv_timer_t sweep;
    uint64_t swept_ms;
    bool closing;
    unsigned open_handles;
    coordinator_failed *failed;
    void *failed_context;
    coordinator_closed *closed;
    void *closed_context;
};

/* Closes one of the handles that the coordinator's end waits for. */
void coordinator_handle_close(struct coordinator *coordinator, uv_handle_t *handle);

#endif
