/* The configuration: waves that soak, check, ramp and ask; throttles; and what is said of faults in
 * them. */
#include <criterion/criterion.h>
#include <string.h>

#include "common/base/array.h"
#include "common/base/buffer.h"
#include "common/base/diagnostic.h"
#include "common/config/config.h"
#include "common/config/probe.h"
#include "common/config/value.h"
#include "tests/unit/config_faults.h"

static const char *environment(const char *name)
{
    return strcmp(name, "LAG") == 0 ? "replication_lag" : NULL;
}

/* Parses the lines under `rollout:`, which must be valid. */
static struct config *parse(const char *rollout)
{
    struct diagnostics diagnostics = {0};
    struct buffer text = {0};
    struct buffer shown = {0};
    buffer_printf(&text, TARGETS "rollout:\n%s", rollout);
    struct config *config =
        config_parse("d.yaml", buffer_text(&text), text.length, environment, &diagnostics);
    diagnostics_print(&diagnostics, &shown);
    cr_assert_str_eq(buffer_text(&shown), "");
    cr_assert_not_null(config);
    buffer_free(&shown);
    buffer_free(&text);
    diagnostics_free(&diagnostics);
    return config;
}

static void expect_texts(const struct texts *texts, const char *const *wanted, size_t count)
{
    cr_assert_eq(texts->count, count);
    for (size_t i = 0; i < count; i++) {
        cr_expect_str_eq(texts->items[i], wanted[i]);
    }
}

Test(config_steering, waves)
{
    struct config *config = parse("  on_failure: rollback\n"
                                  "  rediscover: 1m30s\n"
                                  "  waves:\n"
                                  "    - {name: canary, canary: {per_cohort: 2}, max_failures: 0}\n"
                                  "    - name: early\n"
                                  "      count: 7\n"
                                  "      soak: 10m\n"
                                  "      checks: [select true, \"select count(*) > 0 from t;\"]\n"
                                  "      check_sample: 3\n"
                                  "      approve: true\n"
                                  "      max_failures: 2%\n"
                                  "    - {name: rest, ramp: [01, 5, 20%, 10, 100%], "
                                  "check_sample: , soak: off}\n");
    cr_expect_eq(config->limits.on_failure, ON_FAILURE_ROLLBACK);
    cr_expect_eq(config->rediscover_ms, 90000);
    const struct wave_definition *canary = &config->fleet.waves.items[0];
    cr_expect_eq(canary->canary, 2);
    cr_expect(canary->budget);
    cr_expect_eq(canary->failures.count, 0);
    cr_expect_not(canary->approve);
    const struct wave_definition *early = &config->fleet.waves.items[1];
    cr_expect_eq(early->canary, 0);
    cr_expect_eq(early->soak_ms, 600000);
    cr_expect_eq(early->sample.count, 3);
    cr_expect_eq(early->sample.percent, 0);
    cr_expect(early->approve);
    cr_expect_eq(early->failures.percent, 2);
    static const char *const checks[] = {"select true", "select count(*) > 0 from t;"};
    expect_texts(&early->checks, checks, 2);
    const struct wave_definition *rest = &config->fleet.waves.items[2];
    cr_expect_not(rest->budget);
    cr_expect_eq(rest->soak_ms, 0);
    cr_expect_eq(rest->sample.percent, 100);
    static const char *const ramp[] = {"1", "5", "20%", "10", "100%"};
    expect_texts(&rest->ramp, ramp, 5);
    config_free(config);
}

Test(config_steering, rediscovery_may_be_off)
{
    static const char *const texts[] = {"  rediscover: off\n", "  rediscover: 0s\n"};
    for (size_t i = 0; i < 2; i++) {
        struct config *config = parse(texts[i]);
        cr_expect_eq(config->rediscover_ms, 0);
        config_free(config);
    }
}

Test(config_steering, throttles)
{
    struct config *config =
        parse("  throttle:\n"
              "    - {probe: \"${LAG}\", threshold: 10}\n"
              "    - {probe: lock_waits, name: waits, threshold: 0.25, every: 250ms}\n"
              "    - {name: queue, query: \"select count(*) from jobs\", threshold: 1000}\n");
    cr_assert_eq(config->fleet.throttles.count, 3);
    const struct throttle_definition *lag = &config->fleet.throttles.items[0];
    cr_expect_str_eq(lag->name, "replication_lag");
    cr_expect_str_eq(lag->query, probe_find("replication_lag")->sql);
    cr_expect_str_eq(lag->threshold, "10");
    cr_expect_eq(lag->every_ms, 5000);
    const struct throttle_definition *waits = &config->fleet.throttles.items[1];
    cr_expect_str_eq(waits->name, "waits");
    cr_expect_str_eq(waits->query, probe_find("lock_waits")->sql);
    cr_expect_str_eq(waits->threshold, "0.25");
    cr_expect_eq(waits->every_ms, 250);
    const struct throttle_definition *queue = &config->fleet.throttles.items[2];
    cr_expect_str_eq(queue->name, "queue");
    cr_expect_str_eq(queue->query, "select count(*) from jobs");
    config_free(config);
}

