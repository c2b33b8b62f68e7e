/* Rollouts as traces: what the core says and does, line by line, is in golden/; here stands what
 * must be true of it. */
#include <criterion/criterion.h>

#include <string.h>

#include "common/base/array.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/view/reason.h"
#include "coordinator/core/view/view.h"
#include "tests/lib/golden.h"
#include "tests/lib/world/story.h"

static const struct rollout *rollout_of(const struct world *world)
{
    return core_rollout(world->coordinator.core);
}

static struct wait reason_of(struct world *world)
{
    return core_rollout_reason(world->coordinator.core, &world->arena);
}

static struct target_status target_of(struct world *world, size_t target)
{
    return core_target_status(world->coordinator.core, target, &world->arena);
}

static void start(struct world *world, const struct core_start *start)
{
    struct error error = {0};
    cr_assert_eq(story_start(world, start, &error), 0, "%s", error.message);
}

static void over(const struct world *world, const char *state, int exit_code)
{
    const struct rollout *rollout = rollout_of(world);
    cr_expect_str_eq(rollout_state_word(rollout->state), state, "%s", story_trace(world));
    cr_expect_eq(rollout_exit_code(rollout), exit_code, "exit code %d", rollout_exit_code(rollout));
}

/* Holds the trace against its golden file and ends the world. */
static void finish(struct world *world, const char *golden, const char *state, int exit_code)
{
    over(world, state, exit_code);
    golden_check(arena_printf(&world->arena, "core/golden/%s.txt", golden), story_trace(world));
    story_free(world);
}

/* The same for a short trace, which stands in the test. */
static void told(struct world *world, const char *state, int exit_code, const char *trace)
{
    over(world, state, exit_code);
    lines_check("the trace", trace, story_trace(world));
    story_free(world);
}

/* What chance adds to the half of each pause between two attempts, one after the other. */
static void run_with_chances(struct world *world, const uint64_t *chances, size_t count,
                             uint64_t every_ms)
{
    for (size_t i = 0; i < count; i++) {
        world->story->chance = chances[i];
        story_run(world, (i + 1) * every_ms);
    }
}

static struct world *world_of_three(void)
{
    struct world *world = story_create();
    story_database(world, "acme", "postgresql://u@pg1:5432/acme", 0);
    story_database(world, "beta", "postgresql://u@pg1/beta", 1);
    story_database(world, "coda", "postgresql://u@pg2:5432/coda", 3);
    return world;
}

Test(core, upgrade_in_two_waves)
{
    struct world *world = world_of_three();
    story_worker(world, 7, 2);
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    struct wave_definition waves[] = {{.name = "canary", .count = 1}, {.name = "rest"}};
    begin.fleet.waves = (struct wave_definition_list){waves, 2};
    start(world, &begin);
    story_run(world, 5000);
    for (uint32_t i = 0; i < 3; i++) {
        cr_expect_eq(story_at(world, i), 3);
    }
    cr_expect_eq(world->databases[2].commits, 0);
    cr_expect_str_eq(story_target_state(world, "coda"), "unchanged");
    cr_expect_eq(world->coordinator.core->summary_count, 1);
    finish(world, "upgrade_in_two_waves", "succeeded", 0);
}

Test(core, waves_by_label_and_the_rest_nobody_named)
{
    struct world *world = world_of_three();
    story_worker(world, 7, 4);
    const char *labels[] = {"region=eu", "tier=internal"};
    world->databases[1].labels = (struct texts){labels, LENGTH(labels)};
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    struct wave_definition waves[] = {{.name = "canary", .select = "tier=internal"}};
    begin.fleet.waves = (struct wave_definition_list){waves, 1};
    start(world, &begin);
    story_run(world, 5000);
    cr_assert_eq(rollout_of(world)->wave_count, 2);
    struct wave_status wave = core_wave_status(world->coordinator.core, 1, &world->arena);
    cr_expect_str_eq(wave.name, "rest");
    cr_expect_eq(wave.counts.targets, 2);
    cr_expect_eq(wave.counts.unchanged, 1);
    finish(world, "waves_by_label", "succeeded", 0);
}

