/* START: the whole fleet and policy become events. */
#ifndef DROVER_DECIDE_START_H
#define DROVER_DECIDE_START_H

#include "coordinator/core/decide/input.h"

struct step;

/* -1 with a sentence when it is refused: then nothing was emitted. */
int step_start(struct step *step, const struct core_start *start, struct error *error) MUST_CHECK;

#endif
