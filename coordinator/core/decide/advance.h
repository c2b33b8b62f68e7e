/* Phase after phase, and all else that follows from an input. */
#ifndef DROVER_DECIDE_ADVANCE_H
#define DROVER_DECIDE_ADVANCE_H

struct step;

/* All that follows from any input, until nothing is left that could be done at this time. */
void step_follow(struct step *step);

#endif