Test(core, the_gate_refuses_and_changes_nothing)
{
    struct world *world = world_of_three();
    world->databases[1].looks = (struct fault){.kind = JOB_INSPECT,
                                               .times = ALWAYS,
                                               .cause = FAILURE_CAUSE_NO_DATABASE,
                                               .sqlstate = "3D000"};
    story_worker(world, 7, 4);
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    start(world, &begin);
    story_run(world, 5000);
    cr_expect_eq(world->databases[0].commits, 0);
    struct target_status target = target_of(world, 1);
    cr_expect_eq(target.failure.cause, FAILURE_CAUSE_NO_DATABASE);
    cr_expect_str_eq(target.server, "pg1:5432");
    finish(world, "gate_refused", "refused", 4);
}

Test(core, a_budget_leaves_refused_targets_out)
{
    struct world *world = world_of_three();
    world->databases[1].looks = (struct fault){.kind = JOB_INSPECT,
                                               .times = ALWAYS,
                                               .cause = FAILURE_CAUSE_UNREACHABLE,
                                               .sqlstate = "08001"};
    story_worker(world, 7, 4);
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    begin.policy.limits.validate_failures.percent = 34;
    begin.policy.limits.retry_attempts = 10;
    start(world, &begin);
    run_with_chances(world, (const uint64_t[]){0, 201, 211}, 3, 140);
    story_run(world, 9000);
    cr_expect_eq(story_at(world, 0), 3);
    cr_expect_eq(story_at(world, 1), 1);
    finish(world, "left_out", "failed", 3); /* one tenant was not upgraded: 0 would lie */
}

Test(core, what_passes_is_tried_again)
{
    struct world *world = world_of_three();
    world->databases[0].deploys = (struct fault){
        .kind = JOB_DEPLOY, .times = 2, .cause = FAILURE_CAUSE_SQL, .sqlstate = "55P03"};
    story_worker(world, 7, 4);
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    start(world, &begin);
    run_with_chances(world, (const uint64_t[]){484, 844}, 2, 1000);
    story_run(world, 60000);
    cr_expect_eq(world->databases[0].commits, 1);
    finish(world, "tried_again", "succeeded", 0);
}

static struct world *world_over_budget(enum on_failure on_failure)
{
    struct world *world = world_of_three();
    story_move(world, 2, 2);
    world->databases[0].deploys = (struct fault){
        .kind = JOB_DEPLOY, .times = 1, .cause = FAILURE_CAUSE_SQL, .sqlstate = "42P01"};
    story_worker(world, 7, 1);
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    begin.policy.limits.on_failure = on_failure;
    start(world, &begin);
    story_run(world, 5000);
    return world;
}

Test(core, a_persons_pause_is_lifted_by_resume_only)
{
    struct world *world = world_over_budget(ON_FAILURE_PAUSE);
    cr_expect_eq(rollout_of(world)->pause.until_resumed, false);
    cr_assert_eq(story_control(world, CONTROL_PAUSE), 0);
    cr_assert_eq(story_control(world, CONTROL_RETRY), 0);
    story_run(world, 9000);
    cr_expect_str_eq(story_state(world), "paused");
    cr_expect_str_eq(reason_of(world).reason, "paused by ann: asked");
    cr_expect_eq(world->databases[0].commits + world->databases[1].commits, 0);
    cr_assert_eq(story_control(world, CONTROL_RESUME), 0);
    story_run(world, 90000);
    cr_expect_str_eq(story_state(world), "succeeded");
    story_free(world);
}

Test(core, too_many_failures_pause_and_a_retry_goes_on)
{
    struct world *world = world_over_budget(ON_FAILURE_PAUSE);
    cr_expect_str_eq(story_state(world), "paused");
    cr_expect_eq(rollout_exit_code(rollout_of(world)), 5);
    cr_expect_eq(world->databases[1].commits, 0);
    cr_assert_eq(story_control(world, CONTROL_RETRY), 0);
    story_run(world, 9000);
    finish(world, "paused_and_retried", "succeeded", 0);
}

Test(core, too_many_failures_pause_and_a_resume_goes_on_without)
{
    struct world *world = world_over_budget(ON_FAILURE_PAUSE);
    cr_assert_eq(story_control(world, CONTROL_RESUME), 0);
    story_run(world, 9000);
    cr_expect_eq(world->databases[1].commits, 1);
    finish(world, "paused_and_resumed", "failed", 3);
}

Test(core, too_many_failures_cancel)
{
    struct world *world = world_over_budget(ON_FAILURE_CANCEL);
    cr_expect_eq(world->databases[1].commits, 0);
    finish(world, "failures_cancel", "cancelled", 5);
}

