/* Content to number by hash. */
#include "coordinator/core/facts/lookup.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"

enum { CAPACITY_FIRST = 16 };

/* Odd, with bits all over: 2^64 divided by the golden ratio (Knuth, volume 3, 6.4). */
static const uint64_t MULTIPLIER = 0x9e3779b97f4a7c15u;

static uint64_t word_mix(uint64_t hash, const char *bytes, size_t length)
{
    uint64_t word = 0;
    memcpy(&word, bytes, length);
    hash = (hash ^ word) * MULTIPLIER;
    return hash ^ hash >> 32;
}

uint32_t lookup_hash(uint32_t seed, const char *text)
{
    size_t length = strlen(text);
    uint64_t hash = word_mix(seed, (const char *)&length, sizeof length);
    for (; length > sizeof hash; length -= sizeof hash, text += sizeof hash) {
        hash = word_mix(hash, text, sizeof hash);
    }
    return (uint32_t)word_mix(hash, text, length);
}

static uint32_t slot_of(const struct lookup *lookup, uint32_t hash)
{
    return (hash ^ hash >> 15) & (lookup->capacity - 1);
}

uint32_t lookup_find(const struct lookup *lookup, uint32_t hash, lookup_match *match,
                     const void *owner, const void *key)
{
    if (lookup->capacity == 0) {
        return LOOKUP_NONE;
    }
    for (uint32_t at = slot_of(lookup, hash);; at = (at + 1) & (lookup->capacity - 1)) {
        const struct lookup_slot *slot = &lookup->slots[at];
        if (slot->id == 0) {
            return LOOKUP_NONE;
        }
        if (slot->hash == hash && match(owner, slot->id - 1, key)) {
            return slot->id - 1;
        }
    }
}

static void slot_fill(struct lookup *lookup, struct lookup_slot slot)
{
    uint32_t at = slot_of(lookup, slot.hash);
    while (lookup->slots[at].id != 0) {
        at = (at + 1) & (lookup->capacity - 1);
    }
    lookup->slots[at] = slot;
}

void lookup_add(struct lookup *lookup, uint32_t hash, uint32_t id)
{
    if (lookup->count >= lookup->capacity / 4 * 3) {
        struct lookup grown = *lookup;
        grown.capacity = lookup->capacity > 0 ? lookup->capacity * 2 : CAPACITY_FIRST;
        grown.slots = memory_alloc(grown.capacity * sizeof *grown.slots);
        for (uint32_t i = 0; i < lookup->capacity; i++) {
            if (lookup->slots[i].id != 0) {
                slot_fill(&grown, lookup->slots[i]);
            }
        }
        free(lookup->slots);
        *lookup = grown;
    }
    slot_fill(lookup, (struct lookup_slot){hash, id + 1});
    lookup->count++;
}

size_t lookup_bytes(const struct lookup *lookup)
{
    return lookup->capacity * sizeof *lookup->slots;
}

void lookup_free(struct lookup *lookup)
{
    free(lookup->slots);
    memset(lookup, 0, sizeof *lookup);
}
