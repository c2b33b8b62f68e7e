/* Targets that fit no window: what they take is longer than any opening, or none ever comes. */
#ifndef DROVER_FORECAST_WINDOW_MISFITS_H
#define DROVER_FORECAST_WINDOW_MISFITS_H

#include "coordinator/forecast/window_openings.h"

/* Zeroed: none. In the arena of misfits_find. */
struct misfits {
    const bool *targets; /* by number, `known` of them */
    size_t known;
    uint32_t count;
};

/* Adds to those that are known already. Looks at the targets that are still to be deployed and
 * whose path is known. `durations` by path; NULL when they are not known: then only those are found
 * for which no opening comes. */
void misfits_find(struct misfits *misfits, const struct core *core, const struct openings *openings,
                  const uint64_t *durations, uint64_t at_ms, struct arena *arena);

bool misfits_has(const struct misfits *misfits, size_t target);

#endif
