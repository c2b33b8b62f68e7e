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

static void difference_fail(const char *path, const char *golden, const char *text)
{
    unsigned line = 1;
    while (*golden != '\0' && *text != '\0') {
        size_t length = strcspn(golden, "\n");
        if (length != strcspn(text, "\n") || strncmp(golden, text, length) != 0) {
            break;
        }
        length += golden[length] == '\n' && text[length] == '\n';
        golden += length;
        text += length;
        line++;
    }
    cr_expect(false, "%s:%u: expected: %.*s\n%s:%u: actual:   %.*s", path, line,
              (int)strcspn(golden, "\n"), golden, path, line, (int)strcspn(text, "\n"), text);
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
    if (strcmp(buffer_text(&golden), text) != 0) {
        difference_fail(path, buffer_text(&golden), text);
    }
    buffer_free(&golden);
}
