/* Timelines: a server that went on at another one, as after a failover to a standby that lagged, may have lost what
 * was committed before. */
#ifndef DROVER_DECIDE_TIMELINE_H
#define DROVER_DECIDE_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

struct failure;
struct step;
struct wave;

/* A worker saw the target's server at this timeline ("": it does not say). Is it a later one than before, what was
 * deployed there is looked at again. */
void timeline_heard(struct step *step, uint32_t target, const char *timeline);

/* Whether the target's server is at a later timeline meanwhile: what was done there may be lost. */
bool timeline_is_over(const struct step *step, uint32_t target, const char *timeline);

/* After a check: the target too, if it was deployed at an earlier timeline. */
void timeline_doubt(struct step *step, uint32_t target);

/* Before a wave, or all, is over: a server of its targets that deployed some and was not heard from for a while is
 * asked, through one of them. Whether no answer is waited for; while paused none is asked, and waited for all the
 * same. A wave does not wait long for a server that is down: it says so, and the answer is waited for at the
 * end. */
bool wave_timelines_known(struct step *step, const struct wave *wave);
bool rollout_timelines_known(struct step *step);

/* Whether the target's check is such a question; whether that of one of the wave's targets is. */
bool timeline_is_asked(const struct step *step, uint32_t target);
bool wave_timelines_asked(const struct step *step, const struct wave *wave);

/* It has no answer, after `job` or (0) waiting: the rollout goes on, and says so. */
void timeline_unsure(struct step *step, uint64_t job, uint32_t target,
                     const struct failure *failure);

#endif
