/* Words of enumerations: how their values are written on the wire, in the journal, in JSON and for
 * people. One table for each enumeration, made from its list.
 */
#ifndef DROVER_VOCABULARY_WORDS_H
#define DROVER_VOCABULARY_WORDS_H

#include <stddef.h>

struct words {
    const char *const *items; /* by value */
    size_t count;
    int stranger; /* the value that a word of a newer peer counts as; -1: it is refused */
};

/* The word of a value; "" for one that is not in the list. */
const char *words_get(const struct words *words, unsigned value);

/* The value of a word; -1 when it is not in the list. */
int words_find(const struct words *words, const char *word);

#endif
