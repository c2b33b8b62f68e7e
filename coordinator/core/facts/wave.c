/* One wave: how far it is, whether it is within its budget, what its ramp allows. */
#include "coordinator/core/facts/wave.h"

#include "common/base/impossible.h"
#include "common/vocabulary/limits.h"
#include "coordinator/core/facts/override.h"

bool wave_is_active(const struct wave *wave)
{
    return wave->state == WAVE_RUNNING || wave->state == WAVE_SOAKING ||
           wave->state == WAVE_CHECKING;
}

uint32_t wave_open(const struct wave *wave)
{
    return wave->counts.targets - wave->counts.deployed - wave->counts.unchanged -
           wave->counts.failed - wave->counts.skipped;
}

uint32_t wave_allowed_failures(const struct wave *wave)
{
    return share_allowed(wave->definition.failures, wave->counts.targets - wave->counts.unchanged);
}

bool wave_is_over_budget(const struct wave *wave)
{
    uint64_t allowed = (uint64_t)wave_allowed_failures(wave) + wave->forgiven;
    return wave->definition.budget && wave->counts.failed > allowed;
}

bool wave_checks_failed(const struct wave *wave)
{
    return wave->state == WAVE_CHECKING && wave->unchecked == 0 && wave->bad > 0;
}

uint32_t wave_position(const struct rollout *rollout, uint32_t target)
{
    INVARIANT_THAT(rollout->wave_order != NULL, "a target has no place before the gate");
    const struct wave *wave = &rollout->waves[rollout->targets[target].wave - 1];
    const uint32_t *order = rollout->wave_order + wave->first;
    uint32_t low = 0;
    uint32_t high = wave->counts.targets;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (order[middle] < target) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    INVARIANT_THAT(low < wave->counts.targets && order[low] == target,
                   "target %u is not in wave %s", target, wave->definition.name);
    return low;
}

bool wave_allows(const struct rollout *rollout, uint32_t target)
{
    const struct wave *wave = &rollout->waves[rollout->targets[target].wave - 1];
    return wave->counts.allowed >= wave->counts.targets || rollout->targets[target].ahead ||
           wave_position(rollout, target) < wave->counts.allowed;
}

bool target_is_open(const struct target *target)
{
    return target->state == TARGET_PENDING || target->state == TARGET_RUNNING ||
           target->state == TARGET_WAITING;
}

bool target_is_throttled(const struct rollout *rollout, const struct target *target)
{
    return target->identity != NUMBER_NONE &&
           rollout->servers.loads[target->identity].verdict.over &&
           !server_throttles_overridden(rollout, target->identity);
}

bool target_stands_still(const struct rollout *rollout, const struct target *target)
{
    if (rollout->servers.items[target->server].down_ms != 0) {
        return true;
    }
    return target->state != TARGET_RUNNING && target_is_throttled(rollout, target) &&
           rollout->servers.loads[target->identity].probed_ms > 0;
}
