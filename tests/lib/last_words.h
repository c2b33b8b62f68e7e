/* What a process says on stderr when it dies. */
#ifndef DROVER_TESTS_LAST_WORDS_H
#define DROVER_TESTS_LAST_WORDS_H

#include "common/base/buffer.h"

/* Runs `die` in a child and appends what the child writes to stderr. Returns how it
 * ended as a shell says it: 128 + the signal, or its exit code, 0 when `die` came back. */
int last_words(void (*die)(void), struct buffer *said);

#endif