Test(core, a_fleet_of_one_that_fails_is_over)
{
    struct world *world = story_create();
    struct database *database = story_database(world, "solo", "host=/run/pg port=5433", 0);
    database->deploys = (struct fault){
        .kind = JOB_DEPLOY, .times = ALWAYS, .cause = FAILURE_CAUSE_SQL, .sqlstate = "42601"};
    story_worker(world, 7, 1);
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    start(world, &begin);
    story_run(world, 5000);
    told(world, "failed", 2,
         "+0000 epoch_claimed epoch=1\n"
         "+0000 worker_joined instance=7 name=w7 credit=1\n"
         "+0000 rollout_started rollout=r1 purpose=deploy direction=upgrade spec=head bundle=... "
         "actor=ann concurrency=64 per_server=8 retry_attempts=3 retry_backoff_min_ms=1000 "
         "retry_backoff_max_ms=60000 lock_timeout_ms=2000 statement_timeout_ms=60000 "
         "connect_timeout_ms=10000\n"
         "+0000 target_added name=solo url=\"host=/run/pg port=5433\" path=0 wave=0\n"
         "+0000 validation_started targets=1\n"
         "+0000 job_leased job=1 kind=inspect subject=0 attempt=1 worker=7\n"
         "      -> worker 7: job 1 inspect solo\n"
         "+0010 path_planned to=c3 steps=+a1,+b2,+c3\n"
         "+0010 target_validated job=1 target=0 path=0 timeline=1\n"
         "+0010 gate_opened digest=...\n"
         "+0010 wave_started wave=0 targets=1 allowed=1\n"
         "+0010 job_leased job=2 kind=deploy subject=0 attempt=1 worker=7\n"
         "      -> worker 7: result of job 1 is durable\n"
         "      -> worker 7: job 2 deploy solo steps=+a1,+b2,+c3\n"
         "+0020 target_failed job=2 target=0 cause=sql sqlstate=42601 message=no\n"
         "+0020 wave_finished wave=0\n"
         "+0020 rollout_finished state=failed\n"
         "      -> worker 7: result of job 2 is durable\n");
}

Test(core, discoveries_list_and_twins_are_refused)
{
    struct world *world = story_create();
    story_database(world, "acme", "postgresql://pg1/acme", 0);
    static struct found_target found[] = {
        {.place.name = "acme", .place.url = "postgresql://pg1/other"},
        {.place.name = "twin", .place.url = "postgresql://pg1/acme"},
        {.place.name = "fine", .place.url = "postgresql://pg1/shared", .place.schema = "t_1"},
    };
    world->found = found;
    world->found_count = 3;
    struct core_start begin = story_start_default(world, PURPOSE_LIST);
    struct source_definition sources[] = {begin.fleet.sources.items[0],
                                          begin.fleet.sources.items[0]};
    sources[1].place.name = "{database}";
    sources[1].discovery.databases = "*";
    sources[1].place.url = "postgresql://pg1/postgres";
    begin.fleet.sources = (struct source_definition_list){sources, 2};
    start(world, &begin);
    cr_expect_str_eq(reason_of(world).reason, "no worker is connected");
    story_worker(world, 7, 4);
    story_run(world, 5000);
    cr_expect_str_eq(story_target_state(world, "fine"), "added");
    told(world, "failed", 3,
         "+0000 epoch_claimed epoch=1\n"
         "+0000 rollout_started rollout=r1 purpose=list direction=upgrade spec=head bundle=none "
         "actor=ann concurrency=64 per_server=8 retry_attempts=3 retry_backoff_min_ms=1000 "
         "retry_backoff_max_ms=60000 lock_timeout_ms=2000 statement_timeout_ms=60000 "
         "connect_timeout_ms=10000\n"
         "+0000 target_added name=acme url=postgresql://pg1/acme path=0 wave=0\n"
         "+0000 source_defined name={database} url=postgresql://pg1/postgres databases=* "
         "origin=drover.yaml:1:1\n"
         "+0000 worker_joined instance=7 name=w7 credit=4\n"
         "+0000 job_leased job=1 kind=discover subject=0 attempt=1 worker=7\n"
         "      -> worker 7: job 1 discover {database}\n"
         "+0010 target_added name=acme url=postgresql://pg1/other path=0 wave=0 origin=2\n"
         "+0010 target_refused target=1 cause=discovery message=\"another target is named acme "
         "too\" hint=\"give each source of targets a name pattern of its own\"\n"
         "+0010 target_added name=twin url=postgresql://pg1/acme path=0 wave=0 origin=2\n"
         "+0010 target_refused target=2 cause=discovery message=\"it is the same database as "
         "target acme\" hint=\"leave one of them out\"\n"
         "+0010 target_added name=fine url=postgresql://pg1/shared schema=t_1 path=0 wave=0 "
         "origin=2\n"
         "+0010 source_listed source=0 found=3\n"
         "+0010 rollout_finished state=failed\n"
         "      -> worker 7: result of job 1 is durable\n");
}

