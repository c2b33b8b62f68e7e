/* The whole file against the whole text (golden.h). */
#include "tests/lib/golden.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buffer.h"

static void file_read(const char *path, struct buffer *content)
{
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s is missing: UPDATE_GOLDEN=1 writes it", path);
    char block[4096];
    size_t length;
    while ((length = fread(block, 1, sizeof block, file)) > 0) {
        buffer_append(content, block, length);
    }
    (void)fclose(file);
}

static void file_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file, "%s", path);
    (void)fputs(text, file);
    cr_assert_eq(fclose(file), 0);
}

void lines_check(const char *where, const char *expected, const char *text)
{
    unsigned line = 1;
    const char *left = expected;
    const char *right = text;
    while (*left != '\0' && *right != '\0') {
        size_t length = strcspn(left, "\n");
        if (length != strcspn(right, "\n") || strncmp(left, right, length) != 0) {
            break;
        }
        length += left[length] == '\n' && right[length] == '\n';
        left += length;
        right += length;
        line++;
    }
    cr_expect_str_eq(left, right, "%s:%u: expected: %.*s\n%s:%u: actual:   %.*s", where, line,
                     (int)strcspn(left, "\n"), left, where, line, (int)strcspn(right, "\n"), right);
}

void golden_check(const char *name, const char *text)
{
    char path[256];
    (void)snprintf(path, sizeof path, "tests/%s", name);
    if (getenv("UPDATE_GOLDEN") != NULL) {
        file_write(path, text);
        return;
    }
    struct buffer golden = {0};
    file_read(path, &golden);
    lines_check(path, buffer_text(&golden), text);
    buffer_free(&golden);
}
