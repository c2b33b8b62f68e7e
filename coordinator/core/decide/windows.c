/* The windows whose time has come, and the openings that are asked for. */
#include "coordinator/core/decide/windows.h"

#include "coordinator/core/decide/emit.h"
#include "coordinator/core/decide/step.h"
#include "coordinator/core/decide/stop.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/window.h"
#include "coordinator/core/order/schedule.h"

static bool windows_are_known(const struct rollout *rollout, uint64_t at_ms)
{
    for (uint32_t i = 0; i < rollout->window_count; i++) {
        if (rollout->windows[i].opening.closes_ms <= at_ms) {
            return false;
        }
    }
    return true;
}

bool windows_advance(struct step *step)
{
    const struct core *core = step->core;
    const struct rollout *rollout = &core->rollout;
    if (!rollout_is_active(rollout) || !windows_apply(rollout) ||
        step->at_ms < step->schedule->boundary_ms) {
        return true;
    }
    if (!windows_are_known(rollout, step->at_ms)) {
        return false;
    }
    step->schedule->boundary_ms = windows_boundary_ms(rollout, step->at_ms);
    schedule_unpark(step->schedule);
    jobs_stop(step);
    return true;
}

void windows_schedule(struct step *step)
{
    const struct rollout *rollout = &step->core->rollout;
    const struct core_ports *ports = &step->core->ports;
    for (uint32_t i = 0; i < rollout->window_count; i++) {
        struct opening_times opening = {UINT64_MAX, UINT64_MAX};
        if (rollout->windows[i].opening.closes_ms > step->at_ms) {
            continue;
        }
        if (ports->opening != NULL) {
            ports->opening(ports->context, i, step->at_ms, &opening.opens_ms, &opening.closes_ms);
        }
        emit(step,
             (struct event){.type = EVENT_WINDOW_SCHEDULED, .window_scheduled = {i, opening}});
    }
}