Test(core, a_failed_discovery_refuses_the_gate)
{
    struct world *world = story_create();
    story_database(world, "{database}", "postgresql://pg1/x", 0);
    world->discoveries = (struct fault){
        .kind = JOB_DISCOVER, .times = ALWAYS, .cause = FAILURE_CAUSE_LOGIN, .sqlstate = "28P01"};
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    struct source_definition source = begin.fleet.sources.items[0];
    source.discovery.query = "select 1";
    begin.fleet.sources.items = &source;
    story_worker(world, 7, 4);
    start(world, &begin);
    story_run(world, 5000);
    const struct rollout *rollout = rollout_of(world);
    const struct source *refused = &rollout->sources[0];
    const struct kept_failure *failure =
        intern_failure_at(&rollout->intern, refused->trial.failure);
    cr_assert_not_null(failure);
    cr_expect_eq(failure->failure.cause, FAILURE_CAUSE_LOGIN);
    cr_expect_str_eq(failure->phase, "discovery");
    cr_expect_str_eq(refused->definition.origin, "drover.yaml:1:1");
    told(world, "refused", 4,
         "+0000 epoch_claimed epoch=1\n"
         "+0000 worker_joined instance=7 name=w7 credit=4\n"
         "+0000 rollout_started rollout=r1 purpose=deploy direction=upgrade spec=head bundle=... "
         "actor=ann concurrency=64 per_server=8 retry_attempts=3 retry_backoff_min_ms=1000 "
         "retry_backoff_max_ms=60000 lock_timeout_ms=2000 statement_timeout_ms=60000 "
         "connect_timeout_ms=10000\n"
         "+0000 source_defined name={database} url=postgresql://pg1/x query=\"select 1\" "
         "origin=drover.yaml:1:1\n"
         "+0000 job_leased job=1 kind=discover subject=0 attempt=1 worker=7\n"
         "      -> worker 7: job 1 discover {database}\n"
         "+0010 source_failed source=0 cause=login sqlstate=28P01 message=no\n"
         "+0010 gate_refused digest=none\n"
         "+0010 rollout_finished state=refused\n"
         "      -> worker 7: result of job 1 is durable\n");
}

Test(core, an_empty_fleet_fails_with_a_reason)
{
    struct world *world = story_create();
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    start(world, &begin);
    cr_expect_str_eq(reason_of(world).reason, "the fleet has no targets");
    told(world, "failed", 2,
         "+0000 epoch_claimed epoch=1\n"
         "+0000 rollout_started rollout=r1 purpose=deploy direction=upgrade spec=head bundle=... "
         "actor=ann concurrency=64 per_server=8 retry_attempts=3 retry_backoff_min_ms=1000 "
         "retry_backoff_max_ms=60000 lock_timeout_ms=2000 statement_timeout_ms=60000 "
         "connect_timeout_ms=10000\n"
         "+0000 rollout_finished state=failed\n");
}

Test(core, a_survey_records_heads_and_plans_nothing)
{
    struct world *world = world_of_three();
    story_worker(world, 7, 4);
    struct core_start begin = story_start_default(world, PURPOSE_SURVEY);
    start(world, &begin);
    story_run(world, 5000);
    struct target_status target = target_of(world, 1);
    cr_assert(target.inspected);
    cr_assert_eq(target.heads.count, 1);
    cr_expect_str_eq(target.heads.items[0], "a1");
    finish(world, "survey", "succeeded", 0);
}

Test(core, validation_only_ends_at_the_gate)
{
    struct world *world = world_of_three();
    story_worker(world, 7, 4);
    struct core_start begin = story_start_default(world, PURPOSE_VALIDATE);
    start(world, &begin);
    story_run(world, 5000);
    cr_expect_eq(strlen(rollout_of(world)->digest), 64);
    cr_expect_eq(world->databases[0].commits, 0);
    finish(world, "validate_only", "succeeded", 0);
}

