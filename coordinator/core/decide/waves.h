/* Waves: one after the other, as long as the budgets of failures are kept. */
#ifndef DROVER_DECIDE_WAVES_H
#define DROVER_DECIDE_WAVES_H

struct step;

/* Budgets, waves, end. */
void waves_advance(struct step *step);

/* Waves whose checks were not true are checked again. */
void checks_repeat(struct step *step);

#endif