Test(config_steering, faults_of_waves)
{
    static const struct fault_case cases[] = {
        {TARGETS "rollout: {waves: [{name: a, approve: yes, soak: 5, checks: select true}]}\n",
         "d.yaml:2:38: error: rollout.waves[].approve: 'yes' is not known\n"
         "  hint: false or true\n"
         "d.yaml:2:49: error: rollout.waves[].soak: '5' has no unit\n"
         "  hint: a number with its unit: 250ms, 2s, 15m, 1h, or off\n"
         "d.yaml:2:60: error: rollout.waves[].checks: expected a list of texts, found text\n"
         "  hint: checks: [\"select true\"]\n"},
        {TARGETS "rollout: {waves: [{name: a, checks: [\"\", [x], ~]}]}\n",
         "d.yaml:2:38: error: rollout.waves[].checks: an empty item\n"
         "  hint: take it out, or write a text\n"
         "d.yaml:2:42: error: rollout.waves[].checks: expected text, found a list\n"
         "d.yaml:2:47: error: rollout.waves[].checks: an empty item\n"
         "  hint: take it out, or write a text\n"},
        {TARGETS "rollout: {waves: [{name: a, check_sample: 3}]}\n",
         "d.yaml:2:29: error: rollout.waves[].check_sample is nothing without checks\n"
         "  hint: checks: [\"select ...\"], or take it out\n"},
        {TARGETS "rollout: {waves: [{name: a, checks: [x], check_sample: 0%}]}\n",
         "d.yaml:2:56: error: rollout.waves[].check_sample: '0%' is no sample\n"
         "  hint: a count like 5, or a percentage from 1% to 100%\n"},
        {TARGETS "rollout: {waves: [{name: a, checks: [x], check_sample: 1.5}]}\n",
         "d.yaml:2:56: error: rollout.waves[].check_sample: '1.5' is neither a count nor a "
         "percentage\n"
         "  hint: a count like 3, or a percentage up to 100%\n"},
        {TARGETS "rollout: {waves: [{name: a, ramp: [5, 5, 20%, 10%, 0, x, 100%, 7]}]}\n",
         "d.yaml:2:39: error: rollout.waves[].ramp: '5' is no more than a step before it\n"
         "  hint: steps grow: ramp: [1, 5, 20%]\n"
         "d.yaml:2:47: error: rollout.waves[].ramp: '10%' is no more than a step before it\n"
         "  hint: steps grow: ramp: [1, 5, 20%]\n"
         "d.yaml:2:52: error: rollout.waves[].ramp: '0' lets no target begin\n"
         "  hint: steps grow: ramp: [1, 5, 20%]\n"
         "d.yaml:2:55: error: rollout.waves[].ramp: 'x' is neither a count nor a percentage\n"
         "  hint: a count like 3, or a percentage up to 100%\n"
         "d.yaml:2:64: error: rollout.waves[].ramp: '7' is no more than a step before it\n"
         "  hint: steps grow: ramp: [1, 5, 20%]\n"},
        {TARGETS "rollout: {waves: [{name: a, ramp: 5}]}\n",
         "d.yaml:2:35: error: rollout.waves[].ramp: expected a list of counts and percentages, "
         "found text\n"
         "  hint: ramp: [1, 5, 20%]\n"},
        {TARGETS "rollout: {waves: [{name: a, canary: {}}, {name: b}]}\n",
         "d.yaml:2:37: error: rollout.waves[].canary.per_cohort is missing\n"
         "  hint: per_cohort: 10\n"},
        {TARGETS "rollout: {waves: [{name: a, canary: {per_cohort: 1}, count: 2, percent: 3}, "
                 "{name: b}]}\n",
         "d.yaml:2:54: error: rollout.waves[].count does not go with canary\n"
         "  hint: one of the two\n"
         "d.yaml:2:64: error: rollout.waves[].percent does not go with canary\n"
         "  hint: one of the two\n"
         "d.yaml:2:64: error: rollout.waves[].percent does not go with count\n"
         "  hint: one of the two\n"},
        {TARGETS "rollout: {waves: [{name: a, canary: {per_cohort: 1}}]}\n",
         "d.yaml:2:19: warning: no wave takes the rest: targets outside all waves are "
         "not deployed\n"
         "  hint: end the list with - {name: rest}\n"},
        {TARGETS "rollout: {waves: [{name: a, max_failures: few}], rediscover: never}\n",
         "d.yaml:2:43: error: rollout.waves[].max_failures: 'few' is neither a count nor a "
         "percentage\n"
         "  hint: a count like 3, or a percentage up to 100%\n"
         "d.yaml:2:62: error: rollout.rediscover: 'never' is not a duration\n"
         "  hint: a number with its unit: 250ms, 2s, 15m, 1h, or off\n"},
    };
    expect_all(cases, LENGTH(cases));
}

