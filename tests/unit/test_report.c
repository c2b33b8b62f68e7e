/* What people see, rendered into a buffer. */
#include <locale.h>
#include <string.h>

#include <criterion/criterion.h>

#include "cli/report/cohorts.h"
#include "cli/report/progress.h"
#include "cli/report/report.h"
#include "cli/text/table.h"
#include "common/base/array.h"
#include "sample.h"

static const struct style plain = {.width = 80};

static struct wave_status waves[] = {
    {.name = "canary",
     .state = WAVE_FINISHED,
     .counts.targets = 12,
     .counts.deployed = 10,
     .counts.unchanged = 2,
     .wait.reason = ""},
    {.name = "rest",
     .state = WAVE_RUNNING,
     .counts.targets = 1480,
     .counts.deployed = 200,
     .counts.failed = 3,
     .wait.reason = ""},
};

static struct worker_status workers[] = {{.name = "w1", .credit = 64, .running = 64}};

static struct message_progress deploying(void)
{
    return (struct message_progress){.status.rollout = "r1",
                                     .status.verb = "upgrade",
                                     .status.spec = "head",
                                     .status.state = ROLLOUT_DEPLOYING,
                                     .status.digest = "",
                                     .wait.reason = "",
                                     .counts.targets = 1492,
                                     .counts.validated = 1492,
                                     .counts.unchanged = 2,
                                     .counts.running = 64,
                                     .counts.waiting = 1,
                                     .counts.deployed = 210,
                                     .counts.failed = 3,
                                     .status.started_ms = 1000,
                                     .now_ms = 13000,
                                     .waves = {waves, 2},
                                     .workers = {workers, 1}};
}

static struct speed speed_of(struct message_progress progress, uint32_t before, uint64_t elapsed_ms)
{
    struct speed speed = {0};
    struct message_progress earlier = progress;
    earlier.counts.deployed -= before;
    earlier.now_ms -= elapsed_ms;
    speed_sample(&speed, &earlier);
    speed_sample(&speed, &progress);
    return speed;
}

Test(progress, deploying)
{
    struct message_progress progress = deploying();
    struct speed speed = speed_of(progress, 40, 2000);
    struct buffer out = {0};
    progress_render(&progress, &speed, "wave canary finished", &plain, &out);
    cr_assert_str_eq(
        buffer_text(&out),
        "upgrade to head  deploying  12 s, about 1 min 03 s left\n"
        "  canary  ####################################  12/12\n"
        "  rest    #####...............................  203/1,480  3 failed\n"
        "  1,492 targets, 64 running, 1 waiting for a retry, 3 failed, 20/s, 1 worker\n"
        "  wave canary finished\n");
    buffer_free(&out);
}

Test(progress, validating)
{
    struct message_progress progress = deploying();
    struct speed speed = {0};
    struct buffer out = {0};
    progress.status.state = ROLLOUT_VALIDATING;
    progress.counts.validated = 746;
    progress.counts.refused = 1;
    progress.counts.waiting = progress.counts.failed = 0;
    progress_render(&progress, &speed, "", &plain, &out);
    cr_assert_str_eq(buffer_text(&out),
                     "upgrade to head  validating  12 s\n"
                     "  validation  #################...............  747/1,492  1 refused\n"
                     "  1,492 targets, 64 running, 1 refused, 1 worker\n");
    buffer_free(&out);
}

/* No line is wider than the terminal, however narrow and whatever the texts. */
Test(progress, fits_the_width)
{
    struct message_progress progress = deploying();
    progress.wait.reason =
        "paused by somebody@a-host-with-a-long-name.example: a reason of many words, "
        "longer than any terminal is wide";
    struct speed speed = speed_of(progress, 40, 2000);
    for (unsigned width = 60; width < 140; width++) {
        struct style style = {.width = width, .color = true, .unicode = true};
        struct buffer out = {0};
        progress_render(&progress, &speed, progress.wait.reason, &style, &out);
        char *end = NULL;
        for (char *line = strtok_r(out.data, "\n", &end); line != NULL;
             line = strtok_r(NULL, "\n", &end)) {
            cr_assert_lt(style_columns(line), width, "%u: %s", width, line);
        }
        buffer_free(&out);
    }
}

