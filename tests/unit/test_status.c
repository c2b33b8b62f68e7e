/* What `status` shows, as text and as JSON. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "cli/report/grouping.h"
#include "cli/report/status_text.h"
#include "tests/lib/golden.h"

static const struct style plain = {.width = 80};
static struct arena arena;

static void utc(void)
{
    (void)setenv("TZ", "UTC", 1);
}

static void clear(void)
{
    arena_free(&arena);
}

TestSuite(status, .init = utc, .fini = clear);

enum { MINUTE_MS = 60000 };
static const uint64_t now_ms = UINT64_C(1795399500000); /* Mon 2026-11-23 02:05 */

static const char *const some_names[] = {"tenant_0001", "tenant_0002", "tenant_0003"};

static struct wave_status waves[] = {
    {.name = "canary",
     .state = WAVE_FINISHED,
     .counts.targets = 12,
     .counts.deployed = 10,
     .counts.unchanged = 2},
    {.name = "early",
     .state = WAVE_SOAKING,
     .counts.targets = 120,
     .counts.deployed = 118,
     .counts.skipped = 2,
     .wait.reason = "soaks",
     .wait.until_ms = UINT64_C(1795399500000) + 10 * MINUTE_MS},
    {.name = "rest",
     .state = WAVE_WAITING,
     .counts.targets = 1360,
     .counts.failed = 1112,
     .wait.reason = "needs an approval of the plan by somebody who has looked at it with care"},
};
static struct worker_status workers[] = {{.name = "w1", .credit = 64, .running = 3}};
static struct hold_status holds[] = {{.scope = "tier=free",
                                      .who = {"ops@host", "lunch"},
                                      .since_ms = UINT64_C(1795399500000) - 30 * MINUTE_MS,
                                      .targets = 1120}};
static struct window_status windows[] = {{.kind = "allow",
                                          .schedule = "0 1 * * 1-5 for 4h Europe/Berlin",
                                          .select = "region=eu",
                                          .active = true,
                                          .until_ms = UINT64_C(1795399500000) + 115 * MINUTE_MS},
                                         {.kind = "deny",
                                          .schedule = "0 9 * * 1 for 1h UTC",
                                          .until_ms = UINT64_C(1795399500000) + 415 * MINUTE_MS}};
static struct server_status servers[] = {{.name = "pg-eu:5432",
                                          .identity = "730192",
                                          .running = 1,
                                          .cap = 4,
                                          .reason = "replication lag is 120, its threshold 30"}};
static struct failure_group failures[] = {
    {.phase = "deploy",
     .failure.cause = FAILURE_CAUSE_SQL,
     .failure.sqlstate = "23505",
     .failure.message = "could not create unique index \"users_email_key\"",
     .failure.detail = "Key (email)=(a@b) is duplicated.",
     .failure.location = "migrations/0003_x.sql:12",
     .targets = {some_names, 3},
     .count = 1100,
     .failure.revision = "ae10"},
    {.phase = "deploy",
     .failure.cause = FAILURE_CAUSE_UNREACHABLE,
     .failure.message = "connection refused",
     .targets = {some_names, 1},
     .count = 12}};

static struct target_status *targets_make(size_t count)
{
    static const char *const at[] = {"b2f3"};
    static const char *const eu[] = {"region=eu", "tier=free"};
    static const enum target_state states[] = {TARGET_FAILED, TARGET_DEPLOYED, TARGET_DEPLOYED,
                                               TARGET_SKIPPED};
    struct target_status *targets = arena_array(&arena, count, sizeof *targets);
    for (size_t i = 0; i < count; i++) {
        targets[i] = (struct target_status){.place.name = arena_printf(&arena, "tenant_%04zu", i),
                                            .state = states[i % 4],
                                            .server = i % 3 == 0 ? "pg-us:5432" : "pg-eu:5432",
                                            .heads = {at, i % 4 == 1 ? 1 : 0},
                                            .inspected = true,
                                            .labels = {eu, i % 3 == 0 ? 0 : 2},
                                            .wave = (uint32_t)(i % 3) + 1};
        if (i % 4 == 0) {
            targets[i].failure.cause = FAILURE_CAUSE_SQL;
            targets[i].failure.message =
                "could not create unique index \"users_email_key\" for all of it\n"
                "more";
        } else if (i % 4 == 3) {
            targets[i].wait.reason = "skipped by ops@host: customer is leaving";
        }
    }
    return targets;
}

