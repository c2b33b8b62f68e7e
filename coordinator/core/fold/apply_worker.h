/* Workers: moved, and forgotten when they are gone. */
#ifndef DROVER_FOLD_APPLY_WORKER_H
#define DROVER_FOLD_APPLY_WORKER_H

#include "common/vocabulary/rollout.h"
#include "coordinator/core/facts/event.h"

struct core;
struct worker;

/* Dies if its machine has no such row. */
void worker_move(struct core *core, struct worker *worker, enum event_type event,
                 enum worker_state to);

#endif