Test(progress, plain_line)
{
    struct message_progress progress = deploying();
    struct speed speed = speed_of(progress, 40, 2000);
    struct buffer out = {0};
    progress_line(&progress, &speed, &out);
    cr_assert_str_eq(buffer_text(&out),
                     "deploying: 215 of 1,492 targets, 64 running, 1 waiting for "
                     "a retry, 3 failed, 20/s");
    buffer_clear(&out);
    progress.workers.count = 0;
    progress.wait.reason = "paused by ops: lunch";
    progress.status.state = ROLLOUT_PAUSED;
    progress.counts.running = progress.counts.waiting = progress.counts.failed = 0;
    struct speed none = {0};
    progress_line(&progress, &none, &out);
    cr_assert_str_eq(buffer_text(&out), "paused: 212 of 1,492 targets: paused by ops: lunch");
    buffer_free(&out);
}

Test(progress, says_what_it_waits_for_and_what_to_do)
{
    struct message_progress progress = deploying();
    struct buffer out = {0};
    struct speed none = {0};
    struct wave_status awaiting[] = {
        {.name = "rest", .state = WAVE_AWAITING, .counts.targets = 1480, .wait.reason = ""}};
    progress.counts.running = progress.counts.waiting = progress.counts.failed = 0;
    progress.wait.idle = true;
    progress.wait.reason = "wave canary soaks";
    progress.wait.until_ms = progress.now_ms + 250000;
    progress_waiting(&progress, &out);
    cr_assert(strncmp(buffer_text(&out), "wave canary soaks until ", 24) == 0);
    cr_assert_not_null(strstr(buffer_text(&out), " (in 4 min 10 s)"), "%s", buffer_text(&out));
    buffer_clear(&out);
    progress.wait.until_ms = 0;
    progress.wait.reason = "wave rest awaits approval";
    progress.status.digest = "3fa9c1d2e4b5a6978812";
    progress.waves = (struct wave_status_list){awaiting, 1};
    progress_line(&progress, &none, &out);
    cr_assert_str_eq(buffer_text(&out), "deploying: 212 of 1,492 targets: wave rest awaits "
                                        "approval; `drover approve --digest 3fa9c1d2e4b5` goes on");
    buffer_clear(&out);
    progress.wait.idle = false;
    progress.wait.reason = "";
    progress.workers.count = 0;
    progress_line(&progress, &none, &out);
    cr_assert_not_null(strstr(buffer_text(&out), ": no worker is connected; `drover worker`"));
    buffer_free(&out);
}

static const char *const two_names[] = {"tenant_0001", "tenant_0002"};

static struct failure_group failures[] = {
    {.phase = "deploy",
     .failure.cause = FAILURE_CAUSE_SQL,
     .failure.sqlstate = "23505",
     .failure.message = "could not create unique index \"users_email_key\"",
     .failure.detail = "Key (email)=(a@b) is duplicated.",
     .failure.hint = "",
     .failure.location = "migrations/0003_x.sql:12",
     .failure.revision = "",
     .targets = {two_names, 2},
     .count = 2},
};

