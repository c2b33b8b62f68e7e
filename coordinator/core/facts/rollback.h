/* What a rollback of a rollout would take back. */
#ifndef DROVER_FACTS_ROLLBACK_H
#define DROVER_FACTS_ROLLBACK_H

#include "coordinator/core/facts/state.h"

/* Whether a rollback takes the target back: for one that has taken back nothing itself, those that
 * it was to take back. */
bool target_goes_back(const struct rollout *rollout, const struct target *target);

/* Whether a rollback of the rollout would have anything to do. */
bool rollback_has_targets(const struct rollout *rollout);

/* A rollback that its gate refused, or that was cancelled before, has taken nothing back. Asked for
 * again it is the same once more, not the way back from it. */
bool rollback_is_undone(const struct rollout *rollout);

/* The rollout that a rollback was asked for, or NULL. */
const struct rollout *rollback_wanted(const struct core *core);

#endif
