/* What is alike on many targets, as one group: those with the same key. */
#ifndef DROVER_SHELL_GROUPS_H
#define DROVER_SHELL_GROUPS_H

#include <stdint.h>
#include <uthash.h>

#include "common/base/arena.h"
#include "common/base/buffer.h"

enum { ANSWER_NAMES_MAX = 20 }; /* names in one group */

struct group {
    const void *example;                 /* what is told of it; the caller's */
    unsigned rank;                       /* those of a lower one come first; the caller's */
    uint32_t count;                      /* of those that were added */
    const char *names[ANSWER_NAMES_MAX]; /* the first of them */
    size_t name_count;
    size_t order; /* of appearance */
    const char *key;
    UT_hash_handle hh;
};

/* Zeroed but for the arena, which everything lives in, it is valid and empty. */
struct groups {
    struct group *first; /* the next is hh.next */
    struct arena *arena;
};

/* Adds `name`, which is borrowed, to the group of that key, and frees the key. A group with a count of
 * 1 is a fresh one, and the caller fills it in. */
struct group *groups_add(struct groups *groups, struct buffer *key, const char *name);

/* By rank, then most targets first, then in order of appearance. */
void groups_sort(struct groups *groups);

size_t groups_count(const struct groups *groups);

/* Groups stay in the arena. */
void groups_clear(struct groups *groups);

#endif
