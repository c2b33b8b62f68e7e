/* What a rollback of a rollout would take back. */
#ifndef DROVER_FACTS_ROLLBACK_H
#define DROVER_FACTS_ROLLBACK_H

#include "coordinator/core/facts/state.h"

/* Whether a rollback takes the target back: the rollout may have changed it. A deploy that was begun
 * counts: what it left behind is found out by the inspection. */
bool target_goes_back(const struct rollout *rollout, const struct target *target);

/* Whether a rollback of the rollout would have anything to do. */
bool rollback_has_targets(const struct rollout *rollout);

/* The rollout that `rollback` means: the one under way, else the newest that changed something and
 * is not taken back yet; never a rollback, for that would go forward. With `wanted`, an id or its
 * beginning, that one; of a rollback that did not end well the one that it was to take back. The
 * id is the core's; NULL: there is none. */
const char *rollback_choice(const struct core *core, const char *wanted);

/* The rollout that a rollback was asked for, or NULL. */
const struct rollout *rollback_wanted(const struct core *core);

#endif
