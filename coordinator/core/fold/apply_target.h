/* Targets: moved, counted and put in line. */
#ifndef DROVER_FOLD_APPLY_TARGET_H
#define DROVER_FOLD_APPLY_TARGET_H

#include "common/vocabulary/rollout.h"
#include "coordinator/core/facts/event.h"

struct core;
struct rollout;

/* Dies if its machine has no such row. */
void target_move(struct core *core, uint32_t target, enum event_type event, enum target_state to);

/* Somebody asked for it: nothing of the attempts so far counts, its server is asked again. */
void target_begin_anew(struct rollout *rollout, uint32_t target, uint64_t at_ms);

#endif
