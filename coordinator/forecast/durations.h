/* How long deploys take: what was measured, by the steps of the path.
 *
 * A path that this rollout has deployed takes their mean; else the mean of the same steps in
 * earlier rollouts; else as long for each of its steps as the steps of others took.
 */
#ifndef DROVER_FORECAST_DURATIONS_H
#define DROVER_FORECAST_DURATIONS_H

#include "coordinator/core/core.h"

struct duration;

/* Zeroed: empty. */
struct durations {
    struct duration *earlier; /* of rollouts before, by steps */
    struct arena arena;
    uint64_t step_sum_ms; /* of all deploys of theirs, and for how many steps */
    uint64_t step_count;
    uint32_t count; /* deploys */
};

/* Adds the paths of the core's rollout, which is over and about to be forgotten. */
void durations_take(struct durations *durations, const struct core *core);

/* What durations rest on. */
struct durations_basis {
    uint32_t measured; /* deploys */
    bool earlier;      /* of earlier rollouts, for some path */
    bool guessed;      /* from the steps of other paths, for some path */
};

/* What a deploy along each path of the core's rollout takes, in `arena`; NULL when nothing was ever
 * measured that would tell. */
const uint64_t *durations_of_paths(const struct durations *durations, const struct core *core,
                                   struct arena *arena, struct durations_basis *basis);

void durations_free(struct durations *durations);

#endif
