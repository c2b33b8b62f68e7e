/* What a process says on stderr when it dies. */
#ifndef DROVER_TESTS_LAST_WORDS_H
#define DROVER_TESTS_LAST_WORDS_H

#include "common/base/buffer.h"

/* Runs `die` in a child and appends what the child writes to stderr. Returns the signal that ended
 * it, 0 when it came to its end. */
int last_words(void (*die)(void), struct buffer *said);

#endif
