/* Which safeguards are out of force for what. */
#include "coordinator/core/facts/override.h"

#include <string.h>

#include "coordinator/core/facts/intern.h"
#include "coordinator/core/facts/scope.h"
#include "coordinator/core/facts/state.h"

bool target_windows_overridden(const struct core *core, uint32_t target)
{
    for (uint32_t i = 0; i < core->rollout.override_count; i++) {
        const struct override *override = &core->rollout.overrides[i];
        if (override->status.safeguard == SAFEGUARD_WINDOWS &&
            scope_matches(core, target, override->selector)) {
            return true;
        }
    }
    return false;
}

bool server_throttles_overridden(const struct rollout *rollout, uint32_t identity)
{
    for (uint32_t i = 0; i < rollout->override_count; i++) {
        const struct override *override = &rollout->overrides[i];
        if (override->status.safeguard == SAFEGUARD_THROTTLES &&
            (override->status.scope[0] == '\0' ||
             texts_hold(intern_set_texts(&rollout->intern, override->servers),
                        rollout->servers.loads[identity].identity))) {
            return true;
        }
    }
    return false;
}

uint32_t override_find(const struct rollout *rollout, const struct override_status *like)
{
    for (uint32_t i = 0; i < rollout->override_count; i++) {
        const struct override_status *status = &rollout->overrides[i].status;
        if (status->safeguard == like->safeguard &&
            (like->scope[0] == '\0' || strcmp(status->scope, like->scope) == 0)) {
            return i;
        }
    }
    return UINT32_MAX;
}
