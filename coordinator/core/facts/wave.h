/* Questions about one wave. */
#ifndef DROVER_FACTS_WAVE_H
#define DROVER_FACTS_WAVE_H

#include "coordinator/core/facts/state.h"

bool wave_is_active(const struct wave *wave); /* RUNNING, SOAKING or CHECKING */
uint32_t wave_open(const struct wave *wave);  /* targets that are not over */

/* How many of its targets may fail, and whether more did; never over if it has no budget. */
uint32_t wave_allowed_failures(const struct wave *wave);
bool wave_is_over_budget(const struct wave *wave);

/* All its targets are checked, and a check is not true on some. */
bool wave_checks_failed(const struct wave *wave);

/* Position of a target among those of its wave. Dies before the gate. */
uint32_t wave_position(const struct rollout *rollout, uint32_t target);

/* Whether the ramp of its wave lets it run. */
bool wave_allows(const struct rollout *rollout, uint32_t target);

/* Whether it is to be deployed yet. */
bool target_is_open(const struct target *target);

/* Whether its server is over a threshold, or not probed yet, and no person overrides that. */
bool target_is_throttled(const struct rollout *rollout, const struct target *target);

/* Whether its server keeps it from getting on, for nobody knows how long: it is down, or a probe
 * said that it is loaded and the target does not run yet. Not one that runs long, or waits after a failed
 * try: the tries are bounded, and how they end is what the step of a ramp is there to see. */
bool target_stands_still(const struct rollout *rollout, const struct target *target);

#endif
