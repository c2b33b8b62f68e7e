/* What workers do about jobs. */
#ifndef DROVER_TESTS_WORLD_WORK_H
#define DROVER_TESTS_WORLD_WORK_H

#include "tests/lib/world/letter.h"
#include "worker/link/ledger.h"

struct world;

enum phase { PHASE_CONNECT, PHASE_LOOK, PHASE_OPEN, PHASE_POLL, PHASE_SCRIPT, PHASE_COMMIT };

/* A job in a worker's hand. */
struct work {
    struct ledger_entry entry;
    uint32_t slot;
    uint32_t generation; /* of the slot: tells late news from fresh */
    uint32_t agent;
    enum job_kind kind;
    uint32_t subject;
    uint32_t route;
    uint32_t stamp;
    uint32_t rollout;
    uint32_t losses;
    enum phase phase;
    size_t first; /* segment in hand */
    size_t end;
    uint32_t locations;
    uint64_t busy_since_ms;
    uint32_t transaction; /* slot, or NONE */
    bool cancelled;
    uint64_t started_ms;
    struct outcome outcome;
};

struct work *work_make(struct world *world, const struct letter *job);
void work_free(struct world *world, struct work *work);
struct work *work_of(struct ledger_entry *entry);
void work_begin(struct world *world, struct work *work);
void work_step(struct world *world, uint32_t slot, uint32_t generation);
void work_stop(struct world *world, struct work *work);
void work_committed(struct world *world, struct work *work);
/* Its connection to the server is gone. */
void work_lost(struct world *world, struct work *work);

#endif
