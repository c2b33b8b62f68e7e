/* What is kept of a rollout when the next one begins. */
#ifndef DROVER_FACTS_SUMMARY_H
#define DROVER_FACTS_SUMMARY_H

#include <stdint.h>

#include "common/vocabulary/rollout.h"

struct core_counts {
    uint32_t targets;
    uint32_t validated;
    uint32_t refused;
    uint32_t unchanged;
    uint32_t pending;
    uint32_t running;
    uint32_t waiting;
    uint32_t deployed;
    uint32_t failed;
    uint32_t skipped;
};

struct core_summary {
    const char *rollout;
    const char *verb; /* "upgrade", "downgrade", "rollback", "validate", "survey", "list" */
    const char *spec;
    enum rollout_state state;
    const char *actor;
    uint64_t started_ms;
    uint64_t finished_ms;
    struct core_counts counts;
};

#endif
