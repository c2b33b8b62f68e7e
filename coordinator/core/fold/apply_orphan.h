/* Orphans: deploys whose worker was lost (facts/orphan.h). */
#ifndef DROVER_FOLD_APPLY_ORPHAN_H
#define DROVER_FOLD_APPLY_ORPHAN_H

#include <stdint.h>

struct core;
struct job;
struct rollout;

/* The job is given up; it and its worker are still known. */
void orphan_add(struct core *core, const struct job *job);

/* The target is deployed: whoever else was at it cannot commit any more. */
void orphans_end(struct rollout *rollout, uint32_t target);

#endif
