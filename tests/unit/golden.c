/* Golden files. Suites run in the source folder. */
#include "golden.h"

#include <stdio.h>
#include <stdlib.h>

#include <criterion/criterion.h>

#include "common/base/buffer.h"

void golden_check(const char *name, const char *text)
{
    char path[256];
    (void)snprintf(path, sizeof path, "tests/unit/golden/%s", name);
    if (getenv("GOLDEN_WRITE") != NULL) {
        FILE *file = fopen(path, "wb");
        cr_assert_not_null(file, "%s", path);
        (void)fputs(text, file);
        (void)fclose(file);
        return;
    }
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s is missing: GOLDEN_WRITE=1 writes it", path);
    struct buffer content = {0};
    char chunk[4096];
    for (size_t got = fread(chunk, 1, sizeof chunk, file); got > 0;
         got = fread(chunk, 1, sizeof chunk, file)) {
        buffer_append(&content, chunk, got);
    }
    (void)fclose(file);
    cr_assert_str_eq(text, buffer_text(&content));
    buffer_free(&content);
}
