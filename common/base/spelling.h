/* "Did you mean": how far two words are apart, and the one that is likely meant. */
#ifndef DROVER_BASE_SPELLING_H
#define DROVER_BASE_SPELLING_H

#include <stdbool.h>
#include <stddef.h>

/* Insertions, deletions, replacements and swaps of neighbours between two words, case ignored.
 * Words of more than 63 bytes are as far apart as the longer one is long. */
size_t spelling_distance(const char *a, const char *b);

/* Whether one is likely meant by the other: at most a third of the letters differ. */
bool spelling_close(const char *a, const char *b);

/* The candidate closest to `word`, if it is close; otherwise NULL.
 * Candidates may be NULL (skipped). */
const char *spelling_nearest(const char *word, const char *const *candidates, size_t count);

#endif
