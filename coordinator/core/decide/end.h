/* How a rollout ends. */
#ifndef DROVER_DECIDE_END_H
#define DROVER_DECIDE_END_H

#include "common/vocabulary/rollout.h"

struct step;

void rollout_finish(struct step *step, enum rollout_state state);

/* Asks for the end and tells workers to stop. */
void rollout_cancel(struct step *step, const char *actor, const char *reason);

#endif