/* Through the codec, so that no text is NULL, as what arrives. */
static struct status status_make(void)
{
    struct message progress = {.type = MESSAGE_PROGRESS,
                               .progress = {.status.rollout = "20261123-013502-a1b2",
                                            .status.verb = "upgrade",
                                            .status.spec = "head",
                                            .status.state = ROLLOUT_DEPLOYING,
                                            .wait.reason = "wave early soaks",
                                            .wait.idle = true,
                                            .wait.until_ms = now_ms + 10 * MINUTE_MS,
                                            .counts.targets = 1492,
                                            .counts.unchanged = 2,
                                            .counts.deployed = 128,
                                            .counts.failed = 1112,
                                            .counts.skipped = 2,
                                            .status.digest = "3fa9c1d2e4b5a6978812",
                                            .status.started_ms = now_ms - 30 * MINUTE_MS,
                                            .now_ms = now_ms,
                                            .waves = {waves, 3},
                                            .workers = {workers, 1},
                                            .holds = {holds, 1},
                                            .windows = {windows, 2},
                                            .servers = {servers, 1}}};
    struct message groups = {.type = MESSAGE_FAILURES, .failures = {.failures = {failures, 2}}};
    struct message forecast = {.type = MESSAGE_FORECAST,
                               .forecast = {.finish_ms = now_ms + 75 * MINUTE_MS,
                                            .reason = "from 128 deploys of this rollout",
                                            .measured = 128}};
    struct message *ahead = arena_alloc(&arena, sizeof *ahead);
    *ahead = message_copy(&forecast, &arena);
    return (struct status){.progress = message_copy(&progress, &arena).progress,
                           .failures = message_copy(&groups, &arena).failures.failures,
                           .forecast = &ahead->forecast,
                           .scope = ""};
}

static void fits(const struct buffer *text, unsigned width)
{
    struct arena scratch = {0};
    char *end = NULL;
    for (char *line = strtok_r(arena_strdup(&scratch, buffer_text(text)), "\n", &end); line != NULL;
         line = strtok_r(NULL, "\n", &end)) {
        cr_expect_leq(style_columns(line), width, "%s", line);
    }
    arena_free(&scratch);
}

Test(status, while_it_runs)
{
    struct status status = status_make();
    struct buffer out = {0};
    status_render(&status, false, &plain, &out);
    golden_check("unit/golden/status_running.txt", buffer_text(&out));
    fits(&out, 80);
    buffer_free(&out);
}

Test(status, a_scope_in_groups_and_as_a_list)
{
    struct status status = status_make();
    struct message targets = {.type = MESSAGE_TARGETS,
                              .targets = {.targets = {targets_make(12), 12}}};
    struct style terminal = plain;
    struct buffer out = {0};
    terminal.terminal = true;
    status.scope = "tier=free,wave=3";
    status.group_by = "server";
    status.lists_targets = true;
    status.targets = message_copy(&targets, &arena).targets.targets;
    status_render(&status, false, &terminal, &out);
    golden_check("unit/golden/status_scope.txt", buffer_text(&out));
    fits(&out, 80);
    buffer_clear(&out);
    status.targets.count = 0;
    status.failures.count = 0;
    status_render(&status, false, &plain, &out);
    cr_assert_not_null(strstr(buffer_text(&out), "No target matches tier=free,wave=3.\n"));
    buffer_free(&out);
}

Test(status, for_machines)
{
    struct status status = status_make();
    struct message targets = {.type = MESSAGE_TARGETS,
                              .targets = {.targets = {targets_make(12), 12}}};
    status.scope = "wave=3";
    status.group_by = "label:region";
    status.lists_targets = true;
    status.targets = message_copy(&targets, &arena).targets.targets;
    json_t *json = status_json(&status);
    cr_assert_eq(json_integer_value(json_object_get(json, "matching")), 12);
    cr_assert_eq(json_array_size(json_object_get(json, "target_list")), 12);
    cr_assert_eq(json_array_size(json_object_get(json, "failures")), 2);
    cr_assert_eq(json_integer_value(json_object_get(json, "targets")), 1492);
    char *groups = json_dumps(json_object_get(json, "groups"), JSON_COMPACT);
    cr_assert_str_eq(groups,
                     "[{\"value\":\"eu\",\"targets\":8,\"states\":{\"failed\":2,\"skipped\":2,"
                     "\"deployed\":4}},{\"value\":\"\",\"targets\":4,\"states\":{\"failed\":1,"
                     "\"skipped\":1,\"deployed\":2}}]");
    free(groups);
    json_decref(json);
}

Test(status, group_keys)
{
    struct error error = {0};
    cr_assert_eq(grouping_check("server", &error), 0);
    cr_assert_eq(grouping_check("label:region", &error), 0);
    cr_assert_eq(grouping_check("label:", &error), -1);
    cr_assert_eq(grouping_check("sever", &error), -1);
    cr_assert_eq(error.code, ERROR_USAGE);
    cr_assert_str_eq(error.hint, "did you mean server?");
}
