/* Plans: shown, kept in a file, compared. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "cli/plan/plan_difference.h"
#include "cli/plan/plan_text.h"
#include "common/base/array.h"
#include "common/revision/bundle.h"
#include "tests/lib/golden.h"

static const struct style plain = {.width = 80};
static struct arena arena;
static struct diagnostics diagnostics;
static struct bundle *bundles[3]; /* by number of revisions */

static void utc(void)
{
    (void)setenv("TZ", "UTC", 1);
}

static void clear(void)
{
    arena_free(&arena);
    bundle_free(bundles[1]);
    bundle_free(bundles[2]);
    diagnostics_free(&diagnostics);
}

#define FILE_OF(id, down, sql)                                                                     \
    "-- " id "\n--\n-- Revision ID: " id "\n-- Revises: " down                                     \
    "\n-- Create Date: 2026-01-01 00:00:00+00:00\n\n-- migrate:up\n" sql "\n"

static const struct graph *graph_of(size_t count)
{
    static const char a[] = FILE_OF("a", "", "CREATE TABLE a (id int);\nINSERT INTO a VALUES (1);");
    static const char b[] = FILE_OF("b", "a", "CREATE TABLE b (\n  id int\n);");
    const struct bundle_file files[] = {{"0001_a.sql", a, sizeof a - 1},
                                        {"0002_b.sql", b, sizeof b - 1}};
    if (bundles[count] == NULL) {
        bundles[count] = bundle_build(files, count, "", &diagnostics);
    }
    cr_assert_eq(diagnostics.error_count, 0);
    return bundle_graph(bundles[count]);
}

TestSuite(plan_document, .init = utc, .fini = clear);

static const char *const at_a[] = {"a"};
static const char *const at_b[] = {"b"};
static const char *const up_b[] = {"+b"};
static const char *const up_all[] = {"+a", "+b"};

static struct plan_document document_make(void)
{
    static const char *const policy[] = {"concurrency=64",
                                         "wave canary approve=false",
                                         "wave canary soak_ms=600000",
                                         "wave canary checks=select true",
                                         "wave canary checks=select 1 = 1",
                                         "wave rest approve=true",
                                         "wave rest ramp=5",
                                         "wave rest ramp=20%",
                                         "wave rest soak_ms=0"};
    static struct plan_path paths[] = {
        {.from = {NULL, 0}, .to = {at_b, 1}, .steps = {up_all, 2}, .targets = 12},
        {.from = {at_b, 1}, .to = {at_b, 1}, .steps = {NULL, 0}, .targets = 4},
        {.from = {at_a, 1}, .to = {at_b, 1}, .steps = {up_b, 1}, .targets = 1204}};
    static struct target_status targets[] = {{.place.name = "acme",
                                              .place.url = "postgresql://pg/acme",
                                              .place.search_path = "",
                                              .heads = {at_a, 1},
                                              .wave = 1,
                                              .path = 3},
                                             {.place.name = "bolt",
                                              .place.url = "postgresql://pg/bolt",
                                              .place.search_path = "",
                                              .wave = 2,
                                              .path = 1},
                                             {.place.name = "cask",
                                              .place.url = "postgresql://pg/x",
                                              .place.search_path = "",
                                              .place.schema = "cask",
                                              .wave = 2,
                                              .path = 1}};
    struct message plan = {.type = MESSAGE_PLAN,
                           .plan = {.digest = "3fa9c1d2e4b5",
                                    .bundle = "77aa",
                                    .policy = {policy, LENGTH(policy)},
                                    .paths = {paths, 3}}};
    struct message list = {.type = MESSAGE_TARGETS, .targets = {.targets = {targets, 3}}};
    struct plan_document document = {.direction = "upgrade",
                                     .spec = "head",
                                     .where = "tier=free",
                                     .created_by = "ops@host",
                                     .created_at = "2026-11-23T02:05:00Z"};
    plan = message_copy(&plan, &arena);
    list = message_copy(&list, &arena);
    plan_document_fill(&document, &plan.plan, &list.targets.targets, graph_of(2), &arena);
    return document;
}

Test(plan_document, shown)
{
    struct plan_document document = document_make();
    struct wave_status waves[] = {
        {.name = "canary", .counts.targets = 16, .counts.unchanged = 4},
        {.name = "rest", .counts.targets = 1204},
    };
    struct message_progress progress = {.waves = {waves, 2}};
    struct buffer out = {0};
    plan_paths_render(&document, false, &plain, &out);
    buffer_text_append(&out, "\n");
    plan_waves_render(&document, &progress, &plain, &out);
    cr_assert_str_eq(buffer_text(&out), "1,204 targets  a -> b (1 step)\n"
                                        "   12 targets  <base> -> b (2 steps)\n"
                                        "    4 targets  at b, nothing to do\n"
                                        "\n"
                                        "WAVE    TARGETS  TO DO  HELD BY\n"
                                        "canary       16     12  soaks 10 min 00 s, 2 checks\n"
                                        "rest      1,204  1,204  needs approval, ramp 5, 20%\n");
    buffer_clear(&out);
    plan_paths_render(&document, true, &plain, &out);
    golden_check("unit/golden/plan_sql.txt", buffer_text(&out));
    buffer_free(&out);
}

