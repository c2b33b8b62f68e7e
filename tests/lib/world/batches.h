/* The journal: events as they are encoded. */
#ifndef DROVER_TESTS_WORLD_BATCHES_H
#define DROVER_TESTS_WORLD_BATCHES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buffer.h"

struct core;
struct core_output;
struct world;

struct journal_mark {
    size_t length; /* of the payloads */
    uint64_t count;
    uint64_t epoch;
    int64_t set_ms; /* of the clock that its events were written by */
};

struct journal_batches {
    struct buffer payloads; /* encoded events, each after its length (uint32_t) */
    uint64_t count;
    uint64_t epoch;             /* the last that was claimed */
    uint32_t losses;            /* how often it was lost, or restored from a copy */
    struct journal_mark *marks; /* after each batch: what a copy of it would hold */
    uint32_t mark_count;
    uint32_t mark_capacity;
};

/* What the core has decided becomes durable. */
void batches_write(struct world *world, const struct core_output *output);
/* Into `core`; when it is `watched`, the checks fold the events too. With `until`, as far as the end of that
 * rollout; else NULL. */
void batches_replay(struct world *world, struct core *core, bool watched, const char *until);
/* While nobody has it open: it is gone, or an older copy of it stands there. */
void batches_lose(struct world *world);
void batches_free(struct journal_batches *journal);

#endif
