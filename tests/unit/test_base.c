/* common/base: arenas, buffers, errors, diagnostics. */
#include <criterion/criterion.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/array.h"
#include "common/base/buffer.h"
#include "common/base/diagnostic.h"
#include "common/base/error.h"
#include "common/base/utf8.h"

Test(arena, memory_is_zeroed_aligned_and_apart)
{
    struct arena arena = {0};
    unsigned char *blocks[200];
    for (size_t i = 0; i < 200; i++) {
        size_t size = i * 7;
        blocks[i] = arena_alloc(&arena, size);
        cr_expect_eq((uintptr_t)blocks[i] % alignof(max_align_t), 0);
        for (size_t j = 0; j < size; j++) {
            cr_assert_eq(blocks[i][j], 0);
        }
        memset(blocks[i], (int)(i % 255) + 1, size);
    }
    for (size_t i = 1; i < 200; i++) {
        cr_expect_eq(blocks[i][0], i % 255 + 1);
        cr_expect_eq(blocks[i][i * 7 - 1], i % 255 + 1);
    }
    cr_expect_geq(arena_footprint(&arena), arena.used_bytes);
    arena_free(&arena);
    cr_expect_eq(arena_footprint(&arena), 0);
    cr_expect_str_eq(arena_strdup(&arena, "again"), "again");
    arena_free(&arena);
}

Test(arena, texts)
{
    struct arena arena = {0};
    cr_expect_str_eq(arena_strndup(&arena, "abcdef", 3), "abc");
    cr_expect_str_eq(arena_strndup(&arena, NULL, 0), "");
    cr_expect_str_eq(arena_printf(&arena, "%s-%d", "x", 7), "x-7");
    cr_expect_str_eq(arena_printf(&arena, "%s", ""), "");
    char *large = arena_printf(&arena, "%01000000d", 1);
    cr_expect_eq(strlen(large), 1000000);
    arena_free(&arena);
}

Test(utf8, is_cut_between_characters)
{
    static const char text[] = "a\xc3\xa4\xe2\x82\xac!"; /* 1, 2, 3 and 1 bytes */
    static const size_t kept[] = {0, 1, 1, 3, 3, 3, 6, 7, 7};
    for (size_t most = 0; most < LENGTH(kept); most++) {
        cr_expect_eq(utf8_cut(text, strlen(text), most), kept[most], "%zu", most);
    }
    cr_expect_eq(utf8_cut("\xa4\xa4\xa4", 3, 2), 0, "no character begins");
}

Test(buffer, grows_and_stays_terminated)
{
    struct buffer buffer = {0};
    cr_expect_str_eq(buffer_text(&buffer), "");
    for (int i = 0; i < 1000; i++) {
        buffer_printf(&buffer, "%d,", i);
    }
    cr_expect_eq(buffer.length, 3890);
    cr_expect_eq(buffer.data[buffer.length], '\0');
    buffer_consume(&buffer, 4);
    cr_expect_eq(strncmp(buffer_text(&buffer), "2,3,", 4), 0);
    buffer_consume(&buffer, buffer.length);
    cr_expect_str_eq(buffer_text(&buffer), "");
    buffer_append(&buffer, "a\0b", 3);
    cr_expect_eq(buffer.length, 3);
    buffer_clear(&buffer);
    cr_expect_str_eq(buffer_text(&buffer), "");
    buffer_free(&buffer);
    cr_expect_null(buffer.data);
}

Test(buffer, counts_for_people)
{
    static const struct {
        size_t count;
        const char *noun;
        const char *text;
    } rows[] = {{0, "target", "0 targets"},        {1, "target", "1 target"},
                {1204, "target", "1,204 targets"}, {1, "discovery", "1 discovery"},
                {2, "discovery", "2 discoveries"}, {2, "key", "2 keys"}};
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct buffer out = {0};
        buffer_count(&out, rows[i].count, rows[i].noun);
        cr_expect_str_eq(buffer_text(&out), rows[i].text);
        buffer_free(&out);
    }
}

Test(error, words_wrapping_and_cutting)
{
    struct error error;
    cr_expect_eq(error_set(&error, ERROR_CONFIG, "bad %s", "key"), -1);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_str_eq(error.sqlstate, "");
    cr_expect_str_eq(error.hint, "");
    cr_expect_eq(error_wrap(&error, "read %s", "drover.yaml"), -1);
    cr_expect_str_eq(error.message, "read drover.yaml: bad key");
    cr_expect_eq(error_hint(&error, "write %d", 1), -1);
    cr_expect_str_eq(error.hint, "write 1");
    cr_expect_eq(error_exit_code(ERROR_CONFIG), 78);
    cr_expect_str_eq(error_word(ERROR_REFUSED), "gate_refused");
    cr_expect_eq(error_exit_code(ERROR_REFUSED), 4);
    char large[4000];
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    cr_expect_eq(error_set(&error, ERROR_IO, "%s", large), -1);
    cr_expect_eq(strlen(error.message), sizeof error.message - 1);
    cr_expect_eq(error_wrap(&error, "%s", large), -1);
    cr_expect_eq(strlen(error.message), sizeof error.message - 1);
}

Test(utf8, characters)
{
    static const struct {
        const char *text;
        size_t bytes;
    } cases[] = {{"a", 1},
                 {"\xC3\xA4", 2},
                 {"\xE2\x82\xAC", 3},
                 {"\xF0\x9F\x90\x84", 4},
                 {"\xFF", 0},
                 {"\xC3", 0},
                 {"\xC3x", 0},
                 {"\x80", 0},
                 {"\xC0\xAF", 0},         /* longer than it need be */
                 {"\xE0\x80\xAF", 0},     /* likewise */
                 {"\xED\xA0\x80", 0},     /* a surrogate */
                 {"\xF4\x90\x80\x80", 0}, /* beyond the last */
                 {"\xF5\x80\x80\x80", 0}};
    for (size_t i = 0; i < LENGTH(cases); i++) {
        cr_expect_eq(utf8_character(cases[i].text), cases[i].bytes, "case %zu", i);
    }
}

Test(diagnostic, list_and_print)
{
    struct diagnostics list = {0};
    struct buffer out = {0};
    struct diagnostic *first = diagnostic_add(&list, "a.yaml", 3, 5, "unknown key '%s'", "x");
    diagnostic_hint(&list, first, "did you mean '%s'?", "y");
    struct diagnostic *second = diagnostic_add(&list, "b.sql", 2, 0, "odd");
    diagnostic_warn(&list, second);
    diagnostic_warn(&list, second);
    (void)diagnostic_add(&list, "c.sql", 0, 0, "missing");
    cr_expect_eq(list.error_count, 2);
    cr_expect_eq(list.warning_count, 1);
    diagnostics_print(&list, &out);
    cr_expect_str_eq(buffer_text(&out), "a.yaml:3:5: error: unknown key 'x'\n"
                                        "  hint: did you mean 'y'?\n"
                                        "b.sql:2: warning: odd\n"
                                        "c.sql: error: missing\n");
    buffer_free(&out);
    diagnostics_free(&list);
    cr_expect_null(list.first);
}
