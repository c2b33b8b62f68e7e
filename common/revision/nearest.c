/* Edit distance (Levenshtein, with swaps of neighbours) over short words. */
#include "common/revision/nearest.h"

#include <string.h>

#include "common/revision/scan.h"

enum { WORD_BYTES_MAX = 63 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][WORD_BYTES_MAX + 1];
    size_t *before = rows[0];
    size_t *previous = rows[1];
    size_t *current = rows[2];
    memset(rows, 0, sizeof rows);
    for (size_t j = 0; j <= b_length; j++) {
        previous[j] = j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        current[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t differs = letter_lower(a[i - 1]) != letter_lower(b[j - 1]);
            size_t best = least(previous[j - 1] + differs, least(previous[j], current[j - 1]) + 1);
            if (i > 1 && j > 1 && letter_lower(a[i - 1]) == letter_lower(b[j - 2]) &&
                letter_lower(a[i - 2]) == letter_lower(b[j - 1])) {
                best = least(best, before[j - 2] + 1);
            }
            current[j] = best;
        }
        size_t *spare = before;
        before = previous;
        previous = current;
        current = spare;
    }
    return previous[b_length];
}

const char *nearest_word(const char *word, const char *const *candidates, size_t count)
{
    size_t length = strlen(word);
    if (length == 0 || length > WORD_BYTES_MAX) {
        return NULL;
    }
    const char *best = NULL;
    size_t best_distance = length / 3 + 2; /* one more than what still counts as close */
    for (size_t i = 0; i < count; i++) {
        if (candidates[i] == NULL || strlen(candidates[i]) > WORD_BYTES_MAX) {
            continue;
        }
        size_t distance = edit_distance(word, length, candidates[i], strlen(candidates[i]));
        if (distance < best_distance) {
            best_distance = distance;
            best = candidates[i];
        }
    }
    return best;
}
