/* The clock was set, or a coordinator takes over whose clock says another time than the journal's. */
#ifndef DROVER_DECIDE_CLOCK_SET_H
#define DROVER_DECIDE_CLOCK_SET_H

#include <stdint.h>

struct boot;
struct step;

/* It is step->at_ms; it would be `was_ms`, had nobody set the clock. */
void step_clock_set(struct step *step, uint64_t was_ms);

/* In the first step of an epoch. Since the same boot of the machine it is known how much time has
 * passed, whatever the clock says. Else the last event may be of a later time: then what waits goes on with what was
 * left of its wait at that event. */
void clock_take_over(struct step *step, const struct boot *boot);

#endif
