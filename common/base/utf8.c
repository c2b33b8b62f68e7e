/* UTF-8 (utf8.h). */
#include "common/base/utf8.h"

#include <stdbool.h>

static bool is_within_character(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

size_t utf8_cut(const char *text, size_t length, size_t most)
{
    if (length <= most) {
        return length;
    }
    size_t kept = most;
    while (kept > 0 && is_within_character(text[kept])) {
        kept--;
    }
    return kept;
}
