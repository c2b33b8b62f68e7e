/* A libuv loop for one test. */
#include "tests/wire/loop.h"

#include <criterion/criterion.h>

enum { GUARD_MS = 30 * 1000 };

static void guard_expired(uv_timer_t *guard)
{
    (void)guard;
    cr_assert_fail("the condition did not come about in %d s", GUARD_MS / 1000);
}

void loop_begin(struct test_loop *test)
{
    cr_assert_eq(uv_loop_init(&test->loop), 0);
    cr_assert_eq(uv_timer_init(&test->loop, &test->guard), 0);
    cr_assert_eq(uv_timer_start(&test->guard, guard_expired, GUARD_MS, 0), 0);
}

void loop_until(struct test_loop *test, const bool *condition)
{
    while (!*condition) {
        (void)uv_run(&test->loop, UV_RUN_ONCE);
    }
}

void loop_end(struct test_loop *test)
{
    uv_unref((uv_handle_t *)&test->guard);
    (void)uv_run(&test->loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&test->guard, NULL);
    (void)uv_run(&test->loop, UV_RUN_DEFAULT);
    cr_assert_eq(uv_loop_close(&test->loop), 0, "a handle was left open");
}
