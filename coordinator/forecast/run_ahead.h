/* A replica run ahead in virtual time: workers that answer after the measured time, openings from
 * the calendar, and people who resume and approve at once.
 */
#ifndef DROVER_FORECAST_RUN_AHEAD_H
#define DROVER_FORECAST_RUN_AHEAD_H

#include <stdatomic.h>

#include "coordinator/forecast/replica.h"
#include "coordinator/forecast/window_misfits.h"

enum {
    AHEAD_DAYS_MAX = 30,
    AHEAD_CPU_MS_MAX = 2000, /* of the calling thread */
};

enum ahead_end {
    AHEAD_FINISHED,  /* timeline.finished_ms says when */
    AHEAD_STALLED,   /* nothing would go on any more */
    AHEAD_TOO_LONG,  /* AHEAD_DAYS_MAX */
    AHEAD_TOO_LARGE, /* AHEAD_CPU_MS_MAX */
    AHEAD_UNSEEN,    /* no target was inspected that would tell what the others need */
    AHEAD_STOPPED,   /* by `stop` */
};

struct ahead {
    /* set by the caller; borrowed */
    struct replica *replica; /* of an active rollout, with its openings; it is used up */
    const uint64_t *durations;
    size_t duration_count;   /* by path */
    const atomic_bool *stop; /* or NULL */
    uint64_t now_ms;         /* not before the replica's last event */
    struct arena *arena;
    /* what was assumed */
    bool resumed;
    struct texts approved;  /* names of waves */
    size_t workers;         /* that were connected; 0: one with as many jobs as are allowed */
    struct misfits misfits; /* left out */
};

enum ahead_end ahead_run(struct ahead *ahead);

#endif
