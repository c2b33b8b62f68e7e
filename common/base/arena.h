/* Arenas: memory by lifetime.
 *
 * Three lifetimes are used: the process, an owner (a rollout, a job, a connection) and scratch (one
 * message). Memory of an arena is given back all at once. Out of memory aborts the process.
 */
#ifndef DROVER_BASE_ARENA_H
#define DROVER_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "common/base/error.h"

struct arena_chunk;

struct arena {
    struct arena_chunk *chunk; /* newest first */
    size_t next_size;          /* bytes of the next chunk; doubles up to a limit */
    size_t used_bytes;         /* handed out since the last reset, for measurements */
};

/* A zeroed struct is a valid empty arena, so static initialisation is enough. */
void arena_init(struct arena *arena);

/* Zeroed, suitably aligned memory; never NULL. A size of 0 gives a valid pointer. */
void *arena_alloc(struct arena *arena, size_t size);

/* `count` zeroed elements; aborts on overflow. */
void *arena_array(struct arena *arena, size_t count, size_t size);

char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length); /* adds the NUL */
char *arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);

/* Bytes in chunks, used or not. */
size_t arena_footprint(const struct arena *arena);

/* What `from` holds lives as long as `arena` from here on; `from` is empty afterwards. */
void arena_merge(struct arena *arena, struct arena *from);

/* Gives everything back. The arena can be used again. */
void arena_free(struct arena *arena);

/* The same, and overwrites it first: for an arena that held a secret. */
void arena_free_wiped(struct arena *arena);

/* malloc and realloc that abort instead of returning NULL, for what
 * outlives every arena or grows. */
void *memory_alloc(size_t size); /* zeroed; free() it */
void *memory_resize(void *memory, size_t size);
char *memory_strdup(const char *text); /* free() it */

#endif
