/* What stands in a rollout's way now, so that nobody can say when it ends; and how many tries fail. */
#ifndef DROVER_FORECAST_OBSTACLES_H
#define DROVER_FORECAST_OBSTACLES_H

#include "coordinator/forecast/replica.h"

/* A clause that names the first of them, in `arena`; "": none. `durations` by path, or NULL. Before the replica is
 * run ahead. */
const char *obstacles_tell(const struct replica *replica, const uint64_t *durations,
                           uint64_t now_ms, struct arena *arena);

/* Attempts to deploy so far, and those of them that failed. */
struct tries {
    uint32_t made;
    uint32_t failed;
};

struct tries tries_count(const struct core *core);

/* `durations` with the tries that will fail as those before did; themselves when none has failed, or none was good. */
const uint64_t *tries_scale(struct tries tries, const uint64_t *durations, size_t count,
                            struct arena *arena);

#endif
