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

size_t utf8_character(const char *text)
{
    const unsigned char *byte = (const unsigned char *)text;
    unsigned char first = byte[0];
    size_t length = first < 0x80    ? 1
                    : first < 0xC2  ? 0
                    : first < 0xE0  ? 2
                    : first < 0xF0  ? 3
                    : first <= 0xF4 ? 4
                                    : 0;
    for (size_t i = 1; i < length; i++) {
        if (!is_within_character(text[i])) {
            return 0;
        }
    }
    /* longer than it need be, a surrogate, beyond the last character (RFC 3629) */
    bool refused = (first == 0xE0 && byte[1] < 0xA0) || (first == 0xED && byte[1] > 0x9F) ||
                   (first == 0xF0 && byte[1] < 0x90) || (first == 0xF4 && byte[1] > 0x8F);
    return refused ? 0 : length;
}
