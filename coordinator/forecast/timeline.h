/* The course of a rollout: when its waves and targets began and ended, and how long jobs took.
 * Noted from its events, whether they happened or are only expected.
 */
#ifndef DROVER_FORECAST_TIMELINE_H
#define DROVER_FORECAST_TIMELINE_H

#include "common/vocabulary/failure.h"
#include "common/vocabulary/job.h"
#include "coordinator/core/facts/event.h"

/* Unix milliseconds; 0: not yet. */
struct course_target {
    uint64_t leased_ms;   /* of its last job */
    uint64_t started_ms;  /* of its first deploy */
    uint64_t finished_ms; /* deployed */
};

struct course_wave {
    uint64_t started_ms;
    uint64_t finished_ms;
};

struct course_mean {
    uint64_t count;
    uint64_t sum_ms;
};

/* Zeroed: empty. */
struct course {
    struct course_target *targets; /* by number; those that no job was for may be missing */
    size_t target_count;
    struct course_wave *waves;
    size_t wave_count;
    struct course_mean inspections; /* from lease to result; of all rollouts noted */
    struct course_mean checks;
    uint32_t concurrency; /* of the rollout; 0: no limit */
    bool awaited;         /* a wave began to wait for an approval since this was cleared */
    bool paused;          /* the rollout paused since this was cleared */
    bool finished;        /* the rollout */
    uint64_t finished_ms;
};

/* ROLLOUT_STARTED forgets all but the means. */
void course_note(struct course *course, const struct event *event);

/* Zeroes for a number that was not noted. */
struct course_target course_target_of(const struct course *course, size_t target);
struct course_wave course_wave_of(const struct course *course, size_t wave);

/* 0 without any. */
uint64_t course_mean_ms(const struct course_mean *mean);

void course_free(struct course *course);

#endif
