/* Why something waits, in words for people, and until when. Composed when it is asked for. */
#ifndef DROVER_VIEW_REASON_H
#define DROVER_VIEW_REASON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"

struct core;

struct core_reason {
    const char *text;  /* in the arena; "" when it does not wait */
    uint64_t until_ms; /* when it goes on by itself; 0: it does, or a person must say so */
    bool idle;         /* of a rollout: nothing runs, and nothing will before then */
};

/* Also why a rollout is paused or was cancelled. */
struct core_reason core_rollout_reason(const struct core *core, struct arena *arena);
struct core_reason core_wave_reason(const struct core *core, size_t wave, struct arena *arena);

/* Also why a target was skipped. */
struct core_reason core_target_reason(const struct core *core, size_t target, struct arena *arena);

#endif
