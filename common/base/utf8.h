/* UTF-8: where its characters begin and end. */
#ifndef DROVER_BASE_UTF8_H
#define DROVER_BASE_UTF8_H

#include <stddef.h>

/* How many of the text's `length` bytes to keep so that they are `most` at most and no character is
 * cut in two. */
size_t utf8_cut(const char *text, size_t length, size_t most);

/* Bytes of the character that begins here, in a text that ends with NUL; 0: these bytes are none. */
size_t utf8_character(const char *text);

#endif
