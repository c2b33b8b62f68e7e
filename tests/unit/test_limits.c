/* Shares and limits: what they allow, what a change takes over, how people read them. */
#include <criterion/criterion.h>

#include "common/vocabulary/limits.h"

static struct limits limits = {.concurrency = 64, .per_server = 8, .failures = {.percent = 1}};
static struct timeouts timeouts = {
    .lock_timeout_ms = 2000, .statement_timeout_ms = 900000, .queue_timeout_ms = 500};

Test(limits, parts_allow_less_and_take_more)
{
    cr_expect_eq(share_allowed((struct share){.count = 3}, 10), 3);
    cr_expect_eq(share_allowed((struct share){.count = 3, .percent = 10}, 19), 1);
    cr_expect_eq(share_allowed((struct share){.percent = 100}, UINT32_MAX), UINT32_MAX);
    cr_expect_eq(share_taken((struct share){.count = 3}, 10), 3);
    cr_expect_eq(share_taken((struct share){.percent = 10}, 11), 2);
    cr_expect_eq(share_taken((struct share){.percent = 100}, UINT32_MAX), UINT32_MAX);
}

Test(limits, what_is_kept_stays)
{
    struct limit_changes changes = limits_kept();
    cr_expect(limits_are_kept(&changes));
    changes.lock_timeout_ms = 250;
    changes.failures = (struct share){.count = 0};
    cr_expect_not(limits_are_kept(&changes));
    limits_change(&limits, &timeouts, &changes);
    cr_expect_eq(limits.concurrency, 64);
    cr_expect_eq(limits.failures.percent, 0);
    cr_expect_eq(timeouts.lock_timeout_ms, 250);
    cr_expect_eq(timeouts.statement_timeout_ms, 900000);
}

Test(limits, as_people_read_them)
{
    struct buffer text = {0};
    struct limit_changes now = limits_now(&limits, &timeouts);
    limits_append(&now, &text);
    cr_expect_str_eq(
        buffer_text(&text),
        "concurrency 64, per server 8, failures 1%, lock timeout 2 s, statement timeout 15 min, "
        "queue timeout 500 ms");
    buffer_clear(&text);
    now.queue_timeout_ms = 0;
    limits_append(&now, &text);
    cr_expect(strstr(buffer_text(&text), "queue timeout off") != NULL, "%s", buffer_text(&text));
    buffer_free(&text);
}
