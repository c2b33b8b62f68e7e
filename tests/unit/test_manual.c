/* The manual: the reference page and README say what the tables say, and the pages name everything.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/manual/manual.h"
#include "cli/manual/roff.h"
#include "common/base/array.h"
#include "common/base/error.h"

/* The whole file; the caller frees it. */
static struct buffer file_read(const char *path)
{
    struct buffer text = {0};
    char block[4096];
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    for (size_t got = 0; (got = fread(block, 1, sizeof block, file)) > 0;) {
        buffer_append(&text, block, got);
    }
    (void)fclose(file);
    return text;
}

Test(manual, reference_page_equals_the_tables)
{
    static const char path[] = "docs/reference.md";
    struct buffer expected = {0};
    manual_reference(&expected);
    if (getenv("UPDATE_GOLDEN") != NULL) {
        FILE *file = fopen(path, "w");
        cr_assert_not_null(file);
        cr_assert_eq(fwrite(expected.data, 1, expected.length, file), expected.length);
        (void)fclose(file);
    }
    struct buffer found = file_read(path);
    cr_expect_str_eq(buffer_text(&found), buffer_text(&expected),
                     "%s is not what the tables say: run UPDATE_GOLDEN=1 "
                     "build/dev/tests/unit/test_manual",
                     path);
    buffer_free(&found);
    buffer_free(&expected);
}

Test(manual, readme_has_the_exit_codes)
{
    struct buffer readme = file_read("README.md");
    for (size_t i = 0; i < manual_exit_count; i++) {
        struct buffer row = {0};
        buffer_printf(&row, "\n| %d | %s |\n", manual_exits[i].code, manual_exits[i].meaning);
        cr_expect_not_null(strstr(buffer_text(&readme), buffer_text(&row)),
                           "README.md lacks the row%s", buffer_text(&row));
        buffer_free(&row);
    }
    buffer_free(&readme);
}

Test(manual, every_error_has_a_listed_exit_code)
{
#define CODE_OF(name, word, exit_code) exit_code,
    static const int codes[] = {ERROR_LIST(CODE_OF)};
#undef CODE_OF
    for (size_t i = 0; i < LENGTH(codes); i++) {
        bool listed = false;
        for (size_t j = 0; j < manual_exit_count; j++) {
            listed = listed || manual_exits[j].code == codes[i];
        }
        cr_expect(listed, "exit code %d", codes[i]);
    }
}

Test(manual, roff_has_no_way_out_of_text)
{
    struct buffer text = {0};
    roff_markdown(".so /etc/passwd\n'br\n\\fX `a-b`\n\nnext", &text);
    cr_expect_str_eq(buffer_text(&text),
                     "\\&.so /etc/passwd\n\\(aqbr\n\\efX \\fBa\\-b\\fR\n.PP\nnext\n");
    buffer_free(&text);
}

Test(manual, an_unknown_format_is_refused)
{
    struct buffer text = {0};
    struct error error = {0};
    cr_expect_eq(manual_format("html", &text, &error), -1);
    cr_expect_eq(error.code, ERROR_USAGE);
    cr_expect_eq(text.length, 0);
}