Test(core, a_database_beyond_the_bundle_is_refused)
{
    struct world *world = story_create();
    story_database(world, "acme", "postgresql://pg1/acme", 3);
    story_worker(world, 7, 4);
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    begin.policy.request.direction = DIRECTION_DOWN;
    begin.policy.request.spec = "nowhere";
    start(world, &begin);
    story_run(world, 5000);
    struct target_status target = target_of(world, 0);
    cr_expect_eq(target.failure.cause, FAILURE_CAUSE_PATH);
    cr_expect(target.inspected);
    cr_expect_str_eq(story_state(world), "refused");
    story_free(world);
}

Test(core, downgrade_to_base)
{
    struct world *world = world_of_three();
    story_worker(world, 7, 4);
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    begin.policy.request.direction = DIRECTION_DOWN;
    begin.policy.request.spec = "base";
    start(world, &begin);
    story_run(world, 5000);
    cr_expect_eq(story_at(world, 2), 0);
    finish(world, "downgrade", "succeeded", 0);
}

/* acme is at base, the last of the three is above; the first job to each shows the way. */
Test(core, stamp)
{
    struct world *world = world_of_three();
    world->databases[0].rows.recorded = 3; /* of which nothing is there */
    story_worker(world, 7, 4);
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    begin.policy.request.direction = DIRECTION_STAMP;
    begin.policy.request.spec = "b2 a1"; /* a1 is below b2 and adds nothing */
    begin.policy.version.version_table = "versions";
    start(world, &begin);
    story_run(world, 5000);
    cr_expect_eq(rollout_of(world)->gone, 2);
    cr_expect_eq(rollout_of(world)->unrecorded, 1);
    for (uint32_t i = 0; i < 3; i++) {
        cr_expect_eq(story_at(world, i), 2);
    }
    finish(world, "stamp", "succeeded", 0);
}

/* A row that the bundle does not know is deleted as well; one that is there already is written
 * again, because a purge says more than the rows. */
Test(core, stamp_that_purges)
{
    struct world *world = world_of_three();
    story_lose(world, 1);
    story_worker(world, 7, 4);
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    begin.policy.request.direction = DIRECTION_STAMP;
    begin.policy.request.spec = "c3";
    start(world, &begin);
    story_run(world, 5000);
    cr_expect_str_eq(story_state(world), "refused");
    begin.policy.request.purge = true;
    start(world, &begin);
    story_run(world, 10000);
    for (uint32_t i = 0; i < 3; i++) {
        cr_expect_eq(story_at(world, i), 3);
    }
    cr_expect_eq(world->databases[1].rows.heads, world->databases[0].rows.heads,
                 "its own row is gone");
    cr_expect_str_eq(story_target_state(world, "coda"), "deployed");
    finish(world, "stamp_purge", "succeeded", 0);
}

Test(core, only_a_stamp_purges)
{
    struct world *world = world_of_three();
    struct error error = {0};
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    begin.policy.request.purge = true;
    cr_expect_eq(story_start(world, &begin, &error), -1);
    cr_expect_str_eq(error.message, "only a stamp can purge");
    story_free(world);
}

Test(core, jobs_of_a_lost_worker_go_to_others_after_a_while)
{
    struct world *world = world_of_three();
    uint32_t first = story_worker(world, 7, 4);
    story_pace(world, 100);
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    start(world, &begin);
    story_run(world, 150); /* in the middle of the deploys */
    story_kill(world, first);
    story_worker(world, 9, 4);
    story_run(world, 1500);
    cr_expect_str_eq(story_target_state(world, "acme"), "running");
    story_run(world, 9000);
    cr_expect_eq(world->databases[0].commits, 1);
    cr_expect_eq(world->coordinator.core->worker_count, 1);
    finish(world, "worker_lost", "succeeded", 0);
}

Test(core, a_worker_that_comes_back_in_time_keeps_its_jobs)
{
    struct world *world = world_of_three();
    uint32_t worker = story_worker(world, 7, 4);
    story_pace(world, 100);
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    start(world, &begin);
    story_run(world, 150);
    story_disconnect(world, worker);
    story_run(world, 1000); /* the jobs end meanwhile */
    story_connect(world, worker);
    story_run(world, 5000);
    cr_expect_eq(world->databases[0].commits, 1);
    cr_expect_null(strstr(story_trace(world), "job_released"));
    finish(world, "worker_returns", "succeeded", 0);
}

