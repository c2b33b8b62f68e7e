/* "Did you mean": the word closest to a misspelt one. */
#ifndef DROVER_REVISION_NEAREST_H
#define DROVER_REVISION_NEAREST_H

#include <stddef.h>

/* The candidate with the smallest edit distance to `word` (case ignored), if that is small for the
 * word's length; otherwise NULL. Candidates may be NULL (skipped). */
const char *nearest_word(const char *word, const char *const *candidates, size_t count);

#endif
