/* One switch over the events that begin or end something. */
#include "coordinator/forecast/timeline.h"

#include <stdlib.h>
#include <string.h>

static struct course_target *target_of(struct course *course, uint32_t number)
{
    if (number >= course->target_count) {
        size_t count = (size_t)number + number / 2 + 64;
        course->targets = memory_resize(course->targets, count * sizeof *course->targets);
        memset(course->targets + course->target_count, 0,
               (count - course->target_count) * sizeof *course->targets);
        course->target_count = count;
    }
    return &course->targets[number];
}

static struct course_wave *wave_of(struct course *course, uint32_t number)
{
    if (number >= course->wave_count) {
        size_t count = (size_t)number + 8;
        course->waves = memory_resize(course->waves, count * sizeof *course->waves);
        memset(course->waves + course->wave_count, 0,
               (count - course->wave_count) * sizeof *course->waves);
        course->wave_count = count;
    }
    return &course->waves[number];
}

static void rollout_begin(struct course *course, const struct event *event)
{
    struct course_mean inspections = course->inspections;
    struct course_mean checks = course->checks;
    course_free(course);
    course->inspections = inspections;
    course->checks = checks;
    course->concurrency = event->rollout_started.limits.concurrency;
}

static void job_begin(struct course *course, const struct event *event)
{
    enum job_kind kind = event->job_leased.kind;
    if (kind != JOB_INSPECT && kind != JOB_DEPLOY && kind != JOB_CHECK) {
        return;
    }
    struct course_target *target = target_of(course, event->job_leased.subject);
    target->leased_ms = event->at_ms;
    if (kind == JOB_DEPLOY && target->started_ms == 0) {
        target->started_ms = event->at_ms;
    }
}

static void mean_add(struct course *course, struct course_mean *mean, uint32_t target,
                     uint64_t at_ms)
{
    mean->count++;
    mean->sum_ms += at_ms - target_of(course, target)->leased_ms;
}

void course_note(struct course *course, const struct event *event)
{
    uint64_t at_ms = event->at_ms;
    switch (event->type) {
    case EVENT_ROLLOUT_STARTED: rollout_begin(course, event); break;
    case EVENT_LIMITS_SET: course->concurrency = event->limits_set.limits.concurrency; break;
    case EVENT_JOB_LEASED: job_begin(course, event); break;
    case EVENT_TARGET_VALIDATED:
        mean_add(course, &course->inspections, event->target_validated.target, at_ms);
        break;
    case EVENT_CHECK_PASSED:
        mean_add(course, &course->checks, event->check_passed.target, at_ms);
        break;
    case EVENT_TARGET_DEPLOYED:
        target_of(course, event->target_deployed.target)->finished_ms = at_ms;
        break;
    case EVENT_WAVE_STARTED: wave_of(course, event->wave_started.wave)->started_ms = at_ms; break;
    case EVENT_WAVE_FINISHED:
        wave_of(course, event->wave_finished.wave)->finished_ms = at_ms;
        break;
    case EVENT_WAVE_AWAITED: course->awaited = true; break;
    case EVENT_ROLLOUT_PAUSED: course->paused = true; break;
    case EVENT_ROLLOUT_FINISHED:
        course->finished = true;
        course->finished_ms = at_ms;
        break;
    default: break;
    }
}

struct course_target course_target_of(const struct course *course, size_t target)
{
    return target < course->target_count ? course->targets[target] : (struct course_target){0};
}

struct course_wave course_wave_of(const struct course *course, size_t wave)
{
    return wave < course->wave_count ? course->waves[wave] : (struct course_wave){0};
}

uint64_t course_mean_ms(const struct course_mean *mean)
{
    return mean->count > 0 ? mean->sum_ms / mean->count : 0;
}

void course_free(struct course *course)
{
    free(course->targets);
    free(course->waves);
    *course = (struct course){0};
}