Test(core, pause_lets_running_jobs_finish)
{
    struct world *world = world_of_three();
    story_worker(world, 7, 1);
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    start(world, &begin);
    story_run(world, 35);
    cr_assert_eq(story_control(world, CONTROL_PAUSE), 0);
    story_run(world, 5000);
    cr_expect_str_eq(story_target_state(world, "acme"), "deployed");
    cr_expect_str_eq(story_target_state(world, "beta"), "pending");
    cr_expect_str_eq(reason_of(world).reason, "paused by ann: asked");
    cr_assert_eq(story_control(world, CONTROL_RESUME), 0);
    story_run(world, 9000);
    finish(world, "pause_and_resume", "succeeded", 0);
}

Test(core, cancel_stops_running_jobs)
{
    struct world *world = world_of_three();
    story_worker(world, 7, 1);
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    start(world, &begin);
    story_run(world, 35);
    cr_assert_eq(story_control(world, CONTROL_CANCEL), 0);
    cr_expect_eq(story_control(world, CONTROL_RETRY), -1);
    story_run(world, 5000);
    cr_expect_eq(world->databases[0].commits, 0);
    cr_expect_eq(story_control(world, CONTROL_RESUME), -1);
    finish(world, "cancel", "cancelled", 5);
}

Test(core, nothing_begins_without_its_bundle)
{
    struct world *world = story_create();
    story_database(world, "acme", "postgresql://u@pg1:5432/acme", 0);
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    struct error error = {0};
    world->bundle_lost = true;
    cr_expect_eq(story_start(world, &begin, &error), -1);
    cr_expect_str_eq(error.message, "the bundle is not in the journal");
    world->bundle_lost = false;
    cr_expect_eq(story_start(world, &begin, &error), 0, "%s", error.message);
    story_free(world);
}

Test(core, one_rollout_at_a_time)
{
    struct world *world = world_of_three();
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    start(world, &begin);
    struct error error = {0};
    cr_assert_eq(story_start(world, &begin, &error), -1);
    cr_expect_eq(error.code, ERROR_BUSY);
    cr_expect_str_eq(error.message, "rollout r1 (upgrade to head by ann) is validating");
    cr_expect(strstr(error.hint, "drover cancel") != NULL);
    story_free(world);
}

Test(core, servers_of_one_identity_share_a_cap)
{
    struct world *world = story_create();
    for (int i = 0; i < 8; i++) {
        struct database *database =
            story_database(world, arena_printf(&world->arena, "t%d", i),
                           arena_printf(&world->arena, "postgresql://pg%d/t%d", i % 2, i), 0);
        database->server = 1;
    }
    story_worker(world, 7, 16);
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    begin.policy.limits.per_server = 2;
    start(world, &begin);
    cr_expect_eq(rollout_counts(rollout_of(world)).running, 4); /* two names, nothing known yet */
    while (strcmp(story_state(world), "deploying") != 0) {
        story_run(world, world->now_ms - world->start_ms + 1);
    }
    cr_expect_eq(rollout_counts(rollout_of(world)).running, 2);
    story_run(world, 5000);
    cr_expect_str_eq(story_state(world), "succeeded");
    story_free(world);
}

Test(core, a_crash_changes_nothing)
{
    struct world *world = world_of_three();
    uint32_t worker = story_worker(world, 7, 4);
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    start(world, &begin);
    story_run(world, 15);
    story_crash(world, false);
    story_run(world, 100);
    story_connect(world, worker);
    story_run(world, 5000);
    cr_expect_eq(world->databases[0].commits, 1);
    finish(world, "crash", "succeeded", 0);
}

Test(core, an_embedded_crash_releases_at_once)
{
    struct world *world = world_of_three();
    story_worker(world, 7, 4);
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    start(world, &begin);
    story_run(world, 15);
    story_crash(world, true);
    cr_expect_eq(world->coordinator.core->worker_count, 0);
    story_worker(world, 8, 4);
    story_run(world, 1000);
    finish(world, "crash_alone", "succeeded", 0);
}

Test(core, a_draining_worker_gets_nothing)
{
    struct world *world = world_of_three();
    story_worker(world, 7, 4);
    struct input drain = {.type = INPUT_WORKER_CREDIT, .worker_credit = {7, 0}};
    struct error error = {0};
    cr_assert_eq(story_input(world, &drain, &error), 0);
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    start(world, &begin);
    story_run(world, 1000);
    cr_expect_eq(rollout_counts(rollout_of(world)).running, 0);
    cr_expect_str_eq(reason_of(world).reason, "all workers are draining");
    struct input fill = {.type = INPUT_WORKER_CREDIT, .worker_credit = {7, 2}};
    cr_assert_eq(story_input(world, &fill, &error), 0);
    story_run(world, 2000);
    finish(world, "drain", "succeeded", 0);
}

