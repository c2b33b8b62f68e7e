/* Servers that cannot be reached, workers that do not reach them, and jobs that end their worker: who is charged. */
#include <criterion/criterion.h>
#include <string.h>

#include "common/base/array.h"
#include "coordinator/core/view/reason.h"
#include "coordinator/core/view/view.h"
#include "tests/lib/world/story.h"

static const char *const names[] = {"acme", "globex", "initech"};

/* Three databases behind one name, on a server of the world's. */
static struct world *world_of_one_server(void)
{
    struct world *world = story_create();
    for (size_t i = 0; i < LENGTH(names); i++) {
        const char *url = arena_printf(&world->arena, "postgresql://pg1/%s", names[i]);
        story_database(world, names[i], url, 0)->server = 1;
    }
    return world;
}

static void begin(struct world *world, uint64_t patience_ms)
{
    struct error error = {0};
    struct core_start start = story_start_default(world, PURPOSE_DEPLOY);
    start.policy.limits.server_patience_ms = patience_ms;
    cr_assert_eq(story_start(world, &start, &error), 0, "%s", error.message);
}

static struct outage_status outage(struct world *world, size_t at)
{
    struct outage_status_list list = core_outages(world->coordinator.core, &world->arena);
    cr_assert_gt(list.count, at);
    return list.items[at];
}

static size_t outages(struct world *world)
{
    return core_outages(world->coordinator.core, &world->arena).count;
}

Test(outage, a_server_that_comes_back_has_cost_nothing)
{
    struct world *world = world_of_one_server();
    world->servers[1].up = false;
    story_worker(world, 7, 4);
    begin(world, 60000);
    story_run(world, 30000);
    cr_expect_str_eq(story_state(world), "validating");
    struct outage_status status = outage(world, 0);
    cr_expect_str_eq(status.server, "pg1:5432");
    cr_expect_str_eq(status.worker, "");
    cr_expect_eq(status.targets, LENGTH(names));
    cr_expect_eq(status.asking.until_ms - status.unreached_ms, 60000);
    struct wait reason = core_rollout_reason(world->coordinator.core, &world->arena);
    cr_expect_not_null(strstr(reason.reason, "pg1:5432 cannot be reached"), "%s", reason.reason);
    cr_expect_eq(reason.until_ms, status.asking.until_ms);
    cr_expect_null(strstr(story_trace(world), "job_postponed"));
    server_rises(world, 1);
    story_run(world, 90000);
    cr_expect_str_eq(story_state(world), "succeeded");
    cr_expect_eq(outages(world), 0);
    story_free(world);
}

Test(outage, after_its_patience_the_gate_refuses_with_the_reason)
{
    struct world *world = world_of_one_server();
    world->servers[1].up = false;
    story_worker(world, 7, 4);
    begin(world, 10000);
    story_run(world, 9999);
    cr_expect_str_eq(story_state(world), "validating");
    story_run(world, 11000);
    cr_expect_str_eq(story_state(world), "refused");
    cr_expect_str_eq(story_target_state(world, "globex"), "refused");
    story_free(world);
}

Test(outage, a_pause_does_not_use_up_the_patience)
{
    struct world *world = world_of_one_server();
    world->servers[1].up = false;
    story_worker(world, 7, 4);
    begin(world, 10000);
    story_run(world, 1000);
    cr_assert_eq(story_control(world, CONTROL_PAUSE), 0);
    story_run(world, 600000);
    cr_assert_eq(story_control(world, CONTROL_RESUME), 0);
    story_run(world, 605000);
    cr_expect_str_eq(story_state(world), "validating");
    story_run(world, 620000);
    cr_expect_str_eq(story_state(world), "refused");
    story_free(world);
}

Test(outage, what_one_worker_does_not_reach_goes_to_the_other)
{
    struct world *world = world_of_one_server();
    uint32_t cave = story_worker(world, 7, 4);
    story_worker(world, 8, 4);
    *agent_blind_until(world, cave, 1) = UINT64_MAX;
    story_pace(world, 100);
    begin(world, 1000);
    story_run(world, 150);
    struct outage_status status = outage(world, 0);
    cr_expect_str_eq(status.worker, "w7");
    cr_expect_eq(status.asking.until_ms, 0);
    story_run(world, 20000);
    cr_expect_str_eq(story_state(world), "succeeded");
    cr_expect_null(strstr(story_trace(world), "job_postponed"));
    story_free(world);
}

