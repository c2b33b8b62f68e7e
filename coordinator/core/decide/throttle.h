/* Throttle: probes tell how loaded a server is. */
#ifndef DROVER_DECIDE_THROTTLE_H
#define DROVER_DECIDE_THROTTLE_H

#include <stdint.h>

#include "common/vocabulary/field.h"

struct job;
struct rollout;
struct step;

/* When the server is to be probed; UINT64_MAX: not. */
uint64_t throttle_due_ms(const struct rollout *rollout, uint32_t identity);

/* What a probe says about its server. */
void probe_done(struct step *step, const struct job *job, struct texts values);
void probe_failed(struct step *step, const struct job *job, const char *message);

#endif
