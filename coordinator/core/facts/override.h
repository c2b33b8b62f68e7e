/* Overrides: safeguards of a rollout that a person put out of force, for all its targets or for a part. */
#ifndef DROVER_FACTS_OVERRIDE_H
#define DROVER_FACTS_OVERRIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/vocabulary/record.h"

struct core;
struct rollout;

/* Whether no window keeps the target from running. */
bool target_windows_overridden(const struct core *core, uint32_t target);

/* Whether no threshold and no lowered cap holds for the server; `identity` of the loads. */
bool server_throttles_overridden(const struct rollout *rollout, uint32_t identity);

/* The first override in force of the same safeguard with the same scope, or with any where `like` has none;
 * UINT32_MAX: none. */
uint32_t override_find(const struct rollout *rollout, const struct override_status *like);

#endif
