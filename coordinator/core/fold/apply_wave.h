/* Waves: moved, and told of their targets. */
#ifndef DROVER_FOLD_APPLY_WAVE_H
#define DROVER_FOLD_APPLY_WAVE_H

#include "common/vocabulary/rollout.h"
#include "coordinator/core/facts/event.h"

struct core;
struct rollout;
struct wave;

/* Dies if its machine has no such row. */
void wave_move(struct core *core, struct wave *wave, enum event_type event, enum wave_state to);

/* One of its targets is open again: a wave that was over, or all but, runs on; one that has not begun waits as before. */
void wave_runs_on(struct core *core, struct wave *wave, const struct event *event);

/* A target of a wave is over, or open again; before or after it moves. */
void wave_target_over(struct rollout *rollout, uint32_t target);
void wave_target_reopened(struct rollout *rollout, uint32_t target);

/* Another digest: waves that have not begun must be approved again. */
void plan_rename(struct rollout *rollout, const char *digest);

#endif
