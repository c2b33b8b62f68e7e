/* Scopes as they are put together from a command line; texts fit for a terminal. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "cli/line/scope.h"
#include "cli/text/message_clean.h"
#include "cli/text/point_in_time.h"
#include "common/base/array.h"
#include "common/base/selector.h"

static struct invocation invocation;

static void given(enum option_id option, const char *const *values, size_t count)
{
    invocation.arguments.values[option] = (struct texts){values, count};
}

static void clear(void)
{
    arena_free(&invocation.arena);
    invocation = (struct invocation){0};
}

TestSuite(scope, .fini = clear);

Test(scope, parts_are_joined)
{
    static const char *const wheres[] = {"tier=free,region in (us,eu)", " ", "ring!=3"};
    static const char *const waves[] = {"2"};
    static const char *const servers[] = {"pg-eu:5432", "7301923848123"};
    static const char *const names[] = {"acme", "it's", "a, b"};
    const char *scope = NULL;
    struct error error = {0};
    cr_assert_eq(scope_make(&invocation, (struct texts){0}, &scope, &error), 0);
    cr_assert_str_eq(scope, "");
    given(OPTION_WHERE, wheres, 3);
    given(OPTION_WAVE, waves, 1);
    given(OPTION_SERVER, servers, 2);
    cr_assert_eq(scope_make(&invocation, (struct texts){names, 3}, &scope, &error), 0);
    cr_assert_str_eq(scope,
                     "tier=free,region in (us,eu),ring!=3,wave=2,"
                     "server in (pg-eu:5432,7301923848123),target in (acme,\"it's\",'a, b')");
    const struct selector *selector;
    cr_assert_eq(selector_parse(&invocation.arena, scope, &selector, &error), 0, "%s",
                 error.message);
}

Test(scope, a_fault_names_its_option)
{
    static const char *const wheres[] = {"tier=free,,"};
    static const char *const names[] = {"both ' and \""};
    static const char *const empty[] = {""};
    const char *scope = NULL;
    struct error error = {0};
    given(OPTION_WHERE, wheres, 1);
    cr_assert_eq(scope_make(&invocation, (struct texts){0}, &scope, &error), -1);
    cr_assert_eq(error.code, ERROR_USAGE);
    cr_assert(strncmp(error.message, "--where: column ", 16) == 0, "%s", error.message);
    cr_assert_neq(error.hint[0], '\0');
    given(OPTION_WHERE, NULL, 0);
    cr_assert_eq(scope_make(&invocation, (struct texts){names, 1}, &scope, &error), -1);
    cr_assert_eq(error.code, ERROR_USAGE);
    given(OPTION_WAVE, empty, 1);
    cr_assert_eq(scope_make(&invocation, (struct texts){0}, &scope, &error), -1);
    cr_assert_str_eq(error.message, "\"\" cannot be the name of a wave");
}

Test(clean, control_characters_become_question_marks)
{
    static const char *const labels[] = {"a=b", "c=\033]0;x\a"};
    struct arena arena = {0};
    struct target_status target = {.place.name = "te\033[31mnant\r\n", .labels = {labels, 2}};
    struct message message = {.type = MESSAGE_TARGETS, .targets = {.targets = {&target, 1}}};
    message = message_copy(&message, &arena);
    message_clean(&message, &arena);
    cr_assert_str_eq(message.targets.targets.items[0].place.name, "te?[31mnant??");
    cr_assert_str_eq(message.targets.targets.items[0].labels.items[0], "a=b");
    cr_assert_str_eq(message.targets.targets.items[0].labels.items[1], "c=?]0;x?");
    message = (struct message){.type = MESSAGE_REFUSED,
                               .refused = {.message = "one\n\ttwo\033 m\u00fcnchen \xC2\x85"}};
    message = message_copy(&message, &arena);
    message_clean(&message, &arena);
    cr_assert_str_eq(message.refused.message, "one\n\ttwo? m\u00fcnchen ??");
    /* no UTF-8, and what turns the direction of writing: the mark is three bytes */
    message.refused.message = "a\xFF"
                              "b\xC3 c\u202Ed \u20AC";
    message_clean(&message, &arena);
    cr_assert_str_eq(message.refused.message, "a?b? c???d \u20AC");
    arena_free(&arena);
}

Test(moment, near_and_far)
{
    (void)setenv("TZ", "UTC", 1);
    const uint64_t now = UINT64_C(1795399500000); /* Mon 2026-11-23 02:05 */
    static const struct {
        uint64_t ahead_ms;
        const char *text;
    } rows[] = {{4500, "02:05 UTC (in 5 s)"},
                {250000, "02:09 UTC (in 4 min 10 s)"},
                {7800000, "04:15 UTC (in 2 h 10 min)"},
                {90000000, "Tue 03:05 UTC (in 1 day)"},
                {864000000, "2026-12-03 02:05 UTC (in 10 days)"}};
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct buffer out = {0};
        moment_ahead_append(&out, now + rows[i].ahead_ms, now);
        cr_expect_str_eq(buffer_text(&out), rows[i].text);
        buffer_free(&out);
    }
}

Test(moment, spans)
{
    (void)setenv("TZ", "Europe/Berlin", 1);

    const uint64_t now = UINT64_C(1795399500000); /* Mon 2026-11-23 02:05 UTC */
    struct buffer out = {0};
    moment_span_append(&out, now, now + 30000, now);
    cr_expect_str_eq(buffer_text(&out), "03:05:00 to 03:05:30 CET");
    buffer_clear(&out);
    moment_span_append(&out, now, now + 7200000, now);
    cr_expect_str_eq(buffer_text(&out), "03:05 CET to 05:05 CET");
    buffer_free(&out);
    (void)setenv("TZ", "UTC", 1);
}
