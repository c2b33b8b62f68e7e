/* One step: an input being decided. Parts emit events (which are applied at once) and commands. */
#ifndef DROVER_DECIDE_STEP_H
#define DROVER_DECIDE_STEP_H

#include "coordinator/core/decide/emit.h"
#include "coordinator/core/facts/state.h"
#include "coordinator/core/order/schedule.h"

struct fold;

struct step {
    const struct core *core;
    struct schedule *schedule; /* in which jobs are ordered */
    struct fold *fold;         /* what emit applies events through */
    struct core_output *output;
    uint64_t at_ms;
    uint64_t chance;
};

#endif
