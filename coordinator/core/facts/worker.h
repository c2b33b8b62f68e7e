/* Workers in order of their instance. */
#ifndef DROVER_FACTS_WORKER_H
#define DROVER_FACTS_WORKER_H

#include "coordinator/core/facts/state.h"

/* NULL: not known. */
struct worker *worker_find(const struct core *core, uint64_t instance);

/* Dies if it is not known. */
struct worker *worker_known(const struct core *core, uint64_t instance);

/* One that is not known yet, in no state. `name` is copied. Borrowed until the next. */
struct worker *worker_add(struct core *core, uint64_t instance, const char *name);

/* Without a job in hand. */
void worker_remove(struct core *core, struct worker *worker);
bool worker_is_connected(const struct worker *worker);

#endif