Test(report, failed)
{
    struct message_progress progress = deploying();
    struct message_finished finished = {.status.rollout = "r1",
                                        .status.state = ROLLOUT_FAILED,
                                        .exit_code = 3,
                                        .sentence = "upgrade failed: 210 deployed, 3 failed",
                                        .status.digest = "d",
                                        .failures = {failures, 1}};
    struct buffer out = {0};
    report_finished(&progress, &finished, 12000, true, &plain, &out);
    cr_assert_str_eq(
        buffer_text(&out),
        "WAVE    STATE     TARGETS  DEPLOYED  UNCHANGED  FAILED\n"
        "canary  finished       12        10          2       0\n"
        "rest    running     1,480       200          0       3\n"
        "all                 1,492       210          2       3\n"
        "\n"
        "2 targets: a statement failed\n"
        "  could not create unique index \"users_email_key\"\n"
        "  detail: Key (email)=(a@b) is duplicated.\n"
        "  at: migrations/0003_x.sql:12\n"
        "  SQLSTATE: 23505\n"
        "  targets: tenant_0001, tenant_0002\n"
        "\n"
        "upgrade failed: 210 deployed, 3 failed (12 s)\n"
        "What failed in a transaction was rolled back. Mend the causes and run the same command\n"
        "again: targets that are done are left alone.\n");
    buffer_free(&out);
}

Test(report, many_names_are_cut_on_a_terminal_and_only_there)
{
    const char *names[20];
    for (size_t i = 0; i < 20; i++) {
        names[i] = "tenant";
    }
    struct failure_group group = failures[0];
    group.targets = (struct texts){names, 20};
    group.count = 1030;
    group.failure.revision = "ae10";
    struct failure_group_list list = {&group, 1};
    struct buffer out = {0};
    report_failures(&list, false, &plain, &out);
    cr_assert_not_null(strstr(buffer_text(&out), "1,030 targets: a statement failed\n"));
    cr_assert_not_null(strstr(buffer_text(&out), "  revision: ae10\n"));
    cr_assert_not_null(strstr(buffer_text(&out), "    and 1,022 more:\n"
                                                 "    `drover status --targets --where "
                                                 "sqlstate=23505,revision=ae10`\n"));
    buffer_clear(&out);
    report_failures(&list, true, &plain, &out);
    cr_assert_not_null(strstr(buffer_text(&out), "and 1,010 more:"));
    buffer_free(&out);
}

Test(table, aligns_by_characters_not_bytes)
{
    static const struct table_column columns[] = {{"NAME", false}, {"N", true}};
    static const char *const rows[][2] = {{"m\u00fcnchen", "1"}, {"x", "1,000"}};
    struct arena arena = {0};
    struct table table;
    struct buffer out = {0};
    table_init(&table, &arena, columns, 2);
    table_row(&table, rows[0]);
    table_row(&table, rows[1]);
    table_render(&table, &plain, &out);
    cr_assert_str_eq(buffer_text(&out), "NAME         N\n"
                                        "m\u00fcnchen      1\n"
                                        "x        1,000\n");
    buffer_free(&out);
    arena_free(&arena);
}

static void expect_table(unsigned width, bool cut, const char *const *cells, const char *expected)
{
    static const struct table_column columns[] = {
        {"TARGET", false}, {"STATE", false}, {"N", true}, {"WHY", false}};
    const struct style narrow = {.terminal = true, .width = width};
    struct arena arena = {0};
    struct table table;
    struct buffer out = {0};
    table_init(&table, &arena, columns, LENGTH(columns));
    table.cut = cut;
    table_row(&table, cells);
    table_render(&table, &narrow, &out);
    cr_expect_str_eq(buffer_text(&out), expected);
    buffer_free(&out);
    arena_free(&arena);
}

Test(table, fits_a_narrow_terminal)
{
    static const char *const row[] = {"acme", "failed", "12",
                                      "a duplicated key violates the unique constraint of users"};
    expect_table(100, false, row,
                 "TARGET  STATE    N  WHY\n"
                 "acme    failed  12  a duplicated key violates the unique constraint of users\n");
    expect_table(50, false, row,
                 "TARGET  STATE    N  WHY\n"
                 "acme    failed  12  a duplicated key violates\n"
                 "                    the unique constraint of\n"
                 "                    users\n");
    expect_table(50, true, row,
                 "TARGET  STATE    N  WHY\n"
                 "acme    failed  12  a duplicated key violates ...\n");
    static const char *const longest[] = {
        "tenant_with_a_name_that_is_as_long_as_postgresql_lets_it_be_x63", "failed", "12",
        "a duplicated key violates the unique constraint of users"};
    expect_table(80, false, longest,
                 "TARGET                                                           STATE    N\n"
                 "    WHY\n"
                 "tenant_with_a_name_that_is_as_long_as_postgresql_lets_it_be_x63  failed  12\n"
                 "    a duplicated key violates the unique constraint of users\n");
}