Test(core, a_fleet_that_is_there_already_needs_no_job)
{
    struct world *world = story_create();
    story_database(world, "acme", "postgresql://pg1/acme", 3);
    story_worker(world, 7, 4);
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    struct wave_definition waves[] = {{.name = "canary", .count = 1}, {.name = "rest"}};
    begin.fleet.waves = (struct wave_definition_list){waves, 2};
    start(world, &begin);
    story_run(world, 1000);
    cr_expect_eq(rollout_counts(rollout_of(world)).unchanged, 1);
    told(world, "succeeded", 0,
         "+0000 epoch_claimed epoch=1\n"
         "+0000 worker_joined instance=7 name=w7 credit=4\n"
         "+0000 rollout_started rollout=r1 purpose=deploy direction=upgrade spec=head bundle=... "
         "actor=ann concurrency=64 per_server=8 retry_attempts=3 retry_backoff_min_ms=1000 "
         "retry_backoff_max_ms=60000 lock_timeout_ms=2000 statement_timeout_ms=60000 "
         "connect_timeout_ms=10000\n"
         "+0000 wave_defined name=canary count=1\n"
         "+0000 wave_defined name=rest\n"
         "+0000 target_added name=acme url=postgresql://pg1/acme path=0 wave=0\n"
         "+0000 validation_started targets=1\n"
         "+0000 job_leased job=1 kind=inspect subject=0 attempt=1 worker=7\n"
         "      -> worker 7: job 1 inspect acme\n"
         "+0010 path_planned from=c3 to=c3\n"
         "+0010 target_validated job=1 target=0 path=0 timeline=1\n"
         "+0010 gate_opened digest=...\n"
         "+0010 wave_started wave=0 targets=1 allowed=1\n"
         "+0010 wave_finished wave=0\n"
         "+0010 wave_started wave=1\n"
         "+0010 wave_finished wave=1\n"
         "+0010 rollout_finished state=succeeded\n"
         "      -> worker 7: result of job 1 is durable\n");
}

Test(core, a_revision_that_the_bundle_does_not_know_is_refused)
{
    struct world *world = world_of_three();
    struct error error = {0};
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    struct input joined = {.type = INPUT_WORKER_JOINED, .worker_joined = {{99, "w99", 1}, NULL, 0}};
    cr_assert_eq(story_input(world, &joined, &error), 0);
    start(world, &begin);
    const char *head = "zzz";
    struct input result = {.type = INPUT_RESULT,
                           .result = {.worker = 99,
                                      .message = {.try = {{1, 1}, 1},
                                                  .outcome = JOB_OUTCOME_DONE,
                                                  .rows.heads = {&head, 1},
                                                  .rows.heads_known = true}}};
    cr_assert_eq(story_input(world, &result, &error), 0);
    struct target_status target = target_of(world, 0);
    cr_expect_eq(target.failure.cause, FAILURE_CAUSE_UNKNOWN_REVISION);
    cr_expect_str_eq(target.heads.items[0], "zzz");
    story_free(world);
}

Test(core, a_discovery_is_tried_again_too)
{
    struct world *world = story_create();
    story_database(world, "{database}", "postgresql://pg1/x", 0);
    world->discoveries = (struct fault){
        .kind = JOB_DISCOVER, .times = 1, .cause = FAILURE_CAUSE_UNREACHABLE, .sqlstate = "57P03"};
    struct found_target found = {.place.name = "acme", .place.url = "postgresql://pg1/acme"};
    world->found = &found;
    world->found_count = 1;
    struct core_start begin = story_start_default(world, PURPOSE_LIST);
    struct source_definition source = begin.fleet.sources.items[0];
    source.discovery.databases = "*";
    begin.fleet.sources.items = &source;
    story_worker(world, 7, 1);
    start(world, &begin);
    world->story->chance = 389;
    story_run(world, 5000);
    told(world, "succeeded", 0,
         "+0000 epoch_claimed epoch=1\n"
         "+0000 worker_joined instance=7 name=w7 credit=1\n"
         "+0000 rollout_started rollout=r1 purpose=list direction=upgrade spec=head bundle=none "
         "actor=ann concurrency=64 per_server=8 retry_attempts=3 retry_backoff_min_ms=1000 "
         "retry_backoff_max_ms=60000 lock_timeout_ms=2000 statement_timeout_ms=60000 "
         "connect_timeout_ms=10000\n"
         "+0000 source_defined name={database} url=postgresql://pg1/x databases=* "
         "origin=drover.yaml:1:1\n"
         "+0000 job_leased job=1 kind=discover subject=0 attempt=1 worker=7\n"
         "      -> worker 7: job 1 discover {database}\n"
         "+0010 job_postponed job=1 not_before_ms=1700000000899 cause=unreachable sqlstate=57P03 "
         "message=no\n"
         "      -> worker 7: result of job 1 is durable\n"
         "+0899 job_leased job=2 kind=discover subject=0 attempt=2 worker=7\n"
         "      -> worker 7: job 2 discover {database}\n"
         "+0909 target_added name=acme url=postgresql://pg1/acme path=0 wave=0 origin=2\n"
         "+0909 source_listed source=0 found=1\n"
         "+0909 rollout_finished state=succeeded\n"
         "      -> worker 7: result of job 2 is durable\n");
}

