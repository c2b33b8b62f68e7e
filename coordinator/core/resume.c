/* A coordinator takes over: what was leased in epochs before, and when to look again. */
#include "coordinator/core/core.h"

#include "coordinator/core/decide/advance.h"
#include "coordinator/core/decide/clock_set.h"
#include "coordinator/core/decide/emit.h"
#include "coordinator/core/decide/late_targets.h"
#include "coordinator/core/decide/step.h"
#include "coordinator/core/decide/throttle.h"
#include "coordinator/core/decide/workers.h"
#include "coordinator/core/facts/bounds.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/window.h"
#include "coordinator/core/fold/apply.h"
#include "coordinator/core/order/schedule.h"

void core_resume(struct core *core, const struct event_epoch_claimed *epoch, uint64_t at_ms,
                 struct core_output *output)
{
    struct step step = {core, core->schedule, fold_of(core), output, at_ms, epoch->claim};
    core->now_ms = at_ms;
    schedule_rebuild(core->schedule);
    clock_take_over(&step, &epoch->boot);
    emit(&step, (struct event){.type = EVENT_EPOCH_CLAIMED, .epoch_claimed = *epoch});
    if (epoch->alone) {
        while (core->worker_count > 0) {
            worker_jobs_release(&step, core->workers[0].instance, false);
        }
    }
    step_follow(&step);
    core->acted_ms = at_ms;
}

/* What was due at the last step and is still to be done waits for something else, which will be an
 * input: only what comes after it is a reason to wake up. */
static void wake_at(const struct core *core, uint64_t at_ms, uint64_t *deadline)
{
    if (at_ms > core->acted_ms && at_ms < *deadline) {
        *deadline = at_ms;
    }
}

/* Servers that are to be asked, and workers. */
static void outages_wake(const struct core *core, uint64_t *deadline)
{
    const struct servers *servers = &core->rollout.servers;
    for (uint32_t i = 0; servers->down > 0 && i < servers->count; i++) {
        wake_at(core, servers->items[i].asking_ms + CORE_TIMELINE_PATIENCE_MS, deadline);
        if (servers->items[i].down_ms != 0 && servers->items[i].job == 0) {
            wake_at(core, servers->items[i].ask.again_ms, deadline);
        }
    }
    for (uint32_t i = 0; i < servers->blind_count; i++) {
        const struct blindness *blind = &servers->blind[i];
        if (servers->items[blind->server].down_ms == 0 && blind->job == 0) {
            wake_at(core, blind->ask.again_ms, deadline);
        }
    }
}

uint64_t core_deadline_ms(const struct core *core)
{
    uint64_t deadline = UINT64_MAX;
    for (uint32_t i = 0; core->workers_lost > 0 && i < core->worker_count; i++) {
        if (core->workers[i].state == WORKER_LOST) {
            wake_at(core, core->workers[i].lost_ms + CORE_WORKER_GRACE_MS, &deadline);
        }
    }
    const struct rollout *rollout = &core->rollout;
    if (rollout_is_active(rollout) && windows_apply(rollout) && core->schedule->boundary_ms > 0) {
        wake_at(core, core->schedule->boundary_ms, &deadline);
    }
    for (uint32_t i = 0; rollout->waves_running > 0 && i < rollout->waves_started; i++) {
        if (rollout->waves[i].state == WAVE_SOAKING) {
            wake_at(core, rollout->waves[i].until_ms, &deadline);
        }
    }
    if (!rollout_is_running(rollout)) {
        return deadline;
    }
    wake_at(core, late_deadline_ms(rollout), &deadline);
    for (uint32_t i = 0; rollout->throttle_count > 0 && i < rollout->servers.identity_count; i++) {
        wake_at(core, throttle_due_ms(rollout, i), &deadline);
    }
    for (uint32_t i = 0; rollout->sources_open > 0 && i < rollout->source_count; i++) {
        if (rollout->sources[i].state == SOURCE_WAITING) {
            wake_at(core, rollout->sources[i].trial.not_before_ms, &deadline);
        }
    }
    wake_at(core, schedule_deadline_ms(core->schedule), &deadline);
    outages_wake(core, &deadline);
    return deadline;
}
