/* A coordinator takes over: what was leased in epochs before, and when to look again. */
#include "coordinator/core/step.h"
#include "coordinator/core/window.h"

void core_resume(struct core *core, uint64_t epoch, bool alone, uint64_t at_ms, uint64_t chance,
                 struct core_output *output)
{
    struct step step = {core, output, at_ms, chance};
    core->now_ms = at_ms;
    schedule_rebuild(core);
    emit(&step, (struct event){.type = EVENT_EPOCH_CLAIMED,
                               .epoch_claimed = {.epoch = epoch, .alone = alone}});
    if (alone) {
        while (core->worker_count > 0) {
            worker_jobs_release(&step, core->workers[0].instance);
        }
    }
    windows_advance(&step);
    rollout_advance(&step);
    jobs_dispatch(&step);
}

static uint64_t earlier(uint64_t left, uint64_t right)
{
    return left < right ? left : right;
}

uint64_t core_deadline_ms(const struct core *core)
{
    uint64_t deadline = UINT64_MAX;
    for (uint32_t i = 0; core->workers_lost > 0 && i < core->worker_count; i++) {
        if (core->workers[i].state == WORKER_LOST) {
            deadline = earlier(deadline, core->workers[i].lost_ms + CORE_WORKER_GRACE_MS);
        }
    }
    const struct rollout *rollout = &core->rollout;
    if (rollout_is_active(rollout) && windows_apply(rollout) && core->schedule.boundary_ms > 0) {
        deadline = earlier(deadline, core->schedule.boundary_ms);
    }
    for (uint32_t i = 0; rollout->waves_running > 0 && i < rollout->waves_started; i++) {
        if (rollout->waves[i].state == WAVE_SOAKING) {
            deadline = earlier(deadline, rollout->waves[i].until_ms);
        }
    }
    if (!rollout_is_running(rollout)) {
        return deadline;
    }
    deadline = earlier(deadline, late_deadline_ms(rollout));
    deadline = earlier(deadline, throttle_deadline_ms(rollout));
    for (uint32_t i = 0; rollout->sources_open > 0 && i < rollout->source_count; i++) {
        if (rollout->sources[i].state == SOURCE_WAITING) {
            deadline = earlier(deadline, rollout->sources[i].not_before_ms);
        }
    }
    return earlier(deadline, schedule_deadline_ms(core));
}
