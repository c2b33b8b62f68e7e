/* Chance drawn from a seed: splitmix64. The same seed gives the same numbers everywhere. */
#ifndef DROVER_TESTS_WORLD_RANDOM_H
#define DROVER_TESTS_WORLD_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
    uint64_t state;
};

uint64_t random_word(struct random *random);
uint64_t random_below(struct random *random, uint64_t bound);                /* 0 when bound is 0 */
uint64_t random_between(struct random *random, uint64_t low, uint64_t high); /* both included */
bool random_permille(struct random *random, uint32_t permille);

/* From low (at least 1) to high, each doubling as likely as the next. */
uint64_t random_scale(struct random *random, uint64_t low, uint64_t high);

#endif
