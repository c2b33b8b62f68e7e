/* Byte strings and lists of texts: what a field of a list may hold besides a number. Borrowed. */
#ifndef DROVER_BASE_TEXTS_H
#define DROVER_BASE_TEXTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    const uint8_t *data;
    size_t length;
};

struct texts {
    const char *const *items;
    size_t count;
};

/* The text itself; "" for NULL. */
const char *text_or_empty(const char *text);

/* The same texts in the same order. */
bool texts_equal(struct texts left, struct texts right);

/* Whether one of them is `text`. */
bool texts_hold(struct texts texts, const char *text);

/* In order of their bytes. */
void texts_sort(const char **items, size_t count);

/* Bytes of all of them together. */
size_t texts_bytes(struct texts texts);

#endif
