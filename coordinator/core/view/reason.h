/* Why something waits, in words for people, and until when. */
#ifndef DROVER_VIEW_REASON_H
#define DROVER_VIEW_REASON_H

#include "coordinator/core/facts/state.h"

/* `until_ms`: when it goes on by itself; 0: it does, or a person must say so. Texts are valid until
 * the next call. */
const char *wave_reason(const struct core *core, uint32_t wave, uint64_t *until_ms);
const char *target_reason(const struct core *core, uint32_t target, uint64_t at_ms,
                          uint64_t *until_ms);
/* `idle`: nothing runs and nothing will before then. */
const char *rollout_reason(const struct core *core, uint64_t at_ms, uint64_t *until_ms, bool *idle);

#endif
