/* What arrives at the core. */
#ifndef DROVER_DECIDE_INPUT_H
#define DROVER_DECIDE_INPUT_H

#include "common/vocabulary/limits.h"
#include "common/vocabulary/message.h"
#include "coordinator/core/facts/bounds.h"
#include "coordinator/core/facts/event.h"

/* Everything a rollout needs to know; copied into events. */
struct core_start {
    struct event_rollout_started policy; /* its id is drawn by the shell: unique, sorts by time */
    struct fleet_definition fleet;       /* of its windows at most CORE_WINDOWS_MAX */
};

#define INPUT_LIST(X)                                                                              \
    X(TICK, tick)                                                                                  \
    X(START, start)                                                                                \
    X(CONTROL, control)                                                                            \
    X(WORKER_JOINED, worker_joined)                                                                \
    X(WORKER_CREDIT, worker_credit)                                                                \
    X(WORKER_LEFT, worker_left)                                                                    \
    X(RESULT, result)                                                                              \
    X(CLOCK_SET, clock_set)                                                                        \
    X(CONFIGURATION_READ, configuration_read)

enum input_type {
#define INPUT_ENUM(NAME, name) INPUT_##NAME,
    INPUT_LIST(INPUT_ENUM)
#undef INPUT_ENUM
};

struct input {
    enum input_type type;
    uint64_t at_ms;  /* Unix time; steps in CLOCK_SET only (the shell sees to it) */
    uint64_t chance; /* a random word, for jitter */
    union {
        struct core_start start;
        struct message_control control;
        struct {
            struct event_worker_joined worker;
            const struct job_attempt *running; /* what it still has in hand */
            size_t running_count;
        } worker_joined;
        struct {
            uint64_t instance;
            uint32_t credit;
        } worker_credit;
        struct {
            uint64_t instance;
        } worker_left;
        struct {
            uint64_t worker; /* instance */
            struct message_result message;
        } result;
        struct {
            uint64_t was_ms; /* what would be the time, had nobody set the clock */
        } clock_set;
        struct event_configuration_read configuration_read;
    };
};

#endif
