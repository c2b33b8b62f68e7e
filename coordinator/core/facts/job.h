/* Leases in order of id. Those that have ended are gaps until gaps are the majority. */
#ifndef DROVER_FACTS_JOB_H
#define DROVER_FACTS_JOB_H

#include "coordinator/core/facts/state.h"

/* NULL: it has ended, or never was. */
const struct job *job_find(const struct core *core, uint64_t id);

/* Dies if it is not leased. */
const struct job *job_leased(const struct core *core, uint64_t id);

/* Which job a lease is for. */
struct job_key job_key_of(const struct job *job);

/* Whether that is the attempt that it was leased for. */
bool job_is_at(const struct job *job, const struct job_attempt *attempt);

/* The id is larger than all before; attempts count from 1. Borrowed until the next. */
const struct job *job_add(struct jobs *jobs, struct job job);
void job_remove(struct jobs *jobs, const struct job *job);

/* The first lease with an id of at least `id`, in order; NULL at the end. */
const struct job *job_next(const struct core *core, uint64_t id);

/* Whether its subject is a target. */
bool job_is_of_target(const struct job *job);

/* Whether what so many workers were lost at is given to one with nothing else in hand: whoever is lost
 * at it again was lost because of it. */
bool is_last_try(uint32_t losses);

#endif
