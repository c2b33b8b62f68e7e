/* Likeness: the part of a message that is the same on every target with the same fault. */
#ifndef DROVER_SHELL_LIKENESS_H
#define DROVER_SHELL_LIKENESS_H

#include "common/base/buffer.h"
#include "common/vocabulary/field.h"

/* Appends `message` with a mark for each thing that differs from target to target: the target's own
 * `names` (whole words), numbers, UUIDs, words of hexadecimal digits with a digit among them, texts
 * in single quotes, and texts in double quotes that are values. PostgreSQL quotes names of objects
 * the same way, with the kind of object before them (`relation "users"`): those are kept, as
 * another object is another fault. */
void likeness_append(const char *message, struct texts names, struct buffer *out);

#endif
