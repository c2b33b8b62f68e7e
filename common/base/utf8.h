/* UTF-8, as far as where its characters begin. */
#ifndef DROVER_BASE_UTF8_H
#define DROVER_BASE_UTF8_H

#include <stddef.h>

/* How many of the text's `length` bytes to keep so that they are `most` at most and no character is
 * cut in two. */
size_t utf8_cut(const char *text, size_t length, size_t most);

#endif
