/* Which running jobs must stop. */
#ifndef DROVER_DECIDE_STOP_H
#define DROVER_DECIDE_STOP_H

#include <stdbool.h>
#include <stdint.h>

struct core;
struct job;
struct step;

/* Whether the job's worker is to be told to stop it. */
bool job_must_stop(const struct core *core, const struct job *job, uint64_t at_ms);

/* Tells the workers of all of which that became true. */
void jobs_stop(struct step *step);

#endif
