/* Words, looked up both ways; the lists are short. */
#include "common/base/words.h"

#include <string.h>

const char *words_get(const struct words *words, unsigned value)
{
    return value < words->count ? words->items[value] : "";
}

int words_find(const struct words *words, const char *word)
{
    for (size_t i = 0; i < words->count; i++) {
        if (strcmp(words->items[i], word) == 0) {
            return (int)i;
        }
    }
    return -1;
}
