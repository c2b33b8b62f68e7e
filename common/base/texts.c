/* Texts, and lists of them compared. */
#include "common/base/texts.h"

#include <stdlib.h>
#include <string.h>

const char *text_or_empty(const char *text)
{
    return text != NULL ? text : "";
}

bool texts_equal(struct texts left, struct texts right)
{
    bool equal = left.count == right.count;
    for (size_t i = 0; equal && i < left.count; i++) {
        equal = strcmp(left.items[i], right.items[i]) == 0;
    }
    return equal;
}

bool texts_hold(struct texts texts, const char *text)
{
    for (size_t i = 0; i < texts.count; i++) {
        if (strcmp(texts.items[i], text) == 0) {
            return true;
        }
    }
    return false;
}

static int text_compare(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

void texts_sort(const char **items, size_t count)
{
    if (count > 1) {
        qsort(items, count, sizeof *items, text_compare);
    }
}

size_t texts_bytes(struct texts texts)
{
    size_t bytes = 0;
    for (size_t i = 0; i < texts.count; i++) {
        bytes += strlen(texts.items[i]);
    }
    return bytes;
}
