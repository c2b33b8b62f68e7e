/* Which targets a rollout may have changed. */
#include "coordinator/core/facts/rollback.h"

#include "coordinator/core/facts/rollout.h"

/* Whether the rollout may have changed the target. A deploy that was begun counts: what it left
 * behind is found out by the inspection. */
static bool target_was_touched(const struct rollout *rollout, const struct target *target)
{
    if (target->wave == 0 || target->path == NUMBER_NONE || rollout->digest[0] == '\0') {
        return false; /* without a plan the gate never opened */
    }
    const struct path *path = &rollout->paths[target->path];
    if (path->from == path->to || target->state == TARGET_UNCHANGED) {
        return false;
    }
    return target->state == TARGET_DEPLOYED || target->attempt > 0;
}

static bool anything_touched(const struct rollout *rollout)
{
    for (uint32_t i = 0; i < rollout->target_count; i++) {
        if (target_was_touched(rollout, &rollout->targets[i])) {
            return true;
        }
    }
    return false;
}

bool rollback_is_undone(const struct rollout *rollout)
{
    return rollout_is_rollback(rollout) && !rollout_is_active(rollout) &&
           rollout->digest[0] == '\0';
}

bool target_goes_back(const struct rollout *rollout, const struct target *target)
{
    return rollback_is_undone(rollout) ? target->path != NUMBER_NONE
                                       : target_was_touched(rollout, target);
}

bool rollback_has_targets(const struct rollout *rollout)
{
    return rollout->policy.request.purpose == PURPOSE_DEPLOY &&
           (rollback_is_undone(rollout) || anything_touched(rollout));
}

const struct rollout *rollback_wanted(const struct core *core)
{
    if (core->rollout.rollback_wanted) {
        return &core->rollout;
    }
    return core->kept.rollback_wanted ? &core->kept : NULL;
}
