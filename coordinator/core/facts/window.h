/* Windows: when a target may be deployed. Pure questions over the openings that are known.
 *
 * A target that no allow window selects may run whenever no deny window is active; deny beats
 * allow. A window whose next opening is not known yet counts as closed if it allows and as active
 * if it denies.
 */
#ifndef DROVER_FACTS_WINDOW_H
#define DROVER_FACTS_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

struct core;
struct rollout;

/* `windows`: one bit for each. When the time in which a target may run ends, if `at_ms` is in it;
 * UINT64_MAX: never; 0: it may not run now. */
uint64_t windows_open_until(const struct rollout *rollout, uint32_t windows, uint64_t at_ms);

/* When it may run next, as far as is known; `at_ms` when now, UINT64_MAX when not known. */
uint64_t windows_next_open(const struct rollout *rollout, uint32_t windows, uint64_t at_ms);

/* Whether what runs when they close may finish: all of them must say so. */
bool windows_overrun(const struct rollout *rollout, uint32_t windows);

/* When any of the rollout's windows opens or closes next; UINT64_MAX: never. */
uint64_t windows_boundary_ms(const struct rollout *rollout, uint64_t at_ms);

/* What a deploy along the path likely takes: twice the mean, at most the longest; for a path that
 * was not measured yet, the longest such time of those that were; 0: not known. */
uint64_t path_expected_ms(const struct rollout *rollout, uint32_t path);

/* Whether windows concern this rollout at all: deploys other than rollbacks, which undo harm. */
bool windows_apply(const struct rollout *rollout);

/* windows_open_until and the time that the target's path takes: whether to start it now. */
bool target_window_open(const struct core *core, uint32_t number, uint64_t at_ms);

/* Its window has closed, and what runs may not finish. That it may no longer be started is no reason. */
bool target_is_outside(const struct core *core, uint32_t number, uint64_t at_ms);

#endif
