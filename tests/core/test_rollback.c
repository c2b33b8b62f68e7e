/* Rollbacks that do not go straight: refused and asked for again, waves in their order. */
#include <criterion/criterion.h>

#include <string.h>

#include "coordinator/core/facts/rollout.h"
#include "tests/lib/world/story.h"

static const struct rollout *rollout_of(const struct world *world)
{
    return core_rollout(world->coordinator.core);
}

static int rollback(struct world *world, struct error *error)
{
    struct message_control control = {.verb = CONTROL_ROLLBACK, .who = {"ann", ""}};
    *error = (struct error){0};
    return story_steer(world, &control, error);
}

/* Three databases, upgraded from base to b2 in two waves. */
static struct world *world_of_three(void)
{
    struct world *world = story_create();
    story_database(world, "acme", "postgresql://u@pg1:5432/acme", 0);
    story_database(world, "beta", "postgresql://u@pg1/beta", 0);
    story_database(world, "coda", "postgresql://u@pg2:5432/coda", 0);
    story_worker(world, 7, 2);
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    struct wave_definition waves[] = {{.name = "canary", .count = 1}, {.name = "rest"}};
    struct error error = {0};
    begin.policy.request.spec = "b2";
    begin.fleet.waves = (struct wave_definition_list){waves, 2};
    cr_assert_eq(story_start(world, &begin, &error), 0, "%s", error.message);
    story_run(world, 10000);
    cr_assert_eq(rollout_of(world)->state, ROLLOUT_SUCCEEDED);
    return world;
}

static void expect_at(struct world *world, size_t at)
{
    for (uint32_t i = 0; i < world->story->database_count; i++) {
        cr_expect_eq(story_at(world, i), at, "%s is at %zu", world->databases[i].name,
                     story_at(world, i));
    }
}

Test(rollback, refused_by_its_gate_it_can_be_asked_for_again)
{
    struct world *world = world_of_three();
    struct error error;
    story_move(world, 1, 3); /* somebody moved it */
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(rollback(world, &error), 0, "%s", error.message);
        story_run(world, 20000 + 10000 * (uint64_t)i);
        cr_expect_eq(rollout_of(world)->state, ROLLOUT_REFUSED);
        cr_expect_str_eq(rollout_of(world)->policy.reverts, "r1");
        cr_expect_eq(rollout_of(world)->target_count, 3);
        cr_expect_eq(story_at(world, 0), 2, "nothing is changed anywhere");
    }
    story_crash(world, true);
    story_connect(world, 0);
    story_move(world, 1, 2);
    cr_assert_eq(rollback(world, &error), 0, "%s", error.message);
    cr_expect_str_eq(rollout_of(world)->policy.reverts, "r1");
    cr_expect_str_eq(rollout_of(world)->waves[0].definition.name, "rest",
                     "still the last wave first");
    story_run(world, 60000);
    cr_expect_eq(rollout_of(world)->state, ROLLOUT_SUCCEEDED, "%s", story_trace(world));
    expect_at(world, 0);
    story_free(world);
}

static void upgrade(struct world *world, const char *id, const char *spec, uint64_t until_ms)
{
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    struct error error = {0};
    begin.policy.rollout = id;
    begin.policy.request.spec = spec;
    cr_assert_eq(story_start(world, &begin, &error), 0, "%s", error.message);
    story_run(world, until_ms);
    cr_assert_eq(rollout_of(world)->state, ROLLOUT_SUCCEEDED);
}

/* Two upgrades; a crash lies between, so that the first one is known from the journal alone. */
Test(rollback, goes_back_rollout_by_rollout_and_never_forward)
{
    struct world *world = world_of_three();
    struct error error;
    upgrade(world, "r2", "head", 20000);
    expect_at(world, 3);
    cr_assert_eq(rollback(world, &error), 0, "%s", error.message);
    story_run(world, 40000);
    cr_expect_str_eq(rollout_of(world)->policy.reverts, "r2");
    expect_at(world, 2);
    story_crash(world, true);
    story_connect(world, 0);
    cr_assert_eq(rollback(world, &error), 0, "%s", error.message);
    story_run(world, 60000);
    cr_expect_str_eq(rollout_of(world)->policy.reverts, "r1");
    cr_expect_eq(rollout_of(world)->state, ROLLOUT_SUCCEEDED, "%s", story_trace(world));
    expect_at(world, 0);
    cr_expect_eq(rollback(world, &error), -1);
    cr_expect_not_null(strstr(error.message, "not taken back yet"), "%s", error.message);
    struct message_control named = {.verb = CONTROL_ROLLBACK, .who = {"ann", ""}, .rollout = "r3"};
    cr_expect_eq(story_steer(world, &named, &error), -1);
    cr_expect_not_null(strstr(error.message, "would go forward"), "%s", error.message);
    upgrade(world, "r5", "b2", 80000);
    cr_assert_eq(rollback(world, &error), 0, "%s", error.message);
    cr_expect_str_eq(rollout_of(world)->policy.reverts, "r5");
    story_run(world, 100000);
    expect_at(world, 0);
    story_free(world);
}

