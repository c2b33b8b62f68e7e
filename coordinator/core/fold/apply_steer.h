/* What keeps targets from running. */
#ifndef DROVER_FOLD_APPLY_STEER_H
#define DROVER_FOLD_APPLY_STEER_H

#include "common/vocabulary/field.h"
#include "coordinator/core/facts/event.h"

struct rollout;
struct target;

/* One bit for each window that selects a target with these labels. */
uint32_t windows_of(const struct rollout *rollout, struct texts labels);

/* Counts a failure for good towards the brake. */
void brake_count(struct rollout *rollout, const struct target *target,
                 const struct event_target_failed *failed);

#endif
