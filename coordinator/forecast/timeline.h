/* The timeline of a rollout: when its waves and targets began and ended, and how long jobs took.
 * Noted from its events, whether they happened or are only expected.
 */
#ifndef DROVER_FORECAST_TIMELINE_H
#define DROVER_FORECAST_TIMELINE_H

#include "common/vocabulary/failure.h"
#include "common/vocabulary/job.h"
#include "coordinator/core/facts/event.h"

/* Unix milliseconds; 0: not yet. */
struct timeline_target {
    uint64_t leased_ms;   /* of its last job */
    uint64_t started_ms;  /* of its first deploy */
    uint64_t finished_ms; /* deployed */
};

struct timeline_wave {
    uint64_t started_ms;
    uint64_t finished_ms;
};

struct timeline_mean {
    uint64_t count;
    uint64_t sum_ms;
};

/* Zeroed: empty. */
struct timeline {
    struct timeline_target *targets; /* by number; those that no job was for may be missing */
    size_t target_count;
    struct timeline_wave *waves;
    size_t wave_count;
    struct timeline_mean inspections; /* from lease to result; of all rollouts noted */
    struct timeline_mean checks;
    uint32_t concurrency; /* of the rollout; 0: no limit */
    bool awaited;         /* a wave began to wait for an approval since this was cleared */
    bool paused;          /* the rollout paused since this was cleared */
    bool finished;        /* the rollout */
    uint64_t finished_ms;
};

/* ROLLOUT_STARTED forgets all but the means. */
void timeline_note(struct timeline *timeline, const struct event *event);

/* Zeroes for a number that was not noted. */
struct timeline_target timeline_target_of(const struct timeline *timeline, size_t target);
struct timeline_wave timeline_wave_of(const struct timeline *timeline, size_t wave);

/* 0 without any. */
uint64_t timeline_mean_ms(const struct timeline_mean *mean);

void timeline_free(struct timeline *timeline);

#endif
