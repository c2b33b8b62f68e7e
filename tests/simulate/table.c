/* Running the mutants and writing what came of it (table.h). */
#include "tests/simulate/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"
#include "common/base/buffer.h"

#define MARK_BEGIN "<!-- mutants: begin -->\n"
#define MARK_END   "<!-- mutants: end -->\n"

static const struct {
    const char *name;
    const char *sentence;
} mutants[] = {
#define MUTANT(name, sentence) {name, sentence},
#include "mutants.def"
#undef MUTANT
};

enum { MUTANTS = LENGTH(mutants) };

/* "seed 12: PROMISE: detail": cuts out the promise and returns the seed, 0 when nothing was found.
 */
static unsigned long mutant_run(const char *program, const char *name, char *promise, size_t size)
{
    char command[1024];
    (void)snprintf(command, sizeof command, "'%s-%s' --seeds 1..%d", program, name, TABLE_SEEDS);
    FILE *output = popen(command, "r");
    if (output == NULL) {
        return 0;
    }
    char line[2048];
    unsigned long seed = 0;
    while (fgets(line, sizeof line, output) != NULL) {
        if (seed == 0 && strncmp(line, "seed ", 5) == 0) {
            char *colon = strstr(line, ": ");
            seed = strtoul(line + 5, NULL, 10);
            size_t length = colon != NULL ? strcspn(colon + 2, ":") : 0;
            (void)snprintf(promise, size, "%.*s", (int)length, colon != NULL ? colon + 2 : "");
        }
    }
    (void)pclose(output);
    return seed;
}

static int page_read(const char *path, struct buffer *page)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        perror(path);
        return -1;
    }
    char block[4096];
    size_t length;
    while ((length = fread(block, 1, sizeof block, file)) > 0) {
        buffer_append(page, block, length);
    }
    (void)fclose(file);
    return 0;
}

static int page_write(const char *path, const struct buffer *page, const char *table)
{
    const char *text = buffer_text(page);
    const char *begin = strstr(text, MARK_BEGIN);
    const char *end = strstr(text, MARK_END);
    if (begin == NULL || end == NULL) {
        (void)fprintf(stderr, "%s has no place for the table\n", path);
        return -1;
    }
    begin += strlen(MARK_BEGIN);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        perror(path);
        return -1;
    }
    (void)fprintf(file, "%.*s\n%s\n%s", (int)(begin - text), text, table, end);
    return fclose(file);
}

static int names_check(const char *path, const struct buffer *page)
{
    int missing = 0;
    for (size_t i = 0; i < MUTANTS; i++) {
        struct buffer name = {0};
        buffer_printf(&name, "`%s`", mutants[i].name);
        if (strstr(buffer_text(page), buffer_text(&name)) == NULL) {
            (void)printf("%s does not name %s: run `simulate --table %s`\n", path, mutants[i].name,
                         path);
            missing++;
        }
        buffer_free(&name);
    }
    return missing;
}

int table_make(const char *program, const char *path, bool check)
{
    struct buffer page = {0};
    struct buffer table = {0};
    int missed = page_read(path, &page) != 0;
    buffer_text_append(&table, "| mutant | what is wrong | first seed | promise that broke |\n"
                               "|---|---|---|---|\n");
    for (size_t i = 0; i < MUTANTS && missed == 0; i++) {
        char promise[256] = "";
        unsigned long seed = mutant_run(program, mutants[i].name, promise, sizeof promise);
        (void)printf("%-24s %s %lu: %s\n", mutants[i].name, seed > 0 ? "seed" : "not found", seed,
                     promise);
        (void)fflush(stdout);
        missed += seed == 0;
        buffer_printf(&table, "| `%s` | %s | %lu | %s |\n", mutants[i].name, mutants[i].sentence,
                      seed, promise);
    }
    if (check) {
        missed += names_check(path, &page);
    } else if (missed == 0) {
        missed = page_write(path, &page, buffer_text(&table)) != 0;
    }
    (void)printf("%d mutants, %d not as they should be\n", (int)MUTANTS, missed);
    buffer_free(&page);
    buffer_free(&table);
    return missed > 0 ? 1 : 0;
}
