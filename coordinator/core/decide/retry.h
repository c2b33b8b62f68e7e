/* Which failures pass by themselves, and how long to wait for it. Pure. */
#ifndef DROVER_DECIDE_RETRY_H
#define DROVER_DECIDE_RETRY_H

#include "common/vocabulary/limits.h"
#include "common/vocabulary/message.h"

/* Whether to try again after the `tries`-th failure (from 1), and after how long. */
bool retry_wanted(const struct limits *limits, enum job_kind kind, const struct failure *failure,
                  uint32_t tries, uint64_t chance, uint64_t *delay_ms);

/* Twice as long after each try, from `min` to `max`, the upper half of it by chance. */
uint64_t backoff_ms(uint64_t min, uint64_t max, uint32_t tries, uint64_t chance);

#endif
