/* Blocks with their size in front. */
#include "common/base/wiped.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"

struct block {
    size_t size; /* of data */
    alignas(max_align_t) unsigned char data[];
};

void *wiped_alloc(size_t size)
{
    /* A size that cannot be had stays one when the head is added. */
    size_t whole = size < SIZE_MAX - sizeof(struct block) ? sizeof(struct block) + size : SIZE_MAX;
    struct block *block = memory_alloc(whole);
    block->size = size;
    return block->data;
}

char *wiped_copy(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(wiped_alloc(size), text, size);
}

void wiped_free(void *memory)
{
    if (memory != NULL) {
        struct block *block =
            (struct block *)((unsigned char *)memory - offsetof(struct block, data));
        wiped_overwrite(block->data, block->size);
        free(block);
    }
}

void wiped_drop(char **text)
{
    wiped_free(*text);
    *text = NULL;
}

void wiped_overwrite(void *memory, size_t length)
{
    explicit_bzero(memory, length);
}
