/* Events with random content, derived from events.def, and their comparison. */
#ifndef DROVER_TESTS_EVENT_RANDOM_H
#define DROVER_TESTS_EVENT_RANDOM_H

#include "common/base/arena.h"
#include "coordinator/core/facts/event.h"

/* Fills every field from `seed`; texts live in `arena`. */
void event_random(enum event_type type, uint64_t seed, struct arena *arena, struct event *event);

/* Whether all fields are equal. */
bool event_equal(const struct event *left, const struct event *right);

#endif
