/* common/base/impossible: the sentence, the place, what the thread was doing; each in a child. */
#include <criterion/criterion.h>

#include <signal.h>
#include <string.h>

#include "common/base/impossible.h"
#include "tests/lib/last_words.h"

/* Dies, and what was said begins with `expected`; it is given back for more. */
static struct buffer dies_with(void (*die)(void), const char *expected)
{
    struct buffer said = {0};
    cr_expect_eq(last_words(die, &said), 128 + SIGABRT);
    cr_expect_eq(strncmp(buffer_text(&said), expected, strlen(expected)), 0, "%s",
                 buffer_text(&said));
    return said;
}

static void place_reach(void)
{
    IMPOSSIBLE("job %d is not leased", 7);
}

Test(impossible, says_what_and_where)
{
    struct buffer said = dies_with(place_reach, "drover: cannot go on: job 7 is not leased\n"
                                                "    at tests/unit/test_impossible.c:");
    cr_expect_not_null(strstr(buffer_text(&said), ", place_reach\n"), "%s", buffer_text(&said));
    buffer_free(&said);
}

static void condition_break(void)
{
    unsigned running = 0;
    INVARIANT(running == 0 || running % 2 == 1);
    INVARIANT(running % 2 == 1);
}

static void sentence_break(void)
{
    unsigned running = 0;
    INVARIANT_THAT(running == 0, "%u jobs", running);
    INVARIANT_THAT(running > 0, "a worker with %u jobs ends one", running);
}

Test(impossible, invariants_say_the_condition_or_a_sentence)
{
    struct buffer said = dies_with(
        condition_break, "drover: cannot go on: this does not hold: running % 2 == 1\n    at ");
    buffer_free(&said);
    said =
        dies_with(sentence_break, "drover: cannot go on: a worker with 0 jobs ends one\n    at ");
    buffer_free(&said);
}

static void number_tell(const void *subject, struct buffer *out)
{
    buffer_printf(out, "    while counting to %d\n", *(const int *)subject);
}

static void tell_badly(const void *subject, struct buffer *out)
{
    buffer_printf(out, "never seen");
    INVARIANT(subject != NULL);
}

static const int three = 3;
static const int four = 4;

static void context_nest(void)
{
    struct impossible_context outer =
        impossible_context_set((struct impossible_context){number_tell, &three, .exit_code = 0});
    INVARIANT(outer.tell == NULL);
    struct impossible_context inner =
        impossible_context_set((struct impossible_context){number_tell, &four, .exit_code = 0});
    (void)impossible_context_set(inner);
    IMPOSSIBLE("too far");
}

static void context_fail(void)
{
    (void)impossible_context_set((struct impossible_context){tell_badly, NULL, .exit_code = 0});
    IMPOSSIBLE("first");
}

Test(impossible, tells_what_the_thread_was_doing)
{
    struct buffer said = dies_with(context_nest, "drover: cannot go on: too far\n");
    cr_expect_not_null(strstr(buffer_text(&said), "\n    while counting to 3\n"));
    cr_expect_null(strstr(buffer_text(&said), "counting to 4"));
    buffer_free(&said);
}

static void record_read(void)
{
    (void)impossible_context_set((struct impossible_context){number_tell, &three, .exit_code = 2});
    IMPOSSIBLE("damaged");
}

Test(impossible, ends_as_the_context_says)
{
    struct buffer said = {0};
    cr_expect_eq(last_words(record_read, &said), 2);
    cr_expect_not_null(strstr(buffer_text(&said), "\n    while counting to 3\n"));
    buffer_free(&said);
}

Test(impossible, dying_while_telling_ends_too)
{
    struct buffer said = dies_with(context_fail, "drover: cannot go on: first\n");
    cr_expect_not_null(strstr(buffer_text(&said), "this does not hold: subject != NULL"));
    buffer_free(&said);
}
