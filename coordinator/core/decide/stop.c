/* Which running jobs must stop, and the windows whose time has come. */
#include "coordinator/core/decide/step.h"
#include "coordinator/core/facts/scope.h"
#include "coordinator/core/facts/window.h"

/* Its window has closed, and what runs may not finish. That it may no
 * longer be started is no reason. */
static bool target_is_outside(const struct rollout *rollout, const struct target *target,
                              uint64_t at_ms)
{
    return target->windows != 0 && windows_apply(rollout) &&
           windows_open_until(rollout, target->windows, at_ms) == 0 &&
           !windows_overrun(rollout, target->windows);
}

bool job_must_stop(const struct core *core, const struct job *job, uint64_t at_ms)
{
    const struct rollout *rollout = &core->rollout;
    if (rollout->state == ROLLOUT_CANCELLING) {
        return true;
    }
    if (job->kind == JOB_PROBE) {
        return false;
    }
    if (rollout->state == ROLLOUT_PAUSED && rollout->paused_now) {
        return true;
    }
    if (job->kind == JOB_DISCOVER) {
        return false;
    }
    return target_hold(core, job->subject, true) != NULL ||
           (job->kind == JOB_DEPLOY &&
            target_is_outside(rollout, &rollout->targets[job->subject], at_ms));
}

void jobs_stop(struct step *step)
{
    const struct core *core = step->core;
    for (struct job *job = job_next(core, 0); job != NULL; job = job_next(core, job->id + 1)) {
        const struct worker *worker = worker_find(core, job->worker);
        if (!job->stopping && worker != NULL && worker_is_connected(worker) &&
            job_must_stop(core, job, step->at_ms)) {
            cancel_job(step, job->worker, job->id, job->epoch);
            job->stopping = true;
        }
    }
}

static bool windows_are_known(const struct rollout *rollout, uint64_t at_ms)
{
    for (uint32_t i = 0; i < rollout->window_count; i++) {
        if (rollout->windows[i].closes_ms <= at_ms) {
            return false;
        }
    }
    return true;
}

bool windows_advance(struct step *step)
{
    struct core *core = step->core;
    const struct rollout *rollout = &core->rollout;
    if (!rollout_is_active(rollout) || !windows_apply(rollout) ||
        step->at_ms < core->schedule.boundary_ms) {
        return true;
    }
    if (!windows_are_known(rollout, step->at_ms)) {
        return false;
    }
    core->schedule.boundary_ms = windows_boundary_ms(rollout, step->at_ms);
    schedule_unpark(core);
    jobs_stop(step);
    return true;
}

void windows_schedule(struct step *step)
{
    const struct rollout *rollout = &step->core->rollout;
    const struct core_ports *ports = &step->core->ports;
    for (uint32_t i = 0; i < rollout->window_count; i++) {
        struct event_window_scheduled opening = {
            .window = i, .opens_ms = UINT64_MAX, .closes_ms = UINT64_MAX};
        if (rollout->windows[i].closes_ms > step->at_ms) {
            continue;
        }
        if (ports->opening != NULL) {
            ports->opening(ports->context, i, step->at_ms, &opening.opens_ms, &opening.closes_ms);
        }
        emit(step, (struct event){.type = EVENT_WINDOW_SCHEDULED, .window_scheduled = opening});
    }
}
