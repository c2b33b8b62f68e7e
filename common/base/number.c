/* Numbers. */
#include "common/base/number.h"

#include <stddef.h>
#include <stdio.h>

const char *number_text(unsigned long long number, char text[NUMBER_TEXT_BYTES])
{
    char digits[NUMBER_TEXT_BYTES];
    int length = snprintf(digits, sizeof digits, "%llu", number);
    size_t out = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            text[out++] = ',';
        }
        text[out++] = digits[i];
    }
    text[out] = '\0';
    return text;
}
