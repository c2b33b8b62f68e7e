/* splitmix64 (random.h). */
#include "tests/lib/world/random.h"

uint64_t random_word(struct random *random)
{
    random->state += 0x9e3779b97f4a7c15u;
    uint64_t word = random->state;
    word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9u;
    word = (word ^ word >> 27) * 0x94d049bb133111ebu;
    return word ^ word >> 31;
}

uint64_t random_below(struct random *random, uint64_t bound)
{
    uint64_t word = random_word(random);
    return bound > 0 ? word % bound : 0;
}

uint64_t random_between(struct random *random, uint64_t low, uint64_t high)
{
    return low + random_below(random, high - low + 1);
}

bool random_permille(struct random *random, uint32_t permille)
{
    return random_below(random, 1000) < permille;
}

uint64_t random_scale(struct random *random, uint64_t low, uint64_t high)
{
    uint64_t doublings = 0;
    while (low << (doublings + 1) <= high) {
        doublings++;
    }
    uint64_t begin = low << random_below(random, doublings + 1);
    uint64_t end = begin * 2 - 1;
    return random_between(random, begin, end < high ? end : high);
}
