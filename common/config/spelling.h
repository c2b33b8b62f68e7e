/* Spelling: how far two words are apart, for "did you mean". */
#ifndef DROVER_CONFIG_SPELLING_H
#define DROVER_CONFIG_SPELLING_H

#include <stdbool.h>
#include <stddef.h>

/* Insertions, deletions, replacements and swaps of neighbours between two words. Words of more than
 * 63 bytes are as far apart as the longer one is long. */
size_t spelling_distance(const char *a, const char *b);

/* Whether one is likely meant by the other: at most a third of the letters differ. */
bool spelling_close(const char *a, const char *b);

#endif