/* Failures while somebody's pause holds are not accepted by the resume. */
Test(core, a_pause_for_other_reasons_forgives_nothing)
{
    struct world *world = world_of_three();
    story_move(world, 2, 2);
    world->databases[0].deploys = (struct fault){
        .kind = JOB_DEPLOY, .times = 1, .cause = FAILURE_CAUSE_SQL, .sqlstate = "42P01"};
    story_worker(world, 7, 1);
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    start(world, &begin);
    story_run(world, 35);
    cr_assert_eq(story_control(world, CONTROL_PAUSE), 0);
    story_run(world, 1000);
    cr_expect_eq(rollout_counts(rollout_of(world)).failed, 1);
    cr_assert_eq(story_control(world, CONTROL_RESUME), 0);
    cr_expect_str_eq(story_state(world), "paused");
    cr_expect(strstr(reason_of(world).reason, "1 target failed, 0 allowed") != NULL);
    cr_assert_eq(story_control(world, CONTROL_RESUME), 0);
    story_run(world, 2000);
    cr_expect_str_eq(story_state(world), "failed");
    story_free(world);
}

Test(core, strays_from_the_network_are_harmless)
{
    struct world *world = world_of_three();
    world->story->unchecked = true; /* forged */
    struct error error = {0};
    struct job_attempt running[] = {{{77, 1}, 1}};
    struct input strays[] = {
        {.type = INPUT_RESULT, .result = {.worker = 99, .message = {.try = {{5, 1}, 1}}}},
        {.type = INPUT_WORKER_LEFT, .worker_left = {99}},
        {.type = INPUT_WORKER_CREDIT, .worker_credit = {99, 4}},
        {.type = INPUT_TICK},
        {.type = INPUT_WORKER_JOINED, .worker_joined = {{99, "w99", 2}, running, LENGTH(running)}},
        {.type = INPUT_WORKER_JOINED, .worker_joined = {{99, "w99", 2}, NULL, 0}},
    };
    for (size_t i = 0; i < LENGTH(strays); i++) {
        cr_expect_eq(story_input(world, &strays[i], &error), 0);
    }
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    start(world, &begin);
    /* right job, wrong everything else; then a cause and an outcome that no list has, texts missing
     */
    struct {
        uint64_t worker;
        struct message_result message;
    } forged[] = {
        {98, {.try = {{1, 1}, 1}}},
        {99, {.try = {{1, 2}, 1}}},
        {99, {.try = {{1, 1}, 9}}},
        {99, {.try = {{1, 1}, 1}, .outcome = JOB_OUTCOME_DONE}},
        {99,
         {.try = {{2, 1}, 1},
          .outcome = JOB_OUTCOME_CANCELLED,
          .failure.cause = FAILURE_CAUSE_INTERNAL}},
        {99, {.try = {{1, 1}, 1}, .outcome = JOB_OUTCOME_DONE}},
    };
    for (size_t i = 0; i < LENGTH(forged); i++) {
        struct input input = {.type = INPUT_RESULT,
                              .result = {forged[i].worker, forged[i].message}};
        cr_expect_eq(story_input(world, &input, &error), 0);
    }
    cr_expect_str_eq(story_target_state(world, "acme"), "refused");
    golden_check("core/golden/strays.txt", story_trace(world));
    story_free(world);
}
