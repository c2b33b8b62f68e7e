/* Arenas: a list of chunks, the newest first, filled from the front. */
#include "common/base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/wiped.h"

#include "common/base/impossible.h"

enum { CHUNK_BYTES_FIRST = 1024, CHUNK_BYTES_MAX = 256 * 1024 };

struct arena_chunk {
    struct arena_chunk *next;
    size_t size; /* of data */
    size_t used;
    alignas(max_align_t) unsigned char data[];
};

void *memory_alloc(size_t size)
{
    void *memory = calloc(1, size > 0 ? size : 1);
    INVARIANT_THAT(memory != NULL, "no memory is left for %zu bytes", size);
    return memory;
}

void *memory_resize(void *memory, size_t size)
{
    void *resized = realloc(memory, size > 0 ? size : 1);
    INVARIANT_THAT(resized != NULL, "no memory is left for %zu bytes", size);
    return resized;
}

char *memory_strdup(const char *text)
{
    size_t bytes = strlen(text) + 1;
    return memcpy(memory_alloc(bytes), text, bytes);
}

void arena_init(struct arena *arena)
{
    memset(arena, 0, sizeof *arena);
}

static void arena_grow(struct arena *arena, size_t size)
{
    size_t chunk_size = arena->next_size > 0 ? arena->next_size : CHUNK_BYTES_FIRST;
    if (arena->next_size < CHUNK_BYTES_MAX) {
        arena->next_size = chunk_size * 2;
    }
    if (chunk_size < size) {
        chunk_size = size;
    }
    INVARIANT(chunk_size <= SIZE_MAX - sizeof(struct arena_chunk));
    struct arena_chunk *chunk = malloc(sizeof *chunk + chunk_size);
    INVARIANT_THAT(chunk != NULL, "no memory is left for %zu bytes", chunk_size);
    chunk->size = chunk_size;
    chunk->used = 0;
    chunk->next = arena->chunk;
    arena->chunk = chunk;
}

/* Of unknown content. */
static void *arena_take(struct arena *arena, size_t size)
{
    const size_t alignment = alignof(max_align_t);
    INVARIANT(size <= SIZE_MAX - alignment);
    size_t padded = (size + alignment - 1) / alignment * alignment;
    if (padded == 0) {
        padded = alignment;
    }
    if (arena->chunk == NULL || arena->chunk->size - arena->chunk->used < padded) {
        arena_grow(arena, padded);
    }
    void *memory = arena->chunk->data + arena->chunk->used;
    arena->chunk->used += padded;
    arena->used_bytes += padded;
    return memory;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    return memset(arena_take(arena, size), 0, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    INVARIANT_THAT(size == 0 || count <= SIZE_MAX / size, "%zu elements of %zu bytes", count, size);
    return arena_alloc(arena, count * size);
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_strndup(arena, text, strlen(text));
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_take(arena, length + 1);
    if (length > 0) {
        memcpy(copy, text, length);
    }
    copy[length] = '\0';
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_list again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = arena_alloc(arena, length > 0 ? (size_t)length + 1 : 1);
    if (length > 0) {
        (void)vsnprintf(text, (size_t)length + 1, format, again);
    }
    va_end(again);
    return text;
}

size_t arena_footprint(const struct arena *arena)
{
    size_t total = 0;
    for (const struct arena_chunk *chunk = arena->chunk; chunk != NULL; chunk = chunk->next) {
        total += sizeof *chunk + chunk->size;
    }
    return total;
}

void arena_merge(struct arena *arena, struct arena *from)
{
    struct arena_chunk **end = &arena->chunk; /* the first chunk is still filled */
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = from->chunk;
    arena->used_bytes += from->used_bytes;
    arena_init(from);
}

void arena_free_wiped(struct arena *arena)
{
    for (struct arena_chunk *chunk = arena->chunk; chunk != NULL; chunk = chunk->next) {
        wiped_overwrite(chunk->data, chunk->used);
    }
    arena_free(arena);
}

void arena_free(struct arena *arena)
{
    struct arena_chunk *chunk = arena->chunk;
    while (chunk != NULL) {
        struct arena_chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    memset(arena, 0, sizeof *arena);
}
