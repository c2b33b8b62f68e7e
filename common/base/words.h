/* Words of enumerations: how their values are written on the wire, in the journal, in JSON and for
 * people. One table for each enumeration, made from its list.
 */
#ifndef DROVER_BASE_WORDS_H
#define DROVER_BASE_WORDS_H

#include <stddef.h>

#include "common/base/array.h"

struct words {
    const char *const *items; /* by value */
    size_t count;
    int newer; /* the value that a word of a newer peer counts as; -1: it is refused */
};

/* The word of a value; "" for one that is not in the list. */
const char *words_get(const struct words *words, unsigned value);

/* The value of a word; -1 when it is not in the list. */
int words_find(const struct words *words, const char *word);

/* For `enum name`: its words, both ways, and the field type FIELD(name, member). The list gives
 * WORDS_ITEM(NAME, word). */
#define WORDS_DECLARE(name)                                                                        \
    extern const struct words name##_words;                                                        \
    const char *name##_word(enum name value);                                                      \
    int name##_from_word(const char *word); /* -1: there is no such word */                        \
    typedef enum name field_##name

#define WORDS_ITEM(NAME, word) word,
#define WORDS_DEFINE(name, LIST, newer)                                                            \
    static const char *const name##_items[] = {LIST(WORDS_ITEM)};                                  \
    const struct words name##_words = {name##_items, LENGTH(name##_items), newer};                 \
    const char *name##_word(enum name value)                                                       \
    {                                                                                              \
        return words_get(&name##_words, value);                                                    \
    }                                                                                              \
    int name##_from_word(const char *word)                                                         \
    {                                                                                              \
        return words_find(&name##_words, word);                                                    \
    }

#endif
