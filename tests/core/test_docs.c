/* docs/architecture.md shows the state machines as the tables have them; UPDATE_GOLDEN=1 writes it.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/core/core.h"

static const char page_path[] = "docs/architecture.md";
static const char begin_mark[] = "<!-- machines: begin -->\n";
static const char end_mark[] = "<!-- machines: end -->\n";

static void page_read(struct buffer *out)
{
    FILE *file = fopen(page_path, "r");
    cr_assert_not_null(file);
    char chunk[4096];
    size_t got;
    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0) {
        buffer_append(out, chunk, got);
    }
    (void)fclose(file);
}

static void machines_render(struct buffer *out)
{
    for (size_t i = 0; core_machine_name(i) != NULL; i++) {
        size_t count = 0;
        const struct state_row *rows = core_machine_rows(i, &count);
        buffer_printf(out, "\n### The %s\n\n```mermaid\n", core_machine_name(i));
        core_machine_mermaid(i, out);
        buffer_text_append(out, "```\n\n| from | event | to | meaning |\n|---|---|---|---|\n");
        for (size_t row = 0; row < count; row++) {
            buffer_printf(out, "| %s | %s | %s | %s |\n", rows[row].from, rows[row].event,
                          rows[row].to, rows[row].sentence);
        }
    }
    buffer_text_append(out, "\n");
}

Test(docs, architecture_shows_the_tables)
{
    struct buffer page = {0};
    struct buffer machines = {0};
    page_read(&page);
    machines_render(&machines);
    const char *begin = strstr(buffer_text(&page), begin_mark);
    const char *end = strstr(buffer_text(&page), end_mark);
    cr_assert(begin != NULL && end != NULL && begin < end);
    begin += strlen(begin_mark);
    if (getenv("UPDATE_GOLDEN") != NULL) {
        FILE *file = fopen(page_path, "w");
        cr_assert_not_null(file);
        (void)fwrite(page.data, 1, (size_t)(begin - page.data), file);
        (void)fputs(buffer_text(&machines), file);
        (void)fputs(end, file);
        cr_assert_eq(fclose(file), 0);
    } else {
        bool equal = (size_t)(end - begin) == machines.length &&
                     strncmp(begin, buffer_text(&machines), machines.length) == 0;
        cr_expect(equal, "%s differs from the state tables: UPDATE_GOLDEN=1 test_docs writes it",
                  page_path);
    }
    buffer_free(&page);
    buffer_free(&machines);
}
