/* Walks over the whole state. */
#ifndef DROVER_FACTS_STATE_WALK_H
#define DROVER_FACTS_STATE_WALK_H

#include <stdbool.h>
#include <stddef.h>

struct buffer;
struct core;

/* Every fact of the state as text, in id order, a line for each thing. */
void core_state_print(const struct core *core, struct buffer *out);

/* Whether the two know the same: those texts are equal. */
bool core_state_equal(const struct core *left, const struct core *right);

/* Bytes held. */
size_t core_state_bytes(const struct core *core);

#endif
