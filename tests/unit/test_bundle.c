/* Bundles: round trip in the order given, damage, the sample chain of migrations/. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/buffer.h"
#include "common/revision/bundle.h"
#include "common/revision/plan.h"

#define FILE_A "-- a\n--\n-- Revision ID: a001\n-- Revises:\n-- migrate:up\nSELECT 1;\n"
#define FILE_B "-- b\n--\n-- Revision ID: b001\n-- Revises: a001\n-- migrate:up\nSELECT 2;\n"

static const struct bundle_file files[] = {
    {.name = "b.sql", .content = FILE_B, .length = sizeof FILE_B - 1},
    {.name = "a.sql", .content = FILE_A, .length = sizeof FILE_A - 1},
};

Test(bundle, round_trip)
{
    struct diagnostics diagnostics = {0};
    struct error error = {0};
    struct bundle *built = bundle_build(files, 2, "migrations", &diagnostics);
    cr_assert_eq(diagnostics.error_count, 0);
    struct bundle *read = bundle_read(bundle_bytes(built), &error);
    cr_assert_not_null(read, "%s", error.message);
    cr_expect_str_eq(bundle_digest(built), bundle_digest(read));
    cr_expect_eq(strlen(bundle_digest(built)), 64);
    cr_expect_eq(bundle_bytes(built).length, bundle_bytes(read).length);
    cr_assert_eq(graph_size(bundle_graph(read)), 2);
    for (size_t i = 0; i < 2; i++) {
        const struct revision *one = graph_at(bundle_graph(built), i);
        const struct revision *other = graph_at(bundle_graph(read), i);
        cr_expect_str_eq(one->id, i == 0 ? "b001" : "a001");
        cr_expect_str_eq(one->id, other->id);
        cr_expect_str_eq(one->checksum, other->checksum);
        cr_expect_str_eq(one->path, i == 0 ? "b.sql" : "a.sql");
        cr_expect_str_eq(one->path, other->path);
    }
    bundle_free(read);
    bundle_free(built);
    diagnostics_free(&diagnostics);
}

Test(bundle, empty)
{
    struct diagnostics diagnostics = {0};
    struct error error = {0};
    struct bundle *built = bundle_build(NULL, 0, "", &diagnostics);
    cr_assert_eq(diagnostics.error_count, 0);
    cr_expect_eq(graph_size(bundle_graph(built)), 0);
    struct bundle *read = bundle_read(bundle_bytes(built), &error);
    cr_assert_not_null(read, "%s", error.message);
    bundle_free(read);
    bundle_free(built);
    struct bytes nothing = {0};
    cr_expect_null(bundle_read(nothing, &error));
    cr_expect_eq(error.code, ERROR_REVISION);
}

Test(bundle, diagnostics_name_the_folder)
{
    static const struct bundle_file broken = {.name = "c.sql", .content = "SELECT", .length = 6};
    struct diagnostics diagnostics = {0};
    struct bundle *built = bundle_build(&broken, 1, "some/migrations", &diagnostics);
    cr_assert_gt(diagnostics.error_count, 0);
    cr_expect_str_eq(diagnostics.first->file, "some/migrations/c.sql");
    cr_expect_eq(graph_size(bundle_graph(built)), 0);
    struct error error = {0};
    cr_expect_null(bundle_read(bundle_bytes(built), &error));
    cr_expect(strstr(error.message, "c.sql") != NULL, "%s", error.message);
    bundle_free(built);
    diagnostics_free(&diagnostics);
}

/* Every byte changed in three ways, and every truncation: an error, or a bundle with another name.
 */
