/* Offline SQL: the sample chain against golden files, and the small rules on graphs of their own.
 */
#include <string.h>

#include <criterion/criterion.h>

#include "cli/plan/sql_offline.h"
#include "cli/project/project.h"
#include "tests/lib/golden.h"
#include "sample.h"

static void sample_check(enum direction direction, const char *spec, const char *golden)
{
    struct invocation invocation = {0};
    struct error error = {0};
    struct buffer out = {0};
    struct bundle *bundle = project_bundle(&invocation, "migrations", PROJECT_SQL, &error);
    cr_assert_not_null(bundle, "%s", error.message);
    const struct offline_request request = {.direction = direction,
                                            .specs = {.items = &spec, .count = 1},
                                            .version_schema = "",
                                            .version_table = "alembic_version"};
    cr_assert_eq(offline_sql(bundle_graph(bundle), &request, &out, &error), 0, "%s", error.message);
    golden_check(golden, buffer_text(&out));
    buffer_free(&out);
    bundle_free(bundle);
}

Test(sql_offline, sample_chain_up)
{
    sample_check(DIRECTION_UP, "head", "unit/golden/sample_up.sql");
}

Test(sql_offline, sample_chain_down)
{
    sample_check(DIRECTION_DOWN, "head:base", "unit/golden/sample_down.sql");
}

/* Text for one spec on a graph of lines, or the error's message. */
static char *text_of(struct arena *arena, const char *lines, enum direction direction,
                     const char *spec, const char *schema)
{
    struct diagnostics diagnostics = {0};
    struct error error = {0};
    struct buffer out = {0};
    const struct graph *graph = sample_graph(arena, lines, &diagnostics);
    cr_assert_eq(diagnostics.error_count, 0);
    const struct offline_request request = {.direction = direction,
                                            .specs = {.items = &spec, .count = 1},
                                            .version_schema = schema,
                                            .version_table = "alembic_version"};
    int result = offline_sql(graph, &request, &out, &error);
    char *text = arena_strdup(arena, result == 0 ? buffer_text(&out) : error.message);
    buffer_free(&out);
    diagnostics_free(&diagnostics);
    return text;
}

Test(sql_offline, from_the_middle)
{
    struct arena arena = {0};
    cr_assert_str_eq(text_of(&arena, "a|||\nb|a||\n", DIRECTION_UP, "a:b", ""),
                     "BEGIN;\n\n"
                     "-- Running upgrade a -> b\n\n"
                     "UPDATE alembic_version SET version_num='b' WHERE "
                     "alembic_version.version_num = 'a';\n\n"
                     "COMMIT;\n");
    cr_assert_str_eq(text_of(&arena, "a|||\nb|a||\n", DIRECTION_DOWN, "a:base", "v \"1\""),
                     "BEGIN;\n\n"
                     "-- Running downgrade a ->\n\n"
                     "DELETE FROM \"v \"\"1\"\"\".alembic_version WHERE "
                     "\"v \"\"1\"\"\".alembic_version.version_num = 'a';\n\n"
                     "COMMIT;\n");
    arena_free(&arena);
}

