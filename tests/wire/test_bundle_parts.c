/* Bundles in parts: whole again at the other end, whatever their size, and nothing that was not asked for. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/array.h"
#include "common/wire/bundle_parts.h"

Test(bundle_parts, make_the_whole)
{
    static const size_t sizes[] = {1, BUNDLE_PART_BYTES - 1, BUNDLE_PART_BYTES,
                                   BUNDLE_PART_BYTES + 1, (size_t)3 * BUNDLE_PART_BYTES};
    static const unsigned parts[] = {1, 1, 1, 2, 3};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        uint8_t *content = memory_alloc(sizes[i]);
        struct buffer bytes = {0};
        struct error error = {0};
        unsigned count = 0;
        int whole = 0;
        for (size_t at = 0; at < sizes[i]; at++) {
            content[at] = (uint8_t)(at * 31 >> 3);
        }
        for (; whole == 0; count++) {
            struct message_bundle part =
                bundle_part("d", (struct bytes){content, sizes[i]}, bytes.length);
            whole = bundle_part_take(&bytes, &part, &error);
        }
        cr_expect_eq(whole, 1, "%s", error.message);
        cr_expect_eq(count, parts[i], "%zu bytes", sizes[i]);
        cr_expect_eq(bytes.length, sizes[i]);
        cr_expect_eq(memcmp(bytes.data, content, sizes[i]), 0);
        buffer_free(&bytes);
        free(content);
    }
}

Test(bundle_parts, all_at_once_of_an_earlier_version)
{
    struct buffer bytes = {0};
    struct error error = {0};
    const struct message_bundle all = {"d", {(const uint8_t *)"abc", 3}, 0, 0};
    cr_expect_eq(bundle_part_take(&bytes, &all, &error), 1);
    cr_expect_str_eq(buffer_text(&bytes), "abc");
    buffer_free(&bytes);
}

Test(bundle_parts, refusals)
{
    static const uint8_t content[8] = {0};
    static const struct message_bundle parts[] = {
        {"d", {content, 4}, 8, 16},                             /* later than asked for */
        {"d", {content, 8}, 4, 10},                             /* longer than all */
        {"d", {content, 0}, 4, 16},                             /* nothing, for ever */
        {"d", {content, 4}, 0, 16},                             /* again */
        {"d", {content, 4}, 4, (uint64_t)BUNDLE_BYTES_MAX + 1}, /* too long */
    };
    for (size_t i = 0; i < LENGTH(parts); i++) {
        struct buffer bytes = {0};
        struct error error = {0};
        const struct message_bundle first = {"d", {content, 4}, 0, 16};
        cr_assert_eq(bundle_part_take(&bytes, &first, &error), 0);
        cr_expect_eq(bundle_part_take(&bytes, &parts[i], &error), -1, "case %zu", i);
        cr_expect_eq(error.code, ERROR_PROTOCOL);
        buffer_free(&bytes);
    }
}
