/* A growing byte buffer that is always NUL-terminated, for building SQL, frames and text. */
#ifndef DROVER_BASE_BUFFER_H
#define DROVER_BASE_BUFFER_H

#include <stddef.h>

#include "common/base/error.h"

struct buffer {
    char *data;      /* owned; NULL until the first append; see buffer_text */
    size_t length;   /* without the NUL */
    size_t capacity; /* bytes allocated */
};

/* A zeroed struct is a valid empty buffer. */
void buffer_append(struct buffer *buffer, const void *data, size_t length);
void buffer_text_append(struct buffer *buffer, const char *text);
void buffer_printf(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);

/* As SQL takes a name: in quotation marks, those in it doubled. */
void buffer_identifier_append(struct buffer *buffer, const char *name);

/* "1 target", "1,204 targets", "2 discoveries": for nouns whose plural takes an s. */
void buffer_count(struct buffer *buffer, size_t count, const char *noun);

/* "" for one, else "s". */
const char *plural(size_t count);

/* Makes room for so many more bytes. */
void buffer_reserve(struct buffer *buffer, size_t more);

/* Removes `length` bytes from the front. */
void buffer_consume(struct buffer *buffer, size_t length);

/* Empties without giving memory back; the data's first byte becomes NUL. */
void buffer_clear(struct buffer *buffer);

/* The content as a C string; "" when empty. Borrowed until the next change. */
const char *buffer_text(const struct buffer *buffer);

void buffer_free(struct buffer *buffer);

/* The same, and overwrites it first: for a buffer that held a secret. What it held in less memory,
 * before it grew, is not reached: buffer_reserve what it will need. */
void buffer_free_wiped(struct buffer *buffer);

/* The last line that says something, without the blanks behind it, which are cut off in place; "" when
 * none does. Borrowed from the buffer. */
const char *buffer_last_line(struct buffer *buffer);

#endif
