/* Leases: given, taken back. */
#ifndef DROVER_FOLD_APPLY_JOB_H
#define DROVER_FOLD_APPLY_JOB_H

#include "coordinator/core/facts/event.h"

struct core;

/* Ends a lease; its subject is moved by the caller. Dies if there is no such job. */
void job_end(struct core *core, uint64_t id, enum event_type event);

/* Ends it and puts its subject back in the queue. */
void job_requeue(struct core *core, uint64_t id, enum event_type event);

#endif
