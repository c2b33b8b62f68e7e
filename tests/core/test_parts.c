/* The core's parts that have rules of their own: what is tried again and when, and what a server
 * is. */
#include <criterion/criterion.h>

#include "common/base/array.h"
#include "coordinator/core/decide/retry.h"
#include "coordinator/core/facts/server.h"

static const struct limits policy = {
    .retry_attempts = 10, .retry_backoff_min_ms = 1000, .retry_backoff_max_ms = 60000};

/* How many attempts there are in all. */
static uint32_t attempts(enum job_kind kind, enum failure_cause cause, const char *sqlstate)
{
    const struct failure failure = {.cause = cause, .sqlstate = sqlstate};
    uint64_t delay_ms = 0;
    uint32_t tries = 1;
    while (retry_wanted(&policy, kind, &failure, tries, 0, &delay_ms)) {
        tries++;
    }
    return tries;
}

Test(retry, by_sqlstate_and_cause)
{
    static const struct {
        enum job_kind kind;
        enum failure_cause cause;
        const char *sqlstate;
        uint32_t attempts;
    } cases[] = {
        {JOB_DEPLOY, FAILURE_CAUSE_SQL, "55P03", 10},
        {JOB_DEPLOY, FAILURE_CAUSE_SQL, "40P01", 10},
        {JOB_DEPLOY, FAILURE_CAUSE_SQL, "40001", 10},
        {JOB_DEPLOY, FAILURE_CAUSE_SQL, "57P01", 10},
        {JOB_DEPLOY, FAILURE_CAUSE_SQL, "25P03", 10},
        {JOB_DEPLOY, FAILURE_CAUSE_SQL, "53300", 10},
        {JOB_DEPLOY, FAILURE_CAUSE_SQL, "57014", 1}, /* statement_timeout comes again */
        {JOB_DEPLOY, FAILURE_CAUSE_SQL, "42P01", 1},
        {JOB_DEPLOY, FAILURE_CAUSE_SQL, "", 1},
        {JOB_DEPLOY, FAILURE_CAUSE_CONNECTION, "", 10},
        {JOB_DEPLOY, FAILURE_CAUSE_CONNECTION, "08006", 10},
        {JOB_DEPLOY, FAILURE_CAUSE_UNREACHABLE, "08001", 10},
        {JOB_DEPLOY, FAILURE_CAUSE_MOVED, "40001", 1},
        {JOB_INSPECT, FAILURE_CAUSE_UNREACHABLE, "08001", 4},
        {JOB_INSPECT, FAILURE_CAUSE_UNREACHABLE, "", 4},
        {JOB_INSPECT, FAILURE_CAUSE_UNREACHABLE, "57P03", 10},
        {JOB_INSPECT, FAILURE_CAUSE_UNREACHABLE, "53300", 10},
        {JOB_INSPECT, FAILURE_CAUSE_LOGIN, "28P01", 1},
        {JOB_INSPECT, FAILURE_CAUSE_NO_DATABASE, "3D000", 1},
        {JOB_INSPECT, FAILURE_CAUSE_SECRET, "", 1},
        {JOB_INSPECT, FAILURE_CAUSE_STANDBY, "25006", 1},
        {JOB_DISCOVER, FAILURE_CAUSE_UNREACHABLE, "08001", 4},
        {JOB_DISCOVER, FAILURE_CAUSE_DISCOVERY, "57P03", 10},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        uint32_t actual = attempts(cases[i].kind, cases[i].cause, cases[i].sqlstate);
        cr_expect_eq(actual, cases[i].attempts, "%s %s: %u attempts",
                     failure_cause_word(cases[i].cause), cases[i].sqlstate, actual);
    }
}

Test(retry, backoff_doubles_up_to_the_limit_with_jitter_over_the_upper_half)
{
    const struct failure busy = {.cause = FAILURE_CAUSE_SQL, .sqlstate = "55P03"};
    for (uint32_t tries = 1; tries < 10; tries++) {
        uint64_t whole = tries > 6 ? 60000 : (uint64_t)1000 << (tries - 1);
        for (uint64_t chance = 0; chance < 50; chance++) {
            uint64_t delay_ms = 0;
            cr_assert(retry_wanted(&policy, JOB_DEPLOY, &busy, tries, chance * 7919, &delay_ms));
            cr_expect(delay_ms >= whole / 2 && delay_ms <= whole, "try %u: %u ms", tries,
                      (unsigned)delay_ms);
        }
    }
}

Test(server, key_of_url)
{
    static const char *const cases[][2] = {
        {"postgresql://u@pg1:5433/acme?sslmode=require", "pg1:5433"},
        {"postgres://pg1/acme", "pg1:5432"},
        {"postgresql://u:a%40b@pg1", "pg1:5432"},
        {"postgresql://[::1]:6000/x", "[::1]:6000"},
        {"postgresql://[::1]/x", "[::1]:5432"},
        {"postgresql:///x", "localhost:5432"},
        {"postgresql:///x?host=/run/pg&port=5433", "/run/pg:5433"},
        {"postgresql://%2Frun%2Fpg:5433/x", "/run/pg:5433"},
        {"postgresql://a:1,b:2/x", "a:1,b:2:5432"},
        {"host=pg1 port=5433 dbname=x", "pg1:5433"},
        {"dbname=x host='pg1'", "pg1:5432"},
        {"whatever", "whatever"},
        {"", ""},
        {"postgresql://", "localhost:5432"},
        {"postgresql://u@pg1:%/%", "pg1:%"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        char key[64];
        server_key(cases[i][0], key, sizeof key);
        cr_expect_str_eq(key, cases[i][1], "%s: %s", cases[i][0], key);
    }
}
