/* Windows and selectors in drover.yaml: what they become, and every fault with its place. */
#include <criterion/criterion.h>
#include <string.h>

#include "common/base/array.h"
#include "common/base/buffer.h"
#include "common/config/config.h"
#include "tests/unit/config_faults.h"

#define LABELLED                                                                                   \
    "targets: [{name: a, url: postgresql://h/a, labels: {tier: internal, ring: 1}},\n"             \
    "  {name: b, url: postgresql://h/b, labels: {tier: free, ring: 3}}]\n"
#define WAVE(select)   LABELLED "rollout: {waves: [{name: w, select: " select "}, {name: rest}]}\n"
#define WINDOW(window) LABELLED "windows: [{" window "}]\n"
#define EXAMPLE                                                                                    \
    "  hint: select: {tier: internal, region: [us, eu], ring: \"!3\"} or "                         \
    "\"tier=internal,region in (us,eu),ring!=3\"\n"

static void expect_select(const char *select, const char *canonical)
{
    struct buffer text = {0};
    struct diagnostics diagnostics = {0};
    buffer_printf(&text, "%srollout: {waves: [{name: w, select: %s}, {name: rest}]}\n", LABELLED,
                  select);
    struct config *config =
        config_parse("d.yaml", buffer_text(&text), text.length, NULL, &diagnostics);
    buffer_clear(&text);
    diagnostics_print(&diagnostics, &text);
    cr_assert_not_null(config, "%s: %s", select, buffer_text(&text));
    cr_expect_str_eq(config->fleet.waves.items[0].select, canonical, "%s: %s", select,
                     config->fleet.waves.items[0].select);
    config_free(config);
    buffer_free(&text);
    diagnostics_free(&diagnostics);
}

Test(config_window, selectors)
{
    expect_select("{tier: internal}", "tier=internal");
    expect_select("{tier: internal, ring: \"!3\"}", "ring!=3,tier=internal");
    expect_select("{tier: [internal, free, internal]}", "tier in (free,internal)");
    expect_select("{tier: [\"!internal\", \"!x\"]}", "tier notin (internal,x)");
    expect_select("{tier: , ring: \"*\"}", "ring,tier");
    expect_select("{tier: \"int*\", beta: \"!*\"}", "!beta,tier=int*");
    expect_select("{tier: [\"it's\", 'a, \"b\"', free]}", "tier in ('a, \"b\"',free,\"it's\")");
    expect_select("tier", "tier");
    expect_select("\"ring notin ( 4 , 3 ),tier==internal\"", "ring notin (3,4),tier=internal");
    expect_select("tier=internal", "tier=internal");
    expect_select("'!beta'", "!beta");
}

