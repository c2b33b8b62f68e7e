/* Workers: they join, join again, change their credit, leave, and stay away. */
#ifndef DROVER_DECIDE_WORKERS_H
#define DROVER_DECIDE_WORKERS_H

#include "coordinator/core/decide/input.h"

struct step;

void step_worker_joined(struct step *step, const struct input *input);
void step_worker_credit(struct step *step, uint64_t instance, uint32_t credit);
void step_worker_left(struct step *step, uint64_t instance);

/* Takes jobs back from workers that were lost for too long. */
void workers_expire(struct step *step);

/* Takes back every job of one lost worker. `lost`: it may still have them in hand. */
void worker_jobs_release(struct step *step, uint64_t instance, bool lost);

#endif