Test(bundle, damage)
{
    struct diagnostics diagnostics = {0};
    struct error error = {0};
    struct bundle *built = bundle_build(files, 2, "", &diagnostics);
    struct bytes bytes = bundle_bytes(built);
    static const uint8_t masks[] = {0x01, 0x80, 0xff};
    for (size_t i = 0; i < bytes.length; i++) {
        for (size_t m = 0; m < sizeof masks; m++) {
            uint8_t *copy = memory_alloc(bytes.length);
            memcpy(copy, bytes.data, bytes.length);
            copy[i] ^= masks[m];
            struct bundle *read =
                bundle_read((struct bytes){.data = copy, .length = bytes.length}, &error);
            cr_expect(read == NULL || strcmp(bundle_digest(read), bundle_digest(built)) != 0,
                      "byte %zu", i);
            bundle_free(read);
            free(copy);
        }
    }
    for (size_t length = 0; length < bytes.length; length++) {
        uint8_t *copy = memory_alloc(length); /* so that a read past the end is noticed */
        memcpy(copy, bytes.data, length);
        cr_expect_null(bundle_read((struct bytes){.data = copy, .length = length}, &error),
                       "length %zu", length);
        free(copy);
    }
    bundle_free(built);
    diagnostics_free(&diagnostics);
}

static int is_sql(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot != NULL && strcmp(dot, ".sql") == 0;
}

static char *file_read(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    struct buffer text = {0};
    char part[4096];
    size_t got = 0;
    while ((got = fread(part, 1, sizeof part, file)) > 0) {
        buffer_append(&text, part, got);
    }
    (void)fclose(file);
    *length = text.length;
    return text.data;
}

Test(bundle, sample_chain)
{
    struct dirent **entries = NULL;
    int count = scandir("migrations", &entries, is_sql, alphasort);
    cr_assert_eq(count, 12);
    struct bundle_file chain[12];
    for (int i = 0; i < count; i++) {
        char path[512];
        (void)snprintf(path, sizeof path, "migrations/%s", entries[i]->d_name);
        chain[i].name = entries[i]->d_name;
        chain[i].content = file_read(path, &chain[i].length);
    }
    struct diagnostics diagnostics = {0};
    struct error error = {0};
    struct buffer shown = {0};
    struct bundle *built = bundle_build(chain, 12, "migrations", &diagnostics);
    diagnostics_print(&diagnostics, &shown);
    cr_assert_eq(diagnostics.error_count, 0, "%s", buffer_text(&shown));
    struct timespec start;
    struct timespec end;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    struct bundle *read = bundle_read(bundle_bytes(built), &error);
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    cr_assert_not_null(read, "%s", error.message);
    double spent =
        (double)(end.tv_sec - start.tv_sec) * 1e3 + (double)(end.tv_nsec - start.tv_nsec) / 1e6;
    fprintf(stderr, "bundle_read of 12 revisions: %.2f ms of CPU\n", spent);
    cr_expect_lt(spent, 100.0); /* loose: for sanitizers; a release build takes about 1 ms */
    struct arena arena = {0};
    struct plan plan;
    struct texts none = {0};
    cr_assert_eq(plan_make(bundle_graph(read), DIRECTION_UP, "head", none, &arena, &plan, &error),
                 0, "%s", error.message);
    cr_assert_eq(plan.step_count, 12);
    for (size_t i = 0; i < 12; i++) {
        const struct revision *revision = plan.steps[i].revision;
        cr_expect(revision == graph_at(bundle_graph(read), i), "listed in order");
        cr_expect_eq(revision->up.transactional, i != 8);
        cr_expect(revision->down.statement_count > 0);
    }
    cr_expect_eq(plan.steps[8].revision->up.statement_count, 4);
    cr_expect_eq(plan.steps[8].revision->up.statements[0].kind, STATEMENT_INDEX_BUILD);
    cr_expect_eq(plan.steps[8].revision->down.statements[0].kind, STATEMENT_INDEX_DROP);
    cr_assert_eq(
        plan_make(bundle_graph(read), DIRECTION_DOWN, "base", plan.to, &arena, &plan, &error), 0,
        "%s", error.message);
    cr_expect_eq(plan.step_count, 12);
    arena_free(&arena);
    bundle_free(read);
    bundle_free(built);
    buffer_free(&shown);
    diagnostics_free(&diagnostics);
    for (int i = 0; i < count; i++) {
        free((void *)(uintptr_t)chain[i].content);
        free(entries[i]);
    }
    free(entries);
}
