/* Targets that are left out. */
#ifndef DROVER_FOLD_APPLY_SKIP_H
#define DROVER_FOLD_APPLY_SKIP_H

#include <stdint.h>

struct rollout;

/* Nobody waits any more for the target to stop. */
void skip_end(struct rollout *rollout, uint32_t target);

#endif
