/* Workers in order of their instance. */
#ifndef DROVER_FACTS_WORKER_H
#define DROVER_FACTS_WORKER_H

#include "coordinator/core/facts/state.h"

/* NULL: not known. */
const struct worker *worker_find(const struct core *core, uint64_t instance);

/* Where it stands among the workers, or would. */
uint32_t worker_position(const struct core *core, uint64_t instance);
bool worker_is_connected(const struct worker *worker);

/* How many more jobs it takes. */
uint32_t worker_room(const struct worker *worker);

#endif
