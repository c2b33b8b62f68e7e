/* Workers that are lost with a deploy in hand, and come back with what became of it. */
#include <criterion/criterion.h>
#include <string.h>

#include "coordinator/core/facts/rollout.h"
#include "tests/lib/world/story.h"

/* A rollout over two databases. The script of one takes 100 s, at a worker that is cut off in the middle of it; another
 * worker is there when its lease is over. The wave soaks an hour, so that the rollout goes on. */
static struct world *cut_off(uint32_t *lost, uint32_t attempts, struct wave_definition *wave)
{
    struct world *world = story_create();
    story_database(world, "acme", "postgresql://u@pg1/acme", 2);
    story_database(world, "beta", "postgresql://u@pg1/beta", 2);
    *lost = story_worker(world, 7, 1);
    *wave = (struct wave_definition){.name = "all", .soak_ms = 3600000};
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    begin.fleet.waves = (struct wave_definition_list){wave, 1};
    begin.policy.limits.retry_attempts = attempts;
    struct error error = {0};
    story_run(world, 1);
    cr_assert_eq(story_start(world, &begin, &error), 0, "%s", error.message);
    story_run(world, 15);
    story_pace(world, 100000);
    story_run(world, 50);
    story_disconnect(world, *lost);
    story_pace(world, 10);
    (void)story_worker(world, 9, 4);
    story_run(world, 1000);
    cr_expect_null(strstr(story_trace(world), "job_released"), "it has its grace");
    story_run(world, 3000);
    cr_expect_not_null(strstr(story_trace(world), "job_released job=3 lost"));
    cr_expect_eq(core_rollout(world->coordinator.core)->orphan_count, 1);
    return world;
}

static void over(struct world *world)
{
    story_run(world, UINT64_C(4) * 3600000);
    cr_expect_str_eq(story_state(world), "succeeded");
    cr_expect_eq(world->databases[0].commits, 1, "%s", story_trace(world));
    cr_expect_eq(core_rollout(world->coordinator.core)->orphan_count, 0);
    story_free(world);
}

Test(orphans, a_late_success_is_looked_at_where_another_attempt_failed)
{
    uint32_t lost;
    struct wave_definition wave;
    struct world *world = cut_off(&lost, 1, &wave);
    story_run(world, 60000); /* the other one waited for the lock, in vain */
    cr_expect_str_eq(story_target_state(world, "acme"), "failed");
    cr_expect_eq(core_rollout(world->coordinator.core)->orphan_count, 1, "it may still commit");
    story_run(world, 110000);
    story_connect(world, lost);
    story_run(world, 120000);
    cr_expect_str_eq(story_target_state(world, "acme"), "deployed", "%s", story_trace(world));
    cr_expect_not_null(strstr(story_trace(world), "target_retried target=0"));
    over(world);
}

Test(orphans, a_late_failure_uses_up_nobodys_attempt)
{
    uint32_t lost;
    struct wave_definition wave;
    struct world *world = cut_off(&lost, 4, &wave);
    world->databases[0].deploys = (struct fault){
        .kind = JOB_DEPLOY, .times = 1, .cause = FAILURE_CAUSE_SQL, .sqlstate = "42P01"};
    story_run(world, 110000);
    story_connect(world, lost);
    story_run(world, 200000);
    cr_expect_null(strstr(story_trace(world), "target_failed"), "%s", story_trace(world));
    cr_expect_str_eq(story_target_state(world, "acme"), "deployed", "%s", story_trace(world));
    over(world);
}

Test(orphans, a_worker_that_has_forgotten_its_job_settles_it)
{
    uint32_t lost;
    struct wave_definition wave;
    struct world *world = cut_off(&lost, 4, &wave);
    struct error error = {0};
    world->story->unchecked = true; /* this HELLO is forged */
    struct input joined = {.type = INPUT_WORKER_JOINED, .worker_joined = {{7, "w7", 4}, NULL, 0}};
    cr_expect_eq(story_input(world, &joined, &error), 0);
    cr_expect_eq(core_rollout(world->coordinator.core)->orphan_count, 0);
    story_free(world);
}
