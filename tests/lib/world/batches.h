/* The journal: events as they are encoded. */
#ifndef DROVER_TESTS_WORLD_BATCHES_H
#define DROVER_TESTS_WORLD_BATCHES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buffer.h"

struct core;
struct core_output;
struct world;

struct journal_batches {
    struct buffer payloads; /* encoded events, each after its length (uint32_t) */
    uint64_t count;
};

/* What the core has decided becomes durable. */
void batches_write(struct world *world, const struct core_output *output);
/* Into `core`; when it is `watched`, the checks fold the events too. With `until`, as far as the end of that
 * rollout; else NULL. */
void batches_replay(struct world *world, struct core *core, bool watched, const char *until);
void batches_free(struct journal_batches *journal);

#endif
