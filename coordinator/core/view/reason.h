/* Why something waits, in words for people, and until when. Composed when it is asked for. */
#ifndef DROVER_VIEW_REASON_H
#define DROVER_VIEW_REASON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/vocabulary/record.h"

struct core;

/* Also why a rollout is paused or was cancelled. */
struct wait core_rollout_reason(const struct core *core, struct arena *arena);
struct wait core_wave_reason(const struct core *core, size_t wave, struct arena *arena);

/* Also why a target was skipped. */
struct wait core_target_reason(const struct core *core, size_t target, struct arena *arena);

#endif
