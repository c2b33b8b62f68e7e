/* Phase after phase: planning, validating, gate, waves, end. */
#include "coordinator/core/decide/advance.h"

#include "coordinator/core/decide/dispatch.h"
#include "coordinator/core/decide/emit.h"
#include "coordinator/core/decide/end.h"
#include "coordinator/core/decide/gate.h"
#include "coordinator/core/decide/late_targets.h"
#include "coordinator/core/decide/rollback.h"
#include "coordinator/core/decide/skip.h"
#include "coordinator/core/decide/step.h"
#include "coordinator/core/decide/waves.h"
#include "coordinator/core/decide/windows.h"
#include "coordinator/core/decide/workers.h"
#include "coordinator/core/facts/rollout.h"

static void planning_advance(struct step *step)
{
    const struct rollout *rollout = &step->core->rollout;
    if (rollout->sources_open > 0) {
        return;
    }
    bool plans = rollout->policy.request.purpose == PURPOSE_VALIDATE ||
                 rollout->policy.request.purpose == PURPOSE_DEPLOY;
    if (rollout->target_count == 0) {
        if (plans && rollout->sources_failed > 0) {
            gate_decide(step);
        } else {
            rollout_finish(step, ROLLOUT_FAILED);
        }
    } else if (rollout->policy.request.purpose == PURPOSE_LIST) {
        bool complete = rollout->sources_failed == 0 && rollout->counts[TARGET_REFUSED] == 0;
        rollout_finish(step, complete ? ROLLOUT_SUCCEEDED : ROLLOUT_FAILED);
    } else {
        emit(step,
             (struct event){.type = EVENT_VALIDATION_STARTED,
                            .validation_started = {.targets = rollout->counts[TARGET_ADDED]}});
    }
}

static void validating_advance(struct step *step)
{
    const struct rollout *rollout = &step->core->rollout;
    if (rollout_open_inspections(rollout) > 0) {
        return;
    }
    if (rollout->policy.request.purpose == PURPOSE_SURVEY) {
        bool complete = rollout->sources_failed == 0 && rollout->counts[TARGET_REFUSED] == 0;
        rollout_finish(step, complete ? ROLLOUT_SUCCEEDED : ROLLOUT_FAILED);
    } else {
        gate_decide(step);
    }
}

static void rollout_advance(struct step *step)
{
    const struct core *core = step->core;
    const struct rollout *rollout = &core->rollout;
    skips_advance(step);
    if (rollout->state == ROLLOUT_PLANNING) {
        planning_advance(step);
    }
    if (rollout->state == ROLLOUT_VALIDATING) {
        validating_advance(step);
        skips_advance(step); /* what the gate has given a wave */
    }
    if (rollout_phase(rollout) == ROLLOUT_GATE || rollout_phase(rollout) == ROLLOUT_DEPLOYING) {
        late_look(step);
        waves_advance(step);
    }
    if (rollout->state == ROLLOUT_CANCELLING && core->jobs.live == 0) {
        rollout_finish(step, ROLLOUT_CANCELLED);
    }
}

void step_follow(struct step *step)
{
    bool known;
    do {
        workers_expire(step);
        known = windows_advance(step);
        rollout_advance(step);
        jobs_dispatch(step);
        if (!known) {
            windows_schedule(step);
        }
    } while (!known || rollback_begin(step));
}