Test(style, wide_characters_take_two_columns)
{
    cr_assert_not_null(setlocale(LC_CTYPE, "C.UTF-8"));
    cr_expect_eq(style_columns("\u6771\u4eac"), 4);
    cr_expect_eq(style_columns("mu\u0308nchen"), 7);
    cr_expect_eq(style_columns("\033[1mx\033[0m"), 1);
    cr_expect_eq(style_fitting_bytes("\u6771\u4eac", 3), 3);
    cr_expect_eq(style_columns("\xFF\xFE"), 2);
}

Test(cohorts, grouped_largest_first)
{
    struct arena arena = {0};
    struct diagnostics diagnostics = {0};
    const struct graph *graph = sample_graph(&arena, "a|||\nb|a||\n", &diagnostics);
    static const char *const at_a[] = {"a"};
    static const char *const at_b[] = {"b"};
    static const char *const at_z[] = {"zz"};
    struct target_status targets[] = {
        {.place.name = "one",
         .heads = {at_a, 1},
         .inspected = true,
         .reading.version_table = "app.v"},
        {.place.name = "two", .heads = {at_b, 1}, .inspected = true, .reading.version_table = ""},
        {.place.name = "three", .heads = {at_b, 1}, .inspected = true, .reading.version_table = ""},
        {.place.name = "four", .inspected = true, .reading.version_table = ""},
        {.place.name = "five", .reading.version_table = ""},
        {.place.name = "six", .heads = {at_z, 1}, .inspected = true, .reading.version_table = ""},
    };
    struct target_status_list list = {targets, 6};
    struct buffer out = {0};
    cohorts_render(&list, graph, false, &plain, &out);
    cr_assert_str_eq(buffer_text(&out), "2 targets at b (head)\n"
                                        "1 target at <base>\n"
                                        "1 target at a\n"
                                        "1 target at zz (unknown)\n");
    buffer_clear(&out);
    cohorts_render(&list, graph, true, &plain, &out);
    cr_assert_str_eq(buffer_text(&out), "NAME   REVISION      VERSION TABLE\n"
                                        "one    a             app.v\n"
                                        "two    b (head)      -\n"
                                        "three  b (head)      -\n"
                                        "four   <base>        -\n"
                                        "five   ?             -\n"
                                        "six    zz (unknown)  -\n");
    buffer_clear(&out);
    list = (struct target_status_list){&targets[1], 1};
    cohorts_render(&list, graph, false, &plain, &out);
    cr_assert_str_eq(buffer_text(&out), "b (head)\n");
    buffer_clear(&out);
    list = (struct target_status_list){&targets[3], 1};
    cohorts_render(&list, graph, false, &plain, &out);
    cr_assert_str_eq(buffer_text(&out), "<base>\n");
    buffer_free(&out);
    arena_free(&arena);
    diagnostics_free(&diagnostics);
}

Test(style, words)
{
    static const struct {
        unsigned long long milliseconds;
        const char *text;
    } rows[] = {{0, "0.0 s"},
                {450, "0.4 s"},
                {12345, "12 s"},
                {185000, "3 min 05 s"},
                {7800000, "2 h 10 min"}};
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct buffer out = {0};
        duration_append(&out, rows[i].milliseconds);
        cr_assert_str_eq(buffer_text(&out), rows[i].text);
        buffer_free(&out);
    }
    char text[NUMBER_TEXT_BYTES];
    cr_assert_str_eq(number_text(0, text), "0");
    cr_assert_str_eq(number_text(999, text), "999");
    cr_assert_str_eq(number_text(1000, text), "1,000");
    cr_assert_str_eq(number_text(1234567, text), "1,234,567");
}
