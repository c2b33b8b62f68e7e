/* Which targets a rollout may have changed. */
#include "coordinator/core/facts/rollback.h"

#include <string.h>

#include "coordinator/core/facts/rollout.h"

bool target_goes_back(const struct rollout *rollout, const struct target *target)
{
    if (target->wave == 0 || target->path == NUMBER_NONE || rollout->digest[0] == '\0') {
        return false; /* without a plan the gate never opened */
    }
    const struct path *path = &rollout->paths[target->path];
    if (path->from == path->to || target->state == TARGET_UNCHANGED) {
        return false;
    }
    return target->state == TARGET_DEPLOYED || target->trial.attempt > 0;
}

bool rollback_has_targets(const struct rollout *rollout)
{
    bool touched = false;
    for (uint32_t i = 0; !touched && i < rollout->target_count; i++) {
        touched = target_goes_back(rollout, &rollout->targets[i]);
    }
    return touched && rollout->policy.request.purpose == PURPOSE_DEPLOY;
}

static bool is_taken_back(const struct core *core, const char *id)
{
    bool taken = false;
    for (uint32_t i = 0; i < core->summary_count; i++) {
        const struct rollout_summary *summary = &core->summaries[i];
        taken = taken ||
                (summary->status.state == ROLLOUT_SUCCEEDED && strcmp(summary->reverts, id) == 0);
    }
    return taken;
}

static const char *newest_to_take_back(const struct core *core)
{
    for (uint32_t i = core->summary_count; i > 0; i--) {
        const struct rollout_summary *summary = &core->summaries[i - 1];
        if (summary->changed && summary->reverts[0] == '\0' &&
            !is_taken_back(core, summary->status.rollout)) {
            return summary->status.rollout;
        }
    }
    return NULL;
}

const char *rollback_choice(const struct core *core, const char *wanted)
{
    const struct rollout *current = &core->rollout;
    size_t length = strlen(wanted);
    if (rollout_is_active(current) && strncmp(current->policy.rollout, wanted, length) == 0) {
        return current->policy.rollout;
    }
    if (length == 0) {
        return newest_to_take_back(core);
    }
    for (uint32_t i = core->summary_count; i > 0; i--) {
        const struct rollout_summary *summary = &core->summaries[i - 1];
        if (strncmp(summary->status.rollout, wanted, length) == 0) {
            bool again = summary->reverts[0] != '\0' && summary->status.state != ROLLOUT_SUCCEEDED;
            return again ? summary->reverts : summary->status.rollout;
        }
    }
    return NULL;
}

const struct rollout *rollback_wanted(const struct core *core)
{
    if (core->rollout.rollback_wanted) {
        return &core->rollout;
    }
    return core->kept.rollback_wanted ? &core->kept : NULL;
}