/* A step ends its transaction when it adds a value to an enum, and by itself when it has none. */
Test(sql_offline, cuts)
{
    static const char *const files[] = {
        "-- Revision ID: a\n-- Revises:\n-- migrate:up\nALTER TYPE t ADD VALUE 'x';\n",
        "-- Revision ID: b\n-- Revises: a\n-- migrate:up\nALTER TYPE t ADD VALUE 'y';\n",
        "-- Revision ID: c\n-- Revises: b\n-- Transaction: none\n-- migrate:up\nVACUUM;\n",
        "-- Revision ID: d\n-- Revises: c\n-- migrate:up\nALTER TYPE t ADD VALUE 'z';\n"};
    struct bundle_file list[LENGTH(files)];
    for (size_t i = 0; i < LENGTH(files); i++) {
        static const char *const names[] = {"a.sql", "b.sql", "c.sql", "d.sql"};
        list[i] = (struct bundle_file){names[i], files[i], strlen(files[i])};
    }
    struct diagnostics diagnostics = {0};
    struct error error = {0};
    struct buffer out = {0};
    struct bundle *bundle = bundle_build(list, LENGTH(files), "", &diagnostics);
    cr_assert_eq(diagnostics.error_count, 0);
    const char *spec = "base:d";
    const struct offline_request request = {.specs = {.items = &spec, .count = 1},
                                            .version_schema = "",
                                            .version_table = "alembic_version"};
    cr_assert_eq(offline_sql(bundle_graph(bundle), &request, &out, &error), 0, "%s", error.message);
    const char *const wanted[] = {"BEGIN;", "'x'", "COMMIT;", "BEGIN;", "'y'", "COMMIT;",  "VACUUM",
                                  "BEGIN;", "'c'", "COMMIT;", "BEGIN;", "'z'", "COMMIT;\n"};
    const char *at = buffer_text(&out);
    for (size_t i = 0; i < LENGTH(wanted); i++) {
        at = strstr(at, wanted[i]);
        cr_assert_not_null(at, "%zu %s in %s", i, wanted[i], buffer_text(&out));
        at += strlen(wanted[i]);
    }
    cr_expect_str_eq(at, "", "%s", buffer_text(&out));
    buffer_free(&out);
    bundle_free(bundle);
    diagnostics_free(&diagnostics);
}

Test(sql_offline, nothing_to_do)
{
    struct arena arena = {0};
    cr_assert_str_eq(text_of(&arena, "a|||\n", DIRECTION_UP, "a:a", ""), "BEGIN;\n\nCOMMIT;\n");
    arena_free(&arena);
}

Test(sql_offline, refusals)
{
    struct arena arena = {0};
    cr_assert_str_eq(text_of(&arena, "a|||\n", DIRECTION_DOWN, "base", ""),
                     "downgrade with --sql needs FROM:TO");
    cr_assert_str_eq(text_of(&arena, "a|||\n", DIRECTION_UP, "-1:a", ""),
                     "\"-1\" cannot begin a range");
    cr_assert_str_eq(text_of(&arena, "a|||\n", DIRECTION_UP, ":a", ""),
                     "\"\" cannot begin a range");
    arena_free(&arena);
}

/* Several specs, another table in another schema, and no key. */
Test(sql_offline, stamp)
{
    struct arena arena = {0};
    struct diagnostics diagnostics = {0};
    struct error error = {0};
    struct buffer out = {0};
    const char *specs[] = {"b:c", "x"};
    struct offline_request request = {.direction = DIRECTION_STAMP,
                                      .specs = {.items = specs, .count = 2},
                                      .version_schema = "meta",
                                      .version_table = "Versions"};
    const struct graph *graph = sample_graph(&arena, "a|||\nb|a||\nc|b||\nx|||\n", &diagnostics);
    cr_assert_eq(offline_sql(graph, &request, &out, &error), 0, "%s", error.message);
    cr_expect_str_eq(buffer_text(&out),
                     "BEGIN;\n\n"
                     "-- Running stamp_revision b -> c\n\n"
                     "UPDATE \"meta\".\"Versions\" SET version_num='c' WHERE "
                     "\"meta\".\"Versions\".version_num = 'b';\n\n"
                     "-- Running stamp_revision  -> x\n\n"
                     "INSERT INTO \"meta\".\"Versions\" (version_num) VALUES ('x');\n\n"
                     "COMMIT;\n");
    buffer_clear(&out);
    specs[0] = "base:c";
    request.specs.count = 1;
    cr_assert_eq(offline_sql(graph, &request, &out, &error), 0, "%s", error.message);
    cr_expect_not_null(
        strstr(buffer_text(&out), "CONSTRAINT \"Versions_pkc\" PRIMARY KEY (version_num)"));
    buffer_clear(&out);
    request.version_keyless = true;
    cr_assert_eq(offline_sql(graph, &request, &out, &error), 0, "%s", error.message);
    cr_expect_null(strstr(buffer_text(&out), "CONSTRAINT"));
    specs[0] = "a:c";
    specs[1] = "b:x";
    request.specs.count = 2;
    cr_expect_eq(offline_sql(graph, &request, &out, &error), -1);
    cr_expect_not_null(strstr(error.message, "cannot both be the start"));
    buffer_free(&out);
    arena_free(&arena);
    diagnostics_free(&diagnostics);
}
