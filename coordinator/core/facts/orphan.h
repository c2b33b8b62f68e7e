/* Orphans: deploys of lost workers, whose sessions may still commit. Each is one until its worker
 * says how it ended, or its target is deployed. */
#ifndef DROVER_FACTS_ORPHAN_H
#define DROVER_FACTS_ORPHAN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/vocabulary/record.h"

struct core;

/* The position of the orphan that was this job, or NUMBER_NONE. */
uint32_t orphan_find(const struct core *core, struct job_key key);

/* How many jobs are deploys that nobody can tell to stop: their worker is lost, for now or for good. */
uint32_t jobs_loose(const struct core *core);

/* Whether a lost worker may still commit on this target. */
bool orphans_have(const struct core *core, uint32_t target);

/* Deploys of lost workers, those whose lease lasts yet first. In `arena`; texts are the core's. */
struct orphan_status_list orphans_status(const struct core *core, struct arena *arena);

/* "worker w1, which is lost, may still commit on t1, t2 and 3 more" of them, in `arena`; "" when nobody
 * may. */
const char *orphans_sentence(const struct core *core, struct arena *arena);

#endif
