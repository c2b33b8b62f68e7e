/* Random messages from a seed, and their comparison: derived from the lists of the wire, so a new
 * message or field is covered without a word here.
 */
#ifndef DROVER_TESTS_WIRE_GENERATE_H
#define DROVER_TESTS_WIRE_GENERATE_H

#include "common/vocabulary/message.h"

struct generator {
    uint64_t state; /* set it to the seed */
    struct arena *arena;
};

uint64_t generate_number(struct generator *generator);

/* Below `limit`, which is not 0. */
size_t generate_below(struct generator *generator, size_t limit);

/* Fills every field of a struct of a list. */
void generate_struct(struct generator *generator, const struct layout *layout, void *value);

/* A message of `type` with every field random; its texts and lists live in the generator's arena.
 */
void generate_message(struct generator *generator, enum message_type type, struct message *message);

bool message_equal(const struct message *left, const struct message *right);

#endif
