/* Timelines: a server that went on at another one, as after a failover to a standby that lagged, may have lost what
 * was committed before. */
#ifndef DROVER_DECIDE_TIMELINE_H
#define DROVER_DECIDE_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

struct step;

/* A worker saw the target's server at this timeline ("": it does not say). Is it a later one than before, what was
 * deployed there is looked at again. */
void timeline_heard(struct step *step, uint32_t target, const char *timeline);

/* Whether the target's server is at a later timeline meanwhile: what was done there may be lost. */
bool timeline_is_over(const struct step *step, uint32_t target, const char *timeline);

/* After a check: the target too, if it was deployed at an earlier timeline. */
void timeline_doubt(struct step *step, uint32_t target);

#endif
