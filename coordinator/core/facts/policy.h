/* What a plan is named by besides its targets. */
#ifndef DROVER_FACTS_POLICY_H
#define DROVER_FACTS_POLICY_H

#include "common/base/arena.h"
#include "common/vocabulary/field.h"

struct core;
struct rollout;

/* One pair; the texts live until it returns. */
typedef void policy_pair(const char *key, const char *value, void *context);

/* Every pair, always in the same order. The waves that the gate adds (for what no written wave
 * takes) are not there before it opened. */
void policy_each(const struct rollout *rollout, policy_pair *pair, void *context);

/* Everything that the plan's digest covers besides its targets, as "key=value". */
struct texts core_plan_policy(const struct core *core, struct arena *arena);

#endif