Test(rollback, of_a_downgrade_must_be_named)
{
    struct world *world = world_of_three();
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    struct error error = {0};
    begin.policy.rollout = "r2";
    begin.policy.request.direction = DIRECTION_DOWN;
    begin.policy.request.spec = "a1";
    cr_assert_eq(story_start(world, &begin, &error), 0, "%s", error.message);
    story_run(world, 20000);
    expect_at(world, 1);
    cr_expect_eq(rollback(world, &error), -1);
    cr_expect_not_null(strstr(error.message, "would go forward"), "%s", error.message);
    struct message_control named = {.verb = CONTROL_ROLLBACK, .who = {"ann", ""}, .rollout = "r2"};
    cr_assert_eq(story_steer(world, &named, &error), 0, "%s", error.message);
    story_run(world, 40000);
    expect_at(world, 2);
    story_free(world);
}

/* What it would do is said without doing it. */
Test(rollback, says_first_what_it_would_do)
{
    struct world *world = world_of_three();
    struct error error = {0};
    struct message_control asks = {.verb = CONTROL_ROLLBACK, .who = {"ann", ""}, .asks = true};
    cr_assert_eq(story_steer(world, &asks, &error), 0, "%s", error.message);
    cr_expect_str_eq(rollout_of(world)->policy.rollout, "r1");
    cr_expect_eq(rollout_of(world)->rollback_wanted, false);
    story_free(world);
}

Test(rollback, a_rollout_refused_at_its_gate_has_nothing_to_take_back)
{
    struct world *world = story_create();
    story_database(world, "acme", "postgresql://u@pg1:5432/acme", 0);
    story_lose(world, 0);
    story_worker(world, 7, 2);
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    struct error error = {0};
    cr_assert_eq(story_start(world, &begin, &error), 0, "%s", error.message);
    story_run(world, 10000);
    cr_expect_eq(rollout_of(world)->state, ROLLOUT_REFUSED);
    cr_expect_eq(rollback(world, &error), -1);
    cr_expect_not_null(strstr(error.message, "not taken back yet"), "%s", error.message);
    story_free(world);
}

Test(rollback, without_its_bundle_it_is_refused)
{
    struct world *world = world_of_three();
    struct error error;
    world->bundle_lost = true;
    cr_expect_eq(rollback(world, &error), -1);
    cr_expect_str_eq(error.message, "the bundle of rollout r1 is not in the journal");
    world->bundle_lost = false;
    cr_expect_eq(rollback(world, &error), 0, "%s", error.message);
    story_run(world, 20000);
    cr_expect_eq(rollout_of(world)->state, ROLLOUT_SUCCEEDED);
    expect_at(world, 0);
    story_free(world);
}

Test(rollback, it_begins_as_soon_as_its_bundle_is_back)
{
    struct world *world = world_of_three();
    struct core_start again = story_start_default(world, PURPOSE_DEPLOY);
    struct error error = {0};
    again.policy.rollout = "r2";
    cr_assert_eq(story_start(world, &again, &error), 0, "%s", error.message);
    while (world->databases[0].commits + world->databases[1].commits < 3) {
        story_run(world, world->now_ms - world->start_ms + 1);
    }
    cr_assert_eq(rollback(world, &error), 0, "%s", error.message);
    world->bundle_lost = true;
    story_run(world, world->now_ms - world->start_ms + 1000);
    cr_expect_str_eq(rollout_of(world)->policy.rollout, "r2");
    cr_expect_eq(rollout_of(world)->state, ROLLOUT_CANCELLED);
    cr_expect_not_null(strstr(story_trace(world),
                              "the rollback cannot begin: the bundle of rollout r2 is not in the "
                              "journal"));
    world->bundle_lost = false;
    story_connect(world, 0);
    story_run(world, world->now_ms - world->start_ms + 10000);
    cr_expect_str_eq(rollout_of(world)->policy.reverts, "r2");
    cr_expect_eq(rollout_of(world)->state, ROLLOUT_SUCCEEDED);
    expect_at(world, 2);
    story_free(world);
}
