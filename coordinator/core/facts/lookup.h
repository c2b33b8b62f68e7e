/* A hash table from content to a number, which says where the content stands.
 *
 * It only answers "where is it"; nothing is ever iterated in its order. Open addressing, linear
 * probing, no removal.
 */
#ifndef DROVER_FACTS_LOOKUP_H
#define DROVER_FACTS_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOOKUP_NONE UINT32_MAX

struct lookup_slot {
    uint32_t hash;
    uint32_t id; /* plus one; 0: free */
};

/* A zeroed struct is a valid empty one. */
struct lookup {
    struct lookup_slot *slots;
    uint32_t capacity; /* a power of two */
    uint32_t count;
};

#define LOOKUP_SEED 2166136261u

/* Of the text and its length, eight bytes at a time, going on from `seed`. */
uint32_t lookup_hash(uint32_t seed, const char *text);

/* Whether the content at `id` in `owner` equals `key`. */
typedef bool lookup_match(const void *owner, uint32_t id, const void *key);

uint32_t lookup_find(const struct lookup *lookup, uint32_t hash, lookup_match *match,
                     const void *owner, const void *key);

/* Only after lookup_find found nothing. */
void lookup_add(struct lookup *lookup, uint32_t hash, uint32_t id);

size_t lookup_bytes(const struct lookup *lookup);
void lookup_free(struct lookup *lookup);

#endif
