/* One switch over the events that begin or end something. */
#include "coordinator/forecast/timeline.h"

#include <stdlib.h>
#include <string.h>

static struct timeline_target *target_of(struct timeline *timeline, uint32_t number)
{
    if (number >= timeline->target_count) {
        size_t count = (size_t)number + number / 2 + 64;
        timeline->targets = memory_resize(timeline->targets, count * sizeof *timeline->targets);
        memset(timeline->targets + timeline->target_count, 0,
               (count - timeline->target_count) * sizeof *timeline->targets);
        timeline->target_count = count;
    }
    return &timeline->targets[number];
}

static struct timeline_wave *wave_of(struct timeline *timeline, uint32_t number)
{
    if (number >= timeline->wave_count) {
        size_t count = (size_t)number + 8;
        timeline->waves = memory_resize(timeline->waves, count * sizeof *timeline->waves);
        memset(timeline->waves + timeline->wave_count, 0,
               (count - timeline->wave_count) * sizeof *timeline->waves);
        timeline->wave_count = count;
    }
    return &timeline->waves[number];
}

static void rollout_begin(struct timeline *timeline, const struct event *event)
{
    struct timeline_mean inspections = timeline->inspections;
    struct timeline_mean checks = timeline->checks;
    timeline_free(timeline);
    timeline->inspections = inspections;
    timeline->checks = checks;
    timeline->concurrency = event->rollout_started.limits.concurrency;
}

static void job_begin(struct timeline *timeline, const struct event *event)
{
    enum job_kind kind = event->job_leased.kind;
    if (kind != JOB_INSPECT && kind != JOB_DEPLOY && kind != JOB_CHECK) {
        return;
    }
    struct timeline_target *target = target_of(timeline, event->job_leased.subject);
    target->leased_ms = event->at_ms;
    if (kind == JOB_DEPLOY && target->started_ms == 0) {
        target->started_ms = event->at_ms;
    }
}

static void mean_add(struct timeline *timeline, struct timeline_mean *mean, uint32_t target,
                     uint64_t at_ms)
{
    mean->count++;
    mean->sum_ms += at_ms - target_of(timeline, target)->leased_ms;
}

void timeline_note(struct timeline *timeline, const struct event *event)
{
    uint64_t at_ms = event->at_ms;
    switch (event->type) {
    case EVENT_ROLLOUT_STARTED: rollout_begin(timeline, event); break;
    case EVENT_LIMITS_SET: timeline->concurrency = event->limits_set.limits.concurrency; break;
    case EVENT_JOB_LEASED: job_begin(timeline, event); break;
    case EVENT_TARGET_VALIDATED:
        mean_add(timeline, &timeline->inspections, event->target_validated.target, at_ms);
        break;
    case EVENT_CHECK_PASSED:
        mean_add(timeline, &timeline->checks, event->check_passed.target, at_ms);
        break;
    case EVENT_TARGET_DEPLOYED:
        target_of(timeline, event->target_deployed.target)->finished_ms = at_ms;
        break;
    case EVENT_WAVE_STARTED: wave_of(timeline, event->wave_started.wave)->started_ms = at_ms; break;
    case EVENT_WAVE_FINISHED:
        wave_of(timeline, event->wave_finished.wave)->finished_ms = at_ms;
        break;
    case EVENT_WAVE_AWAITED: timeline->awaited = true; break;
    case EVENT_ROLLOUT_PAUSED: timeline->paused = true; break;
    case EVENT_ROLLOUT_FINISHED:
        timeline->finished = true;
        timeline->finished_ms = at_ms;
        break;
    default: break;
    }
}

struct timeline_target timeline_target_of(const struct timeline *timeline, size_t target)
{
    return target < timeline->target_count ? timeline->targets[target]
                                           : (struct timeline_target){0};
}

struct timeline_wave timeline_wave_of(const struct timeline *timeline, size_t wave)
{
    return wave < timeline->wave_count ? timeline->waves[wave] : (struct timeline_wave){0};
}

uint64_t timeline_mean_ms(const struct timeline_mean *mean)
{
    return mean->count > 0 ? mean->sum_ms / mean->count : 0;
}

void timeline_free(struct timeline *timeline)
{
    free(timeline->targets);
    free(timeline->waves);
    *timeline = (struct timeline){0};
}
