/* The clock was set, or a coordinator takes over whose clock is behind the journal. */
#ifndef DROVER_DECIDE_CLOCK_SET_H
#define DROVER_DECIDE_CLOCK_SET_H

#include <stdint.h>

struct step;

/* It is step->at_ms; it would be `was_ms`, had nobody set the clock. */
void step_clock_set(struct step *step, uint64_t was_ms);

/* In the first step of an epoch: the last event may be of a later time. Then what waits goes on with what was left
 * of its wait at that event. */
void clock_take_over(struct step *step);

#endif