Test(outage, a_job_that_ends_its_worker_each_time_is_given_up)
{
    struct world *world = world_of_one_server();
    world->databases[0].kills = true;
    for (uint64_t instance = 7; instance < 12; instance++) {
        story_worker(world, instance, 1);
    }
    begin(world, 1000);
    story_run(world, 60000);
    cr_expect_str_eq(story_target_state(world, "acme"), "failed");
    cr_expect_str_eq(story_target_state(world, "globex"), "deployed");
    size_t alive = 0;
    for (uint32_t i = 0; i < world->story->agent_count; i++) {
        alive += world->agents[i].alive;
    }
    cr_expect_eq(alive, 2);
    struct target_status status = core_target_status(world->coordinator.core, 0, &world->arena);
    cr_expect_eq(status.failure.cause, FAILURE_CAUSE_WORKER);
    cr_expect_not_null(strstr(status.failure.message, "three workers were lost"), "%s",
                       status.failure.message);
    story_free(world);
}

/* ---- a server that has no job left ---- */

/* One target on a server, two on another, one after the other in 25 s each: the first server is not heard from
 * while the other deploys. */
static struct world *world_of_silence(struct throttle_definition_list throttles)
{
    struct error error = {0};
    struct world *world = story_create();
    story_database(world, "acme", "postgresql://pg1/acme", 0)->server = 1;
    story_database(world, "globex", "postgresql://pg2/globex", 0)->server = 2;
    story_database(world, "initech", "postgresql://pg2/initech", 0)->server = 2;
    story_worker(world, 7, 1 + (uint32_t)throttles.count);
    story_pace(world, 25000);
    struct core_start start = story_start_default(world, PURPOSE_DEPLOY);
    start.policy.limits.server_patience_ms = 60000;
    start.policy.limits.concurrency = 1;
    start.fleet.throttles = throttles;
    cr_assert_eq(story_start(world, &start, &error), 0, "%s", error.message);
    return world;
}

static void told_of_asking(struct world *world, uint32_t times)
{
    uint32_t asked = 0;
    for (const char *at = story_trace(world); (at = strstr(at, "target_asked ")) != NULL; at++) {
        asked++;
    }
    cr_expect_eq(asked, times, "%s", story_trace(world));
}

Test(outage, a_server_that_was_silent_is_asked_once_before_the_end)
{
    struct world *world = world_of_silence((struct throttle_definition_list){0});
    story_run(world, 600000);
    cr_expect_str_eq(story_state(world), "succeeded");
    told_of_asking(world, 1);
    cr_expect_not_null(strstr(story_trace(world), "target_asked target=0\n"));
    cr_expect_not_null(strstr(story_trace(world), "check_passed job=7 target=0\n"));
    story_free(world);
}

Test(outage, nobody_is_asked_while_paused)
{
    struct world *world = world_of_silence((struct throttle_definition_list){0});
    story_run(world, 140000);
    cr_assert_eq(story_control(world, CONTROL_PAUSE), 0);
    story_run(world, 600000);
    cr_expect_str_eq(story_state(world), "paused");
    told_of_asking(world, 0);
    cr_assert_eq(story_control(world, CONTROL_RESUME), 0);
    story_run(world, 700000);
    cr_expect_str_eq(story_state(world), "succeeded");
    told_of_asking(world, 2); /* both were silent for so long */
    story_free(world);
}

Test(outage, a_silent_server_that_does_not_answer_is_named_at_the_end)
{
    struct world *world = world_of_silence((struct throttle_definition_list){0});
    story_run(world, 140000);
    world->servers[1].up = false;
    story_run(world, 600000);
    cr_expect_str_eq(story_state(world), "succeeded");
    told_of_asking(world, 1);
    cr_expect_not_null(strstr(story_trace(world), "server_unsure "), "%s", story_trace(world));
    story_free(world);
}

/* Its probes run all the same, and this is no more. */
Test(outage, a_silent_server_over_its_threshold_is_asked_and_keeps_nothing_from_its_end)
{
    struct throttle_definition throttle = {"load", "select 1", "10", 30000};
    struct world *world = world_of_silence((struct throttle_definition_list){&throttle, 1});
    story_run(world, 140000);
    world->servers[1].loaded = true;
    story_run(world, 600000);
    cr_expect_str_eq(story_state(world), "succeeded");
    told_of_asking(world, 1);
    cr_expect_not_null(strstr(story_trace(world), "over reason="), "%s", story_trace(world));
    cr_expect_null(strstr(story_trace(world), "server_unsure "), "%s", story_trace(world));
    story_free(world);
}
