/* Memory that holds a secret: overwritten when it is given back, by a call that the compiler keeps.
 *
 * A block knows its size, so all of it is overwritten, also what lies behind a NUL. Memory of this
 * allocator goes back with wiped_free or wiped_drop, never with free().
 */
#ifndef DROVER_BASE_WIPED_H
#define DROVER_BASE_WIPED_H

#include <stddef.h>

/* Zeroed; never NULL: out of memory aborts. */
void *wiped_alloc(size_t size);

/* A copy of a text; owned by the caller. */
char *wiped_copy(const char *text);

/* Overwrites and gives back; NULL is fine. */
void wiped_free(void *memory);

/* The same, and the pointer becomes NULL. */
void wiped_drop(char **text);

/* Overwrites memory of any owner: a buffer on the stack, another library's text. */
void wiped_overwrite(void *memory, size_t length);

#endif
