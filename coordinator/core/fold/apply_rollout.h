/* A rollout begins, is steered, ends. */
#ifndef DROVER_FOLD_APPLY_ROLLOUT_H
#define DROVER_FOLD_APPLY_ROLLOUT_H

#include "common/vocabulary/rollout.h"
#include "coordinator/core/facts/event.h"

struct core;

/* Dies if its machine has no such row. */
void rollout_move(struct core *core, enum event_type event, enum rollout_state to);

#endif
