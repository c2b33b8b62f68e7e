/* The shell around the core: inbox, step, append, release; death, replay. */
#ifndef DROVER_TESTS_WORLD_COORDINATOR_H
#define DROVER_TESTS_WORLD_COORDINATOR_H

#include "coordinator/core/core.h"
#include "tests/lib/world/letter.h"
#include "tests/lib/world/operator.h"

struct world;

enum item_kind {
    ITEM_LETTER,
    ITEM_LEFT,
    ITEM_TICK,
    ITEM_CONTROL,
    ITEM_START,
};

struct item {
    enum item_kind kind;
    uint64_t instance;
    struct letter letter; /* owns running */
    struct verb verb;
};

struct coordinator {
    bool up;
    bool alone;    /* no worker outlives it */
    uint32_t life; /* grows with each start: tells old messages and appends from new */
    uint64_t epoch;
    struct core *core;
    struct core *recalled; /* with an earlier rollout, or NULL */
    struct core_output output;
    size_t checked; /* events of it that were */
    struct item *inbox;
    size_t inbox_count;
    size_t inbox_capacity;
    bool appending;
    bool ambiguous; /* the append in flight is durable although it will be reported as failed */
    bool fails;
    int64_t set_ms;       /* by how much its clock is ahead of the time that passes */
    uint64_t deadline_ms; /* a tick is planned for then; UINT64_MAX: none */
    uint32_t *sessions;   /* by agent: connection, 0 for none */
    uint64_t *session_instances;
};

/* What its clock says: the system's as it was when it looked last, and the time that passed. */
uint64_t coordinator_clock_ms(const struct world *world);
/* The opening of a window that is now or next, by a clock. */
void coordinator_opening(const struct world *world, uint32_t window, uint64_t at_ms,
                         uint64_t *opens_ms, uint64_t *closes_ms);
void coordinator_begin(struct world *world);
void coordinator_die(struct world *world, const char *why);
/* Its process is gone; nobody has noticed yet. */
void coordinator_end(struct world *world);
/* Writes what the core has decided; releases it when it is durable. */
void coordinator_append(struct world *world);
void coordinator_push(struct world *world, const struct item *item);
void coordinator_turn(struct world *world);
void coordinator_append_done(struct world *world, uint32_t life);
void coordinator_tick(struct world *world, uint32_t life);
void coordinator_free(struct world *world);
/* Puts what the core has decided to the checks. */
void coordinator_check(struct world *world);
/* The journal, replayed into a new core, with what is not durable yet, prints the live state. */
void coordinator_replay_check(struct world *world);

#endif
