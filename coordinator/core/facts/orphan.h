/* Orphans: deploys of lost workers, whose sessions may still commit. Each is one until its worker
 * says how it ended, or its target is deployed. */
#ifndef DROVER_FACTS_ORPHAN_H
#define DROVER_FACTS_ORPHAN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buffer.h"

struct core;
struct job;

/* The position of the orphan that was this job, or NUMBER_NONE. */
uint32_t orphan_find(const struct core *core, uint64_t job, uint64_t claim);

/* Whether the job is a deploy that nobody can tell to stop: its worker is lost, for now or for good. */
bool job_is_loose(const struct core *core, const struct job *job);

/* How many of them there are. */
uint32_t jobs_loose(const struct core *core);

/* "worker w1, which is lost, may still commit on t1, t2 and 3 more"; nothing when nobody may. */
void orphans_append(const struct core *core, struct buffer *out);

#endif
