/* What a plan is named by besides its targets. */
#ifndef DROVER_FACTS_POLICY_H
#define DROVER_FACTS_POLICY_H

#include "coordinator/core/facts/state.h"

/* One pair; the texts live until it returns. */
typedef void policy_pair(const char *key, const char *value, void *context);

/* Every pair, always in the same order. The waves that the gate adds (for what no written wave
 * takes) are not there before it opened. */
void policy_each(const struct rollout *rollout, policy_pair *pair, void *context);

#endif
