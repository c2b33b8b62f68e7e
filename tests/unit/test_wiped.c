/* common/base/wiped, and the arenas and buffers that are wiped: what is given to free() holds
 * nothing of the secret. The linker leads every free() of the program through __wrap_free. */
#include <criterion/criterion.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/base/wiped.h"

static const char secret[] = "correct horse battery staple";

static unsigned blocks_freed;
static unsigned secrets_freed;

void __real_free(void *memory);
void __wrap_free(void *memory);

void __wrap_free(void *memory)
{
    if (memory != NULL) {
        blocks_freed++;
        secrets_freed +=
            memmem(memory, malloc_usable_size(memory), secret, sizeof secret - 1) != NULL;
    }
    __real_free(memory);
}

/* How many secrets were given back since the last call, in one block or more. */
static unsigned secrets_seen(void)
{
    unsigned seen = secrets_freed;
    cr_assert_gt(blocks_freed, 0, "free() is not led through here");
    blocks_freed = secrets_freed = 0;
    return seen;
}

Test(wiped, what_is_freed_otherwise_still_holds_it)
{
    char *copy = memory_alloc(sizeof secret);
    memcpy(copy, secret, sizeof secret);
    free(copy);
    cr_expect_eq(secrets_seen(), 1);
    struct arena arena = {0};
    (void)arena_strdup(&arena, secret);
    arena_free(&arena);
    cr_expect_eq(secrets_seen(), 1);
}

Test(wiped, a_copy)
{
    char *copy = wiped_copy(secret);
    cr_expect_str_eq(copy, secret);
    wiped_free(copy);
    cr_expect_eq(secrets_seen(), 0);
    wiped_free(NULL);
}

Test(wiped, all_of_a_block_also_behind_a_nul)
{
    char *block = wiped_alloc(4096);
    for (size_t i = 0; i < 4096; i++) {
        cr_assert_eq(block[i], '\0');
    }
    memcpy(block + 1, secret, sizeof secret);
    memcpy(block + 4096 - sizeof secret, secret, sizeof secret);
    wiped_drop(&block);
    cr_expect_null(block);
    cr_expect_eq(secrets_seen(), 0);
    wiped_drop(&block);
}

Test(wiped, memory_of_another_owner)
{
    char text[sizeof secret + 1];
    memcpy(text, secret, sizeof secret);
    text[sizeof secret] = 'x';
    wiped_overwrite(text, sizeof secret);
    for (size_t i = 0; i < sizeof secret; i++) {
        cr_expect_eq(text[i], '\0');
    }
    cr_expect_eq(text[sizeof secret], 'x');
}

Test(wiped, every_chunk_of_an_arena)
{
    struct arena arena = {0};
    for (int i = 0; i < 1000; i++) {
        (void)arena_strdup(&arena, secret);
    }
    arena_free_wiped(&arena);
    cr_expect_eq(secrets_seen(), 0);
    arena_free_wiped(&arena);
}

Test(wiped, a_buffer_also_what_it_held_before)
{
    struct buffer buffer = {0};
    buffer_reserve(&buffer, 2 * sizeof secret);
    const char *data = buffer.data;
    buffer_text_append(&buffer, "longer than what follows: ");
    buffer_text_append(&buffer, secret);
    cr_expect_eq(buffer.data, data, "it has grown");
    buffer_clear(&buffer);
    buffer_free_wiped(&buffer);
    cr_expect_eq(secrets_seen(), 0);
    buffer_free_wiped(&buffer);
}