Test(plan_document, forecast)
{
    const uint64_t now_ms = UINT64_C(1795399500000); /* Mon 2026-11-23 02:05 */
    const uint64_t hour_ms = 3600000;
    static const char *const never[] = {"big_one", "bigger_one"};
    struct forecast_wave waves[] = {
        {.name = "canary", .start_ms = now_ms, .finish_ms = now_ms + hour_ms},
        {.name = "rest", .start_ms = now_ms + hour_ms, .finish_ms = now_ms + 20 * hour_ms}};
    struct forecast_window windows[] = {
        {.schedule = "0 5 * * 6 for 1h UTC", .targets = 3},
        {.schedule = "0 1 * * 1-5 for 4h Europe/Berlin",
         .targets = 1200,
         .start_ms = now_ms + 22 * hour_ms,
         .finish_ms = now_ms + 25 * hour_ms},
        {.schedule = "always", .targets = 20, .start_ms = now_ms, .finish_ms = now_ms + hour_ms}};
    struct message_forecast forecast = {.finish_ms = now_ms + 25 * hour_ms,
                                        .reason = "from 12 deploys of this rollout",
                                        .never = 5,
                                        .never_targets = {never, 2},
                                        .waves = {waves, 2},
                                        .windows = {windows, 3}};
    struct buffer out = {0};
    forecast_render(&forecast, now_ms, &plain, &out);
    golden_check("unit/golden/forecast.txt", buffer_text(&out));
    buffer_free(&out);
}

Test(plan_document, survives_a_file)
{
    struct plan_document document = document_make();
    struct plan_document copy;
    struct error error = {0};
    struct buffer out = {0};
    char path[] = "/tmp/drover-plan-XXXXXX";
    cr_assert_geq(mkstemp(path), 0);
    cr_assert_eq(plan_document_write(&document, path, &error), 0, "%s", error.message);
    cr_assert_eq(plan_document_read(path, &arena, &copy, &error), 0, "%s", error.message);
    cr_assert_str_eq(copy.plan.digest, document.plan.digest);
    cr_assert_str_eq(copy.where, "tier=free");
    cr_assert_eq(copy.step_count, 2);
    cr_assert_neq(copy.steps[0].sql[0], '\0');
    cr_assert_eq(copy.targets.count, 3);
    plan_difference_append(&document, &copy, &out);
    cr_assert_str_eq(buffer_text(&out), "");
    plan_difference_append(&copy, &document, &out);
    cr_assert_str_eq(buffer_text(&out), "");
    plan_sql_difference_append(&copy, graph_of(2), &out);
    cr_assert_str_eq(buffer_text(&out), "");
    plan_sql_difference_append(&copy, graph_of(1), &out);
    cr_assert_not_null(strstr(buffer_text(&out), "(b, up) is not among the files\n"));
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    (void)fputs("{\"drover_plan\": 2}", file);
    (void)fclose(file);
    cr_assert_eq(plan_document_read(path, &arena, &copy, &error), -1);
    cr_assert_not_null(strstr(error.message, "is a plan of another version"));
    (void)unlink(path);
    cr_assert_eq(plan_document_read(path, &arena, &copy, &error), -1);
    cr_assert_eq(error.code, ERROR_USAGE);
    buffer_free(&out);
}

Test(plan_document, differences)
{
    static const char *const policy[] = {"concurrency=32", "wave canary checks=select true",
                                         "wave late select="};
    struct plan_document kept = document_make();
    struct plan_document present = document_make();
    struct target_status targets[] = {{.place.name = "acme",
                                       .place.url = "postgresql://pg/acme",
                                       .place.search_path = "",
                                       .place.schema = "",
                                       .heads = {at_b, 1},
                                       .wave = 1},
                                      {.place.name = "bolt",
                                       .place.url = "postgresql://other/bolt",
                                       .place.search_path = "",
                                       .place.schema = "",
                                       .wave = 1},
                                      {.place.name = "dock",
                                       .place.url = "postgresql://pg/dock",
                                       .place.search_path = "",
                                       .place.schema = "",
                                       .wave = 2}};
    struct buffer out = {0};
    present.plan.policy = (struct texts){policy, 3};
    present.targets = (struct target_status_list){targets, 3};
    present.step_count = 1;
    present.steps[0].sql = "SELECT 2;\n";
    plan_difference_append(&kept, &present, &out);
    golden_check("unit/golden/plan_differences.txt", buffer_text(&out));
    buffer_free(&out);
}