Test(config_steering, faults_of_throttles)
{
    static const struct fault_case cases[] = {
        {TARGETS "rollout: {throttle: replication_lag}\n",
         "d.yaml:2:21: error: rollout.throttle: expected a list, found text\n"},
        {TARGETS "rollout: {throttle: [replication_lag]}\n",
         "d.yaml:2:22: error: rollout.throttle[]: expected a mapping, found text\n"
         "  hint: write `key: value` lines, indented alike\n"},
        {TARGETS "rollout: {throttle: [{probe: replication_lga}]}\n",
         "d.yaml:2:22: error: rollout.throttle[].threshold is missing\n"
         "  hint: threshold: 10\n"
         "d.yaml:2:30: error: rollout.throttle[].probe: 'replication_lga' is not known\n"
         "  hint: did you mean 'replication_lag'?\n"},
        {TARGETS "rollout: {throttle: [{probe: x, threshold: 1}]}\n",
         "d.yaml:2:30: error: rollout.throttle[].probe: 'x' is not known\n"
         "  hint: known: replication_lag, replication_backlog, connection_use, lock_waits, "
         "active_sessions, oldest_transaction; or query: SQL of your own\n"},
        {TARGETS "rollout: {throttle: [{threshold: 1}]}\n",
         "d.yaml:2:22: error: rollout.throttle[]: none of probe, query\n"
         "  hint: exactly one: {probe: replication_lag, threshold: 10}\n"},
        {TARGETS "rollout: {throttle: [{probe: lock_waits, query: select 1, threshold: 1}]}\n",
         "d.yaml:2:22: error: rollout.throttle[]: more than one of probe, query\n"
         "  hint: exactly one: {probe: replication_lag, threshold: 10}\n"},
        {TARGETS "rollout: {throttle: [{query: select 1, threshold: 1}]}\n",
         "d.yaml:2:22: error: rollout.throttle[].name is missing\n"
         "  hint: a query needs one, for `drover status`: name: NAME\n"},
        {TARGETS "rollout: {throttle: [{probe: lock_waits, threshold: 1}, "
                 "{probe: lock_waits, threshold: 2}]}\n",
         "d.yaml:2:65: error: two throttles have the name 'lock_waits'\n"
         "  hint: the other one is in line 2\n"},
        {TARGETS "rollout: {throttle: [{probe: lock_waits, threshold: 1e3, every: off}]}\n",
         "d.yaml:2:53: error: rollout.throttle[].threshold: '1e3' is not a number\n"
         "  hint: a number above 0 like 10 or 0.5, of at most 15 digits\n"
         "d.yaml:2:65: error: rollout.throttle[].every: 'off' is not a duration\n"
         "  hint: a number with its unit: 250ms, 2s, 15m, 1h\n"},
    };
    expect_all(cases, LENGTH(cases));
}

Test(config_steering, numbers)
{
    static const struct {
        const char *text;
        double number; /* 0: refused */
    } cases[] = {{"10", 10},
                 {"0.5", 0.5},
                 {"007.250", 7.25},
                 {"123456789012345", 123456789012345.0},
                 {"1234567890123456", 0},
                 {"0.1234567890123456", 0},
                 {"0", 0},
                 {"0.0", 0},
                 {"", 0},
                 {".5", 0},
                 {"5.", 0},
                 {"-1", 0},
                 {"1,5", 0},
                 {"1.5.2", 0},
                 {"0x10", 0},
                 {"nan", 0},
                 {"10%", 0}};
    for (size_t i = 0; i < LENGTH(cases); i++) {
        double number = 0;
        struct error error;
        int status = value_number(cases[i].text, &number, &error);
        cr_expect_eq(status, cases[i].number > 0 ? 0 : -1, "%s", cases[i].text);
        cr_expect_float_eq(number, cases[i].number, 0, "%s", cases[i].text);
    }
}