Test(config_window, faults_of_selectors)
{
    static const struct fault_case cases[] = {
        {WAVE("{}"), "d.yaml:3:37: error: rollout.waves[].select is empty\n"
                     "  hint: leave it out, or select: {tier: internal}\n"},
        {WAVE("\"\""), "d.yaml:3:37: error: rollout.waves[].select is empty\n"
                       "  hint: leave it out, or select: {tier: internal}\n"},
        {WAVE("[tier]"),
         "d.yaml:3:37: error: rollout.waves[].select: expected a selector, found a list\n"},
        {WAVE("{tier: []}"),
         "d.yaml:3:44: error: rollout.waves[].select: the list is empty\n" EXAMPLE},
        {WAVE("{tier: \"\"}"),
         "d.yaml:3:44: error: rollout.waves[].select: a value is empty\n" EXAMPLE},
        {WAVE("{tier: \"!\"}"),
         "d.yaml:3:44: error: rollout.waves[].select: a value is empty\n" EXAMPLE},
        {WAVE("{tier: [a, \"!b\"]}"), "d.yaml:3:44: error: rollout.waves[].select: values with and "
                                      "without ! in one list\n" EXAMPLE},
        {WAVE("{tier: {a: b}}"),
         "d.yaml:3:44: error: rollout.waves[].select: expected text, found a mapping\n"},
        {WAVE("{\"a b\": x}"), "d.yaml:3:38: error: rollout.waves[].select: the entry 'a b' cannot "
                               "be a requirement on a label\n" EXAMPLE},
        {WAVE("{\"a,b\": x}"), "d.yaml:3:38: error: rollout.waves[].select: the entry 'a,b' cannot "
                               "be a requirement on a label\n" EXAMPLE},
        {WAVE("{\"a=b\": }"), "d.yaml:3:38: error: rollout.waves[].select: the entry 'a=b' cannot "
                              "be a requirement on a label\n" EXAMPLE},
        {WAVE("{a: \"'\\\"\"}"), "d.yaml:3:38: error: rollout.waves[].select: the entry 'a' cannot "
                                 "be a requirement on a label\n" EXAMPLE},
        {WAVE("\"tier=\""),
         "d.yaml:3:37: error: rollout.waves[].select: 'tier=' is not a selector: column 6: a value "
         "is expected (the empty one is '')\n"
         "  hint: for example: tier=internal,region in (us,eu),ring!=3,beta,!legacy\n"},
        {WAVE("{tier: gold, ring: \"!4\"}"),
         "d.yaml:3:37: error: rollout.waves[].select: no target has such labels\n"},
        {WAVE("\"tier in (interal,gold)\""),
         "d.yaml:3:37: error: rollout.waves[].select: no target has such labels\n"
         "  hint: the target at d.yaml:1:11 has a label spelt nearly so\n"},
    };
    expect_all(cases, LENGTH(cases));
}

Test(config_window, faults_of_windows)
{
    static const struct fault_case cases[] = {
        {WINDOW("kind: deny, schedule: 0 1 * * *, duration: 1h"), ""},
        {LABELLED "windows: []\n", ""},
        {LABELLED "windows: {kind: allow}\n",
         "d.yaml:3:10: error: windows: expected a list, found a mapping\n"},
        {LABELLED "windows: [allow]\n",
         "d.yaml:3:11: error: windows[]: expected a mapping, found text\n"
         "  hint: write `key: value` lines, indented alike\n"},
        {WINDOW(""), "d.yaml:3:11: error: windows[].duration is missing\n"
                     "  hint: duration: 4h\n"
                     "d.yaml:3:11: error: windows[].kind is missing\n"
                     "  hint: kind: allow\n"
                     "d.yaml:3:11: error: windows[].schedule is missing\n"
                     "  hint: schedule: \"0 1 * * 1-5\"\n"},
        {LABELLED "windows:\n"
                  "  - kind: alow\n"
                  "    schedule: 0 25 * * *\n"
                  "    duration: 4\n"
                  "    timeZone: Europe/Berln\n"
                  "    select: {tier: gold}\n"
                  "    syncOverrun: yes\n"
                  "    sync_overrun: true\n",
         "d.yaml:4:11: error: windows[].kind: 'alow' is not known\n"
         "  hint: allow or deny\n"
         "d.yaml:5:15: error: windows[].schedule: '0 25 * * *' is not a schedule: hour: a value is "
         "out of range or missing\n"
         "  hint: the hour is 0 to 23: 1, 22-23 or *\n"
         "d.yaml:6:15: error: windows[].duration: '4' has no unit\n"
         "  hint: a number with its unit: 250ms, 2s, 15m, 1h\n"
         "d.yaml:7:15: error: windows[].timeZone: 'Europe/Berln' is not a time zone\n"
         "  hint: did you mean Europe/Berlin?\n"
         "d.yaml:8:13: error: windows[].select: no target has such labels\n"
         "d.yaml:9:18: error: windows[].syncOverrun: 'yes' is not known\n"
         "  hint: false or true\n"
         "d.yaml:10:5: error: unknown key 'sync_overrun' in windows[]\n"
         "  hint: did you mean 'syncOverrun'?\n"},
        {WINDOW("kind: deny, schedule: 0 0 30 2 *, duration: 1h"),
         "d.yaml:3:34: error: windows[].schedule: '0 0 30 2 *' names no date that exists\n"
         "  hint: no month of it has such a day\n"},
    };
    expect_all(cases, LENGTH(cases));
}
