/* A libuv loop for one test: runs until a condition holds, fails when that takes too long, and at
 * the end checks that no handle is left.
 */
#ifndef DROVER_TESTS_WIRE_LOOP_H
#define DROVER_TESTS_WIRE_LOOP_H

#include <stdbool.h>
#include <uv.h>

struct test_loop {
    uv_loop_t loop;
    uv_timer_t guard;
};

void loop_begin(struct test_loop *test);
void loop_until(struct test_loop *test, const bool *condition);

/* Runs until every handle is closed; fails when one stays. */
void loop_end(struct test_loop *test);

#endif
