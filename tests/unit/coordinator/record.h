/* The journal of a world on disk, for what reads journals. */
#ifndef DROVER_TESTS_RECORD_H
#define DROVER_TESTS_RECORD_H

#include "coordinator/forecast/forecast.h"
#include "tests/unit/coordinator/peers.h"

struct world;

/* With the bench's loop; empty, its epoch is 1. */
struct record {
    struct journal *journal;
    size_t read;     /* bytes of the world's journal that stand in it */
    uint32_t losses; /* of the world's journal, until this one began */
    struct arena answers;
};
extern struct record record;

void record_init(void);
void record_fini(void);
void record_append(const struct event *events, size_t count);

/* Of all that is durable in the world now, in record.answers until the next. */
struct message_forecast record_forecast(const struct world *world);

#endif
