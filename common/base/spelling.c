/* Spelling: optimal string alignment distance, row by row. */
#include "common/base/spelling.h"

#include <string.h>

enum { WORD_BYTES_MAX = 63 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ASCII only: keys, options and revision ids. */
static int letter_lower(int letter)
{
    return letter >= 'A' && letter <= 'Z' ? letter - 'A' + 'a' : letter;
}

static bool same(char a, char b)
{
    return letter_lower(a) == letter_lower(b);
}

size_t spelling_distance(const char *a, const char *b)
{
    size_t rows = strlen(a);
    size_t columns = strlen(b);
    if (rows > WORD_BYTES_MAX || columns > WORD_BYTES_MAX) {
        return rows > columns ? rows : columns;
    }
    size_t table[WORD_BYTES_MAX + 1][WORD_BYTES_MAX + 1];
    for (size_t i = 0; i <= rows; i++) {
        for (size_t j = 0; j <= columns; j++) {
            if (i == 0 || j == 0) {
                table[i][j] = i + j;
                continue;
            }
            size_t replaced = table[i - 1][j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1);
            size_t distance = least(replaced, least(table[i - 1][j], table[i][j - 1]) + 1);
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1])) {
                distance = least(distance, table[i - 2][j - 2] + 1);
            }
            table[i][j] = distance;
        }
    }
    return table[rows][columns];
}

bool spelling_close(const char *a, const char *b)
{
    size_t longer = strlen(a) > strlen(b) ? strlen(a) : strlen(b);
    return longer <= WORD_BYTES_MAX && spelling_distance(a, b) <= (longer + 2) / 3;
}

const char *spelling_nearest(const char *word, const char *const *candidates, size_t count)
{
    const char *nearest = NULL;
    size_t nearest_distance = 0;
    for (size_t i = 0; i < count; i++) {
        if (candidates[i] == NULL || !spelling_close(word, candidates[i])) {
            continue;
        }
        size_t distance = spelling_distance(word, candidates[i]);
        if (nearest == NULL || distance < nearest_distance) {
            nearest = candidates[i];
            nearest_distance = distance;
        }
    }
    return nearest;
}
