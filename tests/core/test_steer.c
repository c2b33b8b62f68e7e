/* Steering under virtual time: waves, holds, windows, budgets, checks, approvals, throttle, late
 * targets, rollback. What must be true after each, and, in the harness, that a replay of every step
 * gives the same state. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "common/vocabulary/limits.h"
#include "common/base/array.h"
#include "coordinator/core/facts/policy.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/view/reason.h"
#include "coordinator/core/view/view.h"
#include "tests/lib/world/story.h"

static const struct rollout *rollout_of(const struct world *world)
{
    return core_rollout(world->coordinator.core);
}

static struct wait reason_of(struct world *world)
{
    return core_rollout_reason(world->coordinator.core, &world->arena);
}

static struct wave_status wave_of(struct world *world, size_t wave)
{
    return core_wave_status(world->coordinator.core, wave, &world->arena);
}

static void start(struct world *world, const struct core_start *start)
{
    struct error error = {0};
    cr_assert_eq(story_start(world, start, &error), 0, "%s", error.message);
}

static void steer(struct world *world, struct message_control control)
{
    struct error error = {0};
    control.who.actor = "ann";
    control.who.reason = control.who.reason != NULL ? control.who.reason : "asked";
    cr_assert_eq(story_steer(world, &control, &error), 0, "%s", error.message);
}

static void refused(struct world *world, struct message_control control, const char *sentence)
{
    struct error error = {0};
    control.who.actor = "ann";
    cr_assert_eq(story_steer(world, &control, &error), -1);
    cr_expect_not_null(strstr(error.message, sentence), "%s", error.message);
}

/* Eight databases on four servers, labelled by number, all at base but the last, which is at a1. */
static struct world *world_of_eight(void)
{
    static const char *const names[] = {"t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7"};
    static const char *const rings[] = {"ring=0", "ring=1", "ring=2", "ring=3",
                                        "ring=4", "ring=5", "ring=6", "ring=7"};
    struct world *world = story_create();
    for (size_t i = 0; i < LENGTH(names); i++) {
        const char *url = arena_printf(&world->arena, "postgresql://u@pg%zu/%s", i / 2, names[i]);
        struct database *database = story_database(world, names[i], url, i == 7);
        database->server = 1 + (uint32_t)i / 2;
        database->labels = (struct texts){rings + i, 1};
    }
    story_worker(world, 7, 4);
    return world;
}

static unsigned at_head(struct world *world)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < world->story->database_count; i++) {
        count += story_at(world, i) == 3;
    }
    return count;
}

/* Where world_of_eight put them. */
static void all_as_before(struct world *world)
{
    for (uint32_t i = 0; i < 8; i++) {
        cr_expect_eq(story_at(world, i), i == 7, "t%u at %zu", i, story_at(world, i));
    }
}

/* The next `times` deploys of it, for good. */
static void deploy_fails(struct database *database, uint32_t times)
{
    database->deploys = (struct fault){
        .kind = JOB_DEPLOY, .times = times, .cause = FAILURE_CAUSE_SQL, .sqlstate = "42P01"};
}

static void over(struct world *world, const char *state, int exit_code)
{
    const struct rollout *rollout = rollout_of(world);
    cr_expect_str_eq(rollout_state_word(rollout->state), state, "%s", story_trace(world));
    cr_expect_eq(rollout_exit_code(rollout), exit_code, "exit code %d", rollout_exit_code(rollout));
    story_free(world);
}

/* ---- waves ---- */

Test(steer, a_canary_takes_one_of_every_cohort_and_server)
{
    struct world *world = world_of_eight();
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    struct wave_definition waves[] = {{.name = "canary", .canary = 1}, {.name = "rest"}};
    begin.fleet.waves = (struct wave_definition_list){waves, 2};
    start(world, &begin);
    story_run(world, 10000);
    cr_expect_eq(wave_of(world, 0).counts.targets, 5); /* a server each, and the cohort at a1 */
    cr_expect_eq(wave_of(world, 1).counts.targets, 3);
    over(world, "succeeded", 0);
}

struct ramp_watch {
    unsigned begun;
    unsigned allowed;
};

static void ramp_watch(struct world *world, const struct event *event, void *context)
{
    struct ramp_watch *watch = context;
    (void)world;
    if (event->type == EVENT_WAVE_STARTED) {
        watch->allowed = event->wave_started.allowed;
    } else if (event->type == EVENT_WAVE_RAMPED) {
        cr_expect_eq(watch->begun, watch->allowed, "the step before is over");
        watch->allowed = event->wave_ramped.allowed;
    } else if (event->type == EVENT_JOB_LEASED && event->job_leased.kind == JOB_DEPLOY) {
        watch->begun++;
        cr_expect_leq(watch->begun, watch->allowed);
    }
}

Test(steer, a_ramp_lets_more_and_more_run)
{
    struct world *world = world_of_eight();
    struct ramp_watch watch = {0};
    world->story->watch = ramp_watch;
    world->story->watch_context = &watch;
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    const char *ramp[] = {"1", "50%"};
    struct wave_definition waves[] = {{.name = "all", .ramp = {ramp, 2}}};
    begin.fleet.waves = (struct wave_definition_list){waves, 1};
    start(world, &begin);
    story_run(world, 10000);
    cr_expect_eq(watch.begun, 8);
    cr_expect_eq(watch.allowed, 8);
    over(world, "succeeded", 0);
}

struct fill_watch {
    uint32_t allowed;
    uint32_t filled;
    uint32_t begun;
    uint32_t retries; /* that are no other target's */
};

static void fill_watch(struct world *world, const struct event *event, void *context)
{
    struct fill_watch *watch = context;
    (void)world;
    if (event->type == EVENT_WAVE_STARTED) {
        watch->allowed = event->wave_started.allowed + watch->retries;
    } else if (event->type == EVENT_WAVE_RAMPED) {
        watch->allowed = event->wave_ramped.allowed + watch->retries;
    } else if (event->type == EVENT_WAVE_FILLED) {
        watch->filled++;
    } else if (event->type == EVENT_JOB_LEASED && event->job_leased.kind == JOB_DEPLOY) {
        watch->begun++;
        cr_expect(watch->allowed >= 8 || watch->begun <= watch->allowed,
                  "in place of others, not beside them");
    }
}

Test(steer, a_step_of_a_ramp_is_filled_while_a_server_is_throttled)
{
    struct world *world = world_of_eight();
    struct fill_watch watch = {0};
    world->story->watch = fill_watch;
    world->story->watch_context = &watch;
    struct throttle_definition throttle = {
        .name = "lag", .query = "select lag()", .threshold = "10", .every_ms = 5000};
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    const char *ramp[] = {"2", "50%"};
    struct wave_definition waves[] = {{.name = "all", .ramp = {ramp, 2}}};
    begin.fleet.waves = (struct wave_definition_list){waves, 1};
    begin.fleet.throttles = (struct throttle_definition_list){&throttle, 1};
    world->servers[1].loaded = true; /* of t0 and t1: the whole first step */
    start(world, &begin);
    story_run(world, 60000);
    cr_expect_eq(at_head(world), 6, "%s", story_trace(world));
    cr_expect_str_eq(story_target_state(world, "t0"), "pending");
    cr_expect_eq(watch.filled, 4, "two for each step but the last: %u", watch.filled);
    cr_expect_eq(wave_of(world, 0).state, WAVE_RUNNING);
    story_crash(world, false);
    story_connect(world, 0);
    world->servers[1].loaded = false;
    story_run(world, 120000);
    cr_expect_eq(at_head(world), 8);
    over(world, "succeeded", 0);
}

Test(steer, a_step_of_a_ramp_is_filled_while_a_server_is_down)
{
    struct world *world = world_of_eight();
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    const char *ramp[] = {"1"};
    struct wave_definition waves[] = {{.name = "canary", .count = 1, .soak_ms = 60000},
                                      {.name = "rest", .ramp = {ramp, 1}}};
    begin.fleet.waves = (struct wave_definition_list){waves, 2};
    begin.policy.limits.server_patience_ms = 900000;
    start(world, &begin);
    story_run(world, 30000);
    cr_expect_eq(at_head(world), 1);
    world->servers[1].up = false; /* of t1, the whole first step */
    story_run(world, 120000);
    cr_expect_eq(at_head(world), 7, "%s", story_trace(world));
    cr_expect_str_eq(story_state(world), "deploying");
    const char *unsure = strstr(story_trace(world), "server_unsure ");
    cr_expect_not_null(unsure, "the canary's end waits for its server: %s", story_trace(world));
    server_rises(world, 1);
    story_run(world, 300000);
    cr_expect_eq(at_head(world), 8);
    cr_expect(strstr(unsure + 1, "server_unsure ") == NULL, "%s", story_trace(world));
    over(world, "succeeded", 0);
}

Test(steer, a_step_of_a_ramp_is_not_filled_for_one_that_runs)
{
    struct world *world = world_of_eight();
    struct fill_watch watch = {0};
    world->story->watch = fill_watch;
    world->story->watch_context = &watch;
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    const char *ramp[] = {"1"};
    struct wave_definition waves[] = {{.name = "all", .ramp = {ramp, 1}}};
    begin.fleet.waves = (struct wave_definition_list){waves, 1};
    story_pace(world, 50000);
    start(world, &begin);
    story_run(world, 140000);
    cr_expect_eq(watch.begun, 1, "%u", watch.begun);
    story_run(world, 900000);
    cr_expect_eq(watch.filled, 0);
    cr_expect_eq(at_head(world), 8);
    over(world, "succeeded", 0);
}

/* How it ends is what the step is there to see. */
Test(steer, a_step_of_a_ramp_is_not_filled_for_one_that_waits_after_a_failed_try)
{
    struct world *world = world_of_eight();
    struct fill_watch watch = {0};
    world->story->watch = fill_watch;
    world->story->watch_context = &watch;
    world->databases[0].deploys = (struct fault){
        .kind = JOB_DEPLOY, .times = 2, .cause = FAILURE_CAUSE_SQL, .sqlstate = "55P03"};
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    const char *ramp[] = {"1"};
    struct wave_definition waves[] = {{.name = "all", .ramp = {ramp, 1}}};
    begin.fleet.waves = (struct wave_definition_list){waves, 1};
    begin.policy.limits.retry_backoff_min_ms = 60000;
    watch.retries = 2;
    start(world, &begin);
    story_run(world, 30000);
    cr_expect_str_eq(story_target_state(world, "t0"), "waiting");
    cr_expect_eq(watch.begun, 1, "%u", watch.begun);
    story_run(world, 600000);
    cr_expect_eq(watch.filled, 0);
    cr_expect_eq(at_head(world), 8);
    over(world, "succeeded", 0);
}

Test(steer, a_ramp_stops_at_the_first_failure_over_the_budget)
{
    struct world *world = world_of_eight();
    deploy_fails(&world->databases[0], ALWAYS);
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    const char *ramp[] = {"1", "100%"};
    struct wave_definition waves[] = {{.name = "all", .ramp = {ramp, 2}, .budget = true}};
    begin.fleet.waves = (struct wave_definition_list){waves, 1};
    begin.policy.limits.failures.count = 5; /* the wave's own is none */
    start(world, &begin);
    story_run(world, 10000);
    cr_expect_eq(at_head(world), 0);
    cr_expect_eq(rollout_of(world)->state, ROLLOUT_PAUSED);
    cr_expect_not_null(strstr(reason_of(world).reason, "wave all"), "%s", reason_of(world).reason);
    world->databases[0].deploys.times = 0;
    steer(world, (struct message_control){.verb = CONTROL_RETRY});
    story_run(world, 20000);
    cr_expect_eq(at_head(world), 8);
    over(world, "succeeded", 0);
}

Test(steer, a_wave_soaks_and_is_checked_before_the_next)
{
    struct world *world = world_of_eight();
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    const char *checks[] = {"select true"};
    struct wave_definition waves[] = {
        {.name = "canary", .count = 2, .soak_ms = 60000, .checks = {checks, 1}}, {.name = "rest"}};
    begin.fleet.waves = (struct wave_definition_list){waves, 2};
    start(world, &begin);
    story_run(world, 30000);
    cr_expect_eq(at_head(world), 2);
    cr_expect_eq(wave_of(world, 0).state, WAVE_SOAKING);
    cr_expect(reason_of(world).idle);
    cr_expect_geq(reason_of(world).until_ms, world->start_ms + 60000);
    story_crash(world, false);
    story_connect(world, 0);
    world->databases[1].looks =
        (struct fault){.kind = JOB_CHECK, .times = ALWAYS, .cause = FAILURE_CAUSE_CHECK};
    story_run(world, 90000);
    cr_expect_eq(at_head(world), 2);
    cr_expect_eq(rollout_of(world)->state, ROLLOUT_PAUSED);
    cr_expect_not_null(strstr(reason_of(world).reason, "check"), "%s", reason_of(world).reason);
    world->databases[1].looks.times = 0;
    steer(world, (struct message_control){.verb = CONTROL_RESUME});
    story_run(world, 100000);
    cr_expect_eq(at_head(world), 8);
    over(world, "succeeded", 0);
}

Test(steer, a_wave_awaits_the_approval_of_the_plan_as_it_is)
{
    struct world *world = world_of_eight();
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    struct wave_definition waves[] = {{.name = "canary", .count = 1},
                                      {.name = "rest", .approve = true}};
    begin.fleet.waves = (struct wave_definition_list){waves, 2};
    start(world, &begin);
    story_run(world, 5000);
    cr_expect_eq(wave_of(world, 1).state, WAVE_AWAITING);
    cr_expect(reason_of(world).idle);
    refused(world, (struct message_control){.verb = CONTROL_APPROVE, .digest = "0000000"},
            "the plan is");
    refused(world, (struct message_control){.verb = CONTROL_APPROVE, .digest = ""}, "the plan is");
    char prefix[9];
    (void)snprintf(prefix, sizeof prefix, "%.8s", rollout_of(world)->digest);
    steer(world, (struct message_control){.verb = CONTROL_PAUSE});
    steer(world, (struct message_control){.verb = CONTROL_APPROVE, .digest = prefix});
    steer(world, (struct message_control){.verb = CONTROL_SET,
                                          .limits = {LIMIT_KEPT, LIMIT_KEPT, {3, 0}, 0}});
    steer(world, (struct message_control){.verb = CONTROL_RESUME});
    story_run(world, 10000);
    cr_expect_eq(at_head(world), 1, "the approval fell with the plan");
    (void)snprintf(prefix, sizeof prefix, "%.8s", rollout_of(world)->digest);
    story_crash(world, false);
    story_connect(world, 0);
    steer(world, (struct message_control){.verb = CONTROL_APPROVE, .digest = prefix});
    story_run(world, 20000);
    cr_expect_eq(at_head(world), 8);
    over(world, "succeeded", 0);
}

Test(steer, a_limit_of_waves_is_no_failure)
{
    struct world *world = world_of_eight();
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    struct wave_definition waves[] = {{.name = "canary", .count = 1}, {.name = "rest"}};
    begin.fleet.waves = (struct wave_definition_list){waves, 2};
    begin.policy.request.until_wave = 1;
    start(world, &begin);
    story_run(world, 5000);
    cr_expect_eq(rollout_of(world)->state, ROLLOUT_PAUSED);
    cr_expect_eq(rollout_exit_code(rollout_of(world)), 0);
    cr_expect_eq(at_head(world), 1);
    steer(world, (struct message_control){.verb = CONTROL_RESUME});
    story_run(world, 10000);
    cr_expect_eq(at_head(world), 8);
    over(world, "succeeded", 0);
}

Test(steer, only_the_plan_that_was_asked_for)
{
    struct world *world = world_of_eight();
    struct core_start begin = story_start_default(world, PURPOSE_VALIDATE);
    start(world, &begin);
    story_run(world, 5000);
    const char *digest = arena_text(&world->arena, rollout_of(world)->digest);
    begin.policy.request.purpose = PURPOSE_DEPLOY;
    begin.policy.rollout = "r2";
    begin.policy.request.plan = "0123";
    start(world, &begin);
    story_run(world, 10000);
    cr_expect_eq(rollout_of(world)->state, ROLLOUT_REFUSED);
    cr_expect_str_eq(rollout_of(world)->digest, digest, "validation and deploy name one plan");
    cr_expect_eq(at_head(world), 0);
    begin.policy.rollout = "r3";
    begin.policy.request.plan = digest;
    start(world, &begin);
    story_run(world, 20000);
    cr_expect_eq(at_head(world), 8);
    over(world, "succeeded", 0);
}

/* ---- pause, hold, skip ---- */

Test(steer, pause_now_cancels_and_survives_a_crash)
{
    struct world *world = world_of_eight();
    story_pace(world, 1000);
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    start(world, &begin);
    story_run(world, 2500); /* inspected; the first deploys run */
    cr_expect_gt(rollout_counts(rollout_of(world)).running, 0);
    steer(world, (struct message_control){.verb = CONTROL_PAUSE});
    cr_expect_gt(rollout_counts(rollout_of(world)).running, 0);
    steer(world, (struct message_control){.verb = CONTROL_PAUSE, .now = true});
    story_run(world, 2600);
    cr_expect_eq(rollout_counts(rollout_of(world)).running, 0);
    cr_expect_eq(at_head(world), 0);
    story_crash(world, false);
    story_connect(world, 0);
    story_run(world, 60000);
    cr_expect_eq(at_head(world), 0);
    steer(world, (struct message_control){.verb = CONTROL_RESUME});
    story_run(world, 120000);
    cr_expect_eq(at_head(world), 8);
    over(world, "succeeded", 0);
}

Test(steer, a_part_is_held_and_others_go_on)
{
    struct world *world = world_of_eight();
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    start(world, &begin);
    steer(world,
          (struct message_control){.verb = CONTROL_PAUSE, .scope = "ring in (5,6),target!=t6"});
    refused(world, (struct message_control){.verb = CONTROL_PAUSE, .scope = "rign=2"}, "no target");
    refused(world, (struct message_control){.verb = CONTROL_PAUSE, .scope = "ring=99"}, "scope");
    story_run(world, 10000);
    cr_expect_str_eq(story_target_state(world, "t5"), "added", "not even inspected");
    steer(world,
          (struct message_control){.verb = CONTROL_RESUME, .scope = "target!=t6,ring in (6,5)"});
    steer(world, (struct message_control){.verb = CONTROL_PAUSE, .scope = "server=\"pg3:5432\""});
    steer(world, (struct message_control){.verb = CONTROL_PAUSE, .scope = "target=t0"});
    story_run(world, 20000);
    cr_expect_eq(at_head(world), 5, "%u", at_head(world));
    cr_expect(reason_of(world).idle);
    cr_expect_not_null(strstr(reason_of(world).reason, "held"), "%s", reason_of(world).reason);
    story_crash(world, true);
    story_worker(world, 9, 4);
    story_run(world, 30000);
    cr_expect_eq(at_head(world), 5);
    cr_expect_eq(rollout_of(world)->hold_count, 2);
    steer(world, (struct message_control){.verb = CONTROL_RESUME});
    story_run(world, 40000);
    cr_expect_eq(at_head(world), 8);
    over(world, "succeeded", 0);
}

Test(steer, a_skipped_target_is_left_out_with_its_reason)
{
    struct world *world = world_of_eight();
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    struct wave_definition waves[] = {{.name = "canary", .count = 1, .soak_ms = 60000},
                                      {.name = "rest"}};
    begin.fleet.waves = (struct wave_definition_list){waves, 2};
    deploy_fails(&world->databases[0], ALWAYS);
    start(world, &begin);
    story_run(world, 5000);
    cr_expect_eq(rollout_of(world)->state, ROLLOUT_PAUSED);
    refused(world, (struct message_control){.verb = CONTROL_SKIP, .scope = "target=t0"}, "reason");
    refused(world, (struct message_control){.verb = CONTROL_SKIP, .who.reason = "x"}, "which");
    steer(world, (struct message_control){
                     .verb = CONTROL_SKIP, .scope = "target in (t0,t5)", .who.reason = "broken"});
    refused(
        world,
        (struct message_control){.verb = CONTROL_SKIP, .scope = "target=t0", .who.reason = "again"},
        "can be skipped");
    steer(world, (struct message_control){.verb = CONTROL_RESUME});
    story_run(world, 200000);
    cr_expect_eq(at_head(world), 6);
    cr_expect_str_eq(core_target_reason(world->coordinator.core, 5, &world->arena).reason,
                     "skipped by ann: broken");
    cr_expect_eq(rollout_counts(rollout_of(world)).skipped, 2);
    over(world, "succeeded", 0);
}

Test(steer, what_runs_is_stopped_and_skipped_then)
{
    struct world *world = world_of_eight();
    story_pace(world, 1000);
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    start(world, &begin);
    story_run(world, 2500); /* the first deploys run */
    cr_expect_str_eq(story_target_state(world, "t0"), "running");
    steer(world, (struct message_control){
                     .verb = CONTROL_SKIP, .scope = "target in (t0,t5)", .who.reason = "silent"});
    cr_expect_str_eq(story_target_state(world, "t0"), "running", "its worker has not answered yet");
    cr_expect_str_eq(story_target_state(world, "t5"), "skipped");
    cr_expect_str_eq(core_target_reason(world->coordinator.core, 0, &world->arena).reason,
                     "told to stop, and skipped then by ann: silent");
    steer(world, (struct message_control){
                     .verb = CONTROL_SKIP, .scope = "target=t0", .who.reason = "at once"});
    story_crash(world, false);
    story_connect(world, 0);
    story_run(world, 200000);
    cr_expect_str_eq(story_target_state(world, "t0"), "skipped");
    cr_expect_str_eq(core_target_reason(world->coordinator.core, 0, &world->arena).reason,
                     "skipped by ann: silent", "as it was first asked for");
    cr_expect_eq(rollout_of(world)->skip_count, 0);
    cr_expect_eq(at_head(world), 6);
    over(world, "succeeded", 0);
}

static void unskip(struct world *world, const char *scope)
{
    steer(world, (struct message_control){.verb = CONTROL_UNSKIP, .scope = scope});
}

Test(steer, a_skipped_target_is_put_back_wherever_its_wave_stands)
{
    struct world *world = world_of_eight();
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    struct wave_definition waves[] = {{.name = "canary", .count = 2, .soak_ms = 3600000},
                                      {.name = "rest"}};
    begin.fleet.waves = (struct wave_definition_list){waves, 2};
    deploy_fails(&world->databases[0], 1);
    begin.policy.limits.retry_attempts = 1;
    start(world, &begin);
    refused(world, (struct message_control){.verb = CONTROL_UNSKIP}, "no target in this scope");
    story_run(world, 5000);
    steer(world, (struct message_control){
                     .verb = CONTROL_SKIP, .scope = "target in (t0,t5)", .who.reason = "broken"});
    unskip(world, "target=t5"); /* its wave waits */
    cr_expect_str_eq(story_target_state(world, "t5"), "pending");
    steer(world, (struct message_control){.verb = CONTROL_RESUME});
    story_run(world, 10000);
    cr_expect_str_eq(wave_state_word(rollout_of(world)->waves[0].state), "soaking");
    unskip(world, NULL); /* its wave soaks, and has had a failure forgiven */
    story_crash(world, false);
    story_connect(world, 0);
    story_run(world, 8000000);
    cr_expect_eq(at_head(world), 8);
    cr_expect_eq(rollout_counts(rollout_of(world)).skipped, 0);
    refused(world, (struct message_control){.verb = CONTROL_UNSKIP}, "no rollout is running");
    over(world, "succeeded", 0);
}

Test(steer, a_skip_that_is_taken_back_in_time)
{
    struct world *world = world_of_eight();
    story_pace(world, 1000);
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    start(world, &begin);
    story_run(world, 300); /* the first are inspected */
    steer(world, (struct message_control){
                     .verb = CONTROL_SKIP, .scope = "target in (t0,t7)", .who.reason = "silent"});
    unskip(world, "target in (t0,t7)");
    cr_expect_eq(rollout_of(world)->skip_count, 0);
    steer(world, (struct message_control){
                     .verb = CONTROL_SKIP, .scope = "target=t6", .who.reason = "not this one"});
    story_run(world, 2500); /* the first deploys run */
    cr_expect_str_eq(story_target_state(world, "t6"), "skipped");
    refused(world, (struct message_control){.verb = CONTROL_UNSKIP}, "the gate");
    cr_expect_str_eq(story_target_state(world, "t0"), "running");
    steer(world, (struct message_control){
                     .verb = CONTROL_SKIP, .scope = "target=t0", .who.reason = "silent"});
    unskip(world, "target=t0");
    story_run(world, 200000);
    cr_expect_eq(at_head(world), 7);
    over(world, "succeeded", 0);
}

/* All of it was skipped, so that nobody was asked: what is put back then is not deployed unasked. */
Test(steer, a_skipped_target_does_not_pass_by_an_approval)
{
    struct world *world = world_of_eight();
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    struct wave_definition waves[] = {{.name = "canary", .count = 1, .approve = true},
                                      {.name = "rest", .soak_ms = 3600000}};
    begin.fleet.waves = (struct wave_definition_list){waves, 2};
    start(world, &begin);
    story_run(world, 5000);
    steer(world, (struct message_control){
                     .verb = CONTROL_SKIP, .scope = "wave=canary", .who.reason = "leaves"});
    story_run(world, 5000);
    refused(world, (struct message_control){.verb = CONTROL_UNSKIP}, "approval of the wave");
    story_run(world, 8000000);
    cr_expect_eq(at_head(world), 7);
    over(world, "succeeded", 0);
}

Test(steer, a_skip_says_before_what_it_would_do)
{
    struct world *world = world_of_eight();
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    start(world, &begin);
    steer(world, (struct message_control){.verb = CONTROL_SKIP,
                                          .scope = "target=t*",
                                          .who.reason = "all of them",
                                          .asks = true});
    story_run(world, 200000);
    cr_expect_eq(at_head(world), 8);
    over(world, "succeeded", 0);
}

/* ---- budgets ---- */

Test(steer, the_same_failure_on_three_servers_stops_inside_the_budget)
{
    struct world *world = world_of_eight();
    for (size_t i = 0; i < 8; i += 2) {
        deploy_fails(&world->databases[i], ALWAYS);
        world->databases[i].deploys.location = "1_b2.sql:9";
    }
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    begin.policy.limits.concurrency = 1;
    begin.policy.limits.failures.count = 100;
    start(world, &begin);
    story_run(world, 10000);
    cr_expect_eq(rollout_of(world)->state, ROLLOUT_PAUSED);
    cr_expect_not_null(strstr(reason_of(world).reason, "3 servers"), "%s", reason_of(world).reason);
    cr_expect_eq(rollout_counts(rollout_of(world)).failed, 3);
    steer(world, (struct message_control){.verb = CONTROL_RESUME});
    story_run(world, 20000);
    cr_expect_eq(at_head(world), 4);
    over(world, "failed", 3);
}

/* ---- windows ---- */

struct window_watch {
    unsigned outside;
    unsigned started;
};

/* Every target is in the one window of the test: minutes 1 to 2 of every ten. */
static void window_watch(struct world *world, const struct event *event, void *context)
{
    struct window_watch *watch = context;
    if (event->type == EVENT_JOB_LEASED && event->job_leased.kind == JOB_DEPLOY) {
        uint64_t in_cycle = (event->at_ms - world->start_ms) % 600000;
        watch->started++;
        watch->outside += in_cycle < 60000 || in_cycle >= 120000;
    }
}

static struct world *world_with_window(struct core_start *begin, struct window_definition *window,
                                       struct window_watch *watch)
{
    struct world *world = world_of_eight();
    world->openings[0] = (struct opening){
        .ring = NONE, .phase_ms = 540000, .period_ms = 600000, .duration_ms = 60000};
    world->story->watch = window_watch;
    world->story->watch_context = watch;
    *window = (struct window_definition){
        .schedule = "*/10 * * * *", .duration_ms = 60000, .time_zone = "UTC"};
    *begin = story_start_default(world, PURPOSE_DEPLOY);
    begin->fleet.windows = (struct window_definition_list){window, 1};
    begin->policy.limits.concurrency = 1;
    return world;
}

Test(steer, nothing_starts_outside_its_window)
{
    struct window_watch watch = {0};
    struct window_definition window;
    struct core_start begin;
    struct world *world = world_with_window(&begin, &window, &watch);
    story_pace(world, 25000);
    start(world, &begin);
    story_run(world, 59000);
    cr_expect_eq(rollout_counts(rollout_of(world)).deployed, 0);
    story_run(world, 600000 * 5);
    cr_expect_eq(watch.outside, 0);
    /* two fit into a minute; a third one would not, once it is known how long they take */
    cr_expect_eq(watch.started, 8, "%u", watch.started);
    cr_expect_eq(at_head(world), 8);
    over(world, "succeeded", 0);
}

Test(steer, what_runs_when_the_window_closes_is_cancelled_unless_it_may_overrun)
{
    struct window_watch watch = {0};
    struct window_definition window;
    struct core_start begin;
    struct world *world = world_with_window(&begin, &window, &watch);
    start(world, &begin);
    story_run(world, 59000);
    story_pace(world, 100000); /* never fits */
    story_run(world, 119000);
    cr_expect_eq(rollout_counts(rollout_of(world)).running, 1, "%s", story_trace(world));
    story_crash(world, false);
    story_connect(world, 0);
    cr_expect_eq(rollout_counts(rollout_of(world)).running, 1);
    story_run(world, 121000);
    cr_expect_eq(rollout_counts(rollout_of(world)).running, 0, "%s", story_trace(world));
    cr_expect_not_null(strstr(reason_of(world).reason, "outside window"), "%s",
                       reason_of(world).reason);
    cr_expect_eq(reason_of(world).until_ms, world->start_ms + 660000);
    cr_expect_eq(at_head(world), 0);
    story_free(world);

    world = world_with_window(&begin, &window, &watch);
    window.sync_overrun = true;
    start(world, &begin);
    story_run(world, 59000);
    story_pace(world, 100000);
    story_run(world, 200000);
    cr_expect_eq(at_head(world), 1);
    story_free(world);
}

static struct message_control overriding(enum safeguard_change windows,
                                         enum safeguard_change throttles)
{
    return (struct message_control){.verb = CONTROL_SET,
                                    .who = {"kim", "the shop is closed"},
                                    .limits = limits_kept(),
                                    .safeguards = {windows, throttles}};
}

Test(steer, windows_are_overridden_by_a_person_and_restored)
{
    struct window_watch watch = {0};
    struct window_definition window;
    struct core_start begin;
    struct world *world = world_with_window(&begin, &window, &watch);
    struct message_control off = overriding(SAFEGUARD_OVERRIDDEN, SAFEGUARD_KEPT);
    struct message_control on = overriding(SAFEGUARD_RESTORED, SAFEGUARD_KEPT);
    start(world, &begin);
    story_run(world, 10000);
    cr_expect_eq(at_head(world), 0);
    refused(world, on, "no override of the windows is in force");
    refused(world, overriding(SAFEGUARD_KEPT, SAFEGUARD_OVERRIDDEN), "has no throttles");
    story_pace(world, 15000);
    steer(world, off);
    story_run(world, 20000);
    cr_expect_eq(rollout_counts(rollout_of(world)).running, 1, "%s", story_trace(world));
    story_crash(world, false);
    story_connect(world, 0);
    cr_expect_eq(rollout_of(world)->override_count, 1);
    story_run(world, 26000);
    cr_expect_eq(at_head(world), 1, "the override holds: %s", story_trace(world));
    steer(world, on);
    story_run(world, 50000);
    cr_expect_eq(rollout_counts(rollout_of(world)).running, 0, "what ran was told to stop");
    cr_expect_eq(at_head(world), 1, "%s", story_trace(world));
    cr_expect_not_null(strstr(reason_of(world).reason, "outside window"));
    steer(world, off);
    story_run(world, 400000);
    cr_expect_eq(at_head(world), 8, "%s", story_trace(world));
    over(world, "succeeded", 0);
}

Test(steer, windows_of_a_part_are_overridden)
{
    struct window_watch watch = {0};
    struct window_definition window;
    struct core_start begin;
    struct world *world = world_with_window(&begin, &window, &watch);
    struct message_control off = overriding(SAFEGUARD_OVERRIDDEN, SAFEGUARD_KEPT);
    world->story->unchecked = true; /* of a part */
    start(world, &begin);
    story_run(world, 10000);
    off.scope = "state=pending";
    refused(world, off, "changes while it runs");
    off.scope = "target in (t2, t4)";
    steer(world, off);
    story_run(world, 50000);
    cr_expect_eq(story_at(world, 2), 3, "%s", story_trace(world));
    cr_expect_eq(story_at(world, 4), 3);
    cr_expect_eq(at_head(world), 2);
    off.scope = "";
    off.safeguards.windows = SAFEGUARD_RESTORED;
    steer(world, off);
    cr_expect_eq(rollout_of(world)->override_count, 0);
    story_free(world);
}

Test(steer, deny_beats_allow)
{
    struct world *world = world_of_eight();
    world->openings[0] = (struct opening){.period_ms = 2000000, .duration_ms = 1000000};
    world->openings[1] = (struct opening){.period_ms = 2000000, .duration_ms = 500000};
    world->story->unchecked = true; /* a window of two rings */
    struct window_definition windows[] = {
        {.schedule = "a"}, {.deny = true, .schedule = "d", .select = "ring in (0,1)"}};
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    begin.fleet.windows = (struct window_definition_list){windows, 2};
    start(world, &begin);
    story_run(world, 400000);
    cr_expect_eq(at_head(world), 6);
    cr_expect_eq(reason_of(world).until_ms, world->start_ms + 500000, "%s",
                 reason_of(world).reason);
    story_run(world, 600000);
    cr_expect_eq(at_head(world), 8);
    over(world, "succeeded", 0);
}

/* ---- throttle ---- */

Test(steer, throttles_are_overridden_by_a_person_and_restored)
{
    struct world *world = world_of_eight();
    struct throttle_definition throttle = {
        .name = "lag", .query = "select lag()", .threshold = "10", .every_ms = 5000};
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    begin.fleet.throttles = (struct throttle_definition_list){&throttle, 1};
    world->servers[1].loaded = true;
    start(world, &begin);
    story_run(world, 20000);
    cr_expect_str_eq(story_target_state(world, "t0"), "pending");
    steer(world, overriding(SAFEGUARD_KEPT, SAFEGUARD_OVERRIDDEN));
    story_crash(world, false);
    story_connect(world, 0);
    story_run(world, 40000);
    cr_expect_eq(at_head(world), 8, "%s", story_trace(world));
    over(world, "succeeded", 0);
}

Test(steer, throttles_of_the_servers_of_a_part_are_overridden)
{
    struct world *world = world_of_eight();
    struct throttle_definition throttle = {
        .name = "lag", .query = "select lag()", .threshold = "10", .every_ms = 5000};
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    struct message_control off = overriding(SAFEGUARD_KEPT, SAFEGUARD_OVERRIDDEN);
    begin.fleet.throttles = (struct throttle_definition_list){&throttle, 1};
    world->servers[1].loaded = true;
    world->servers[2].loaded = true;
    world->story->unchecked = true; /* of a part */
    start(world, &begin);
    story_run(world, 20000);
    uint32_t before = at_head(world);
    off.scope = "target=t0";
    steer(world, off);
    story_run(world, 40000);
    cr_expect_str_eq(story_target_state(world, "t0"), "deployed", "%s", story_trace(world));
    cr_expect_str_eq(story_target_state(world, "t1"), "deployed", "of the same server");
    cr_expect_eq(at_head(world), before + 2, "%s", story_trace(world));
    off.safeguards.throttles = SAFEGUARD_RESTORED;
    steer(world, off);
    cr_expect_eq(rollout_of(world)->override_count, 0);
    story_free(world);
}

Test(steer, a_throttled_server_gets_no_new_jobs)
{
    struct world *world = world_of_eight();
    struct throttle_definition throttle = {
        .name = "lag", .query = "select lag()", .threshold = "10", .every_ms = 5000};
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    begin.fleet.throttles = (struct throttle_definition_list){&throttle, 1};
    world->probe_value = "11.5";
    start(world, &begin);
    story_run(world, 60000);
    cr_expect_eq(at_head(world), 0);
    cr_expect_geq(world->sights.probed, 40);
    cr_expect_not_null(strstr(reason_of(world).reason, "throttled"), "%s", reason_of(world).reason);
    struct server_status server = core_server_status(world->coordinator.core, 0);
    cr_expect_str_eq(server.reason, "lag is 11.5, 10 or more is too much");
    cr_expect_eq(server.cap, 4);
    world->probe_value = "3";
    story_run(world, 120000);
    cr_expect_eq(at_head(world), 8);
    over(world, "succeeded", 0);
}

/* ---- late targets ---- */

Test(steer, late_targets_join_in_a_wave_of_their_own)
{
    struct world *world = world_of_eight();
    struct found_target found[8];
    for (size_t i = 0; i < 8; i++) {
        found[i] = (struct found_target){
            .place = {world->databases[i].name, world->databases[i].url, "", ""}};
    }
    world->found = found;
    world->found_count = 5;
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    struct source_definition source = {.place.name = "{database}",
                                       .place.url = "postgresql://u@pg0/postgres",
                                       .discovery.databases = "t*",
                                       .origin = "drover.yaml:1:1"};
    struct wave_definition waves[] = {{.name = "all", .soak_ms = 400000}};
    begin.fleet.sources = (struct source_definition_list){&source, 1};
    begin.fleet.waves = (struct wave_definition_list){waves, 1};
    begin.policy.rediscover_ms = 300000;
    start(world, &begin);
    story_run(world, 100000);
    cr_expect_eq(at_head(world), 5);
    world->found_count = 7; /* listed again while the wave soaks */
    story_run(world, 350000);
    cr_expect_eq(rollout_of(world)->target_count, 7);
    cr_expect_eq(rollout_of(world)->wave_count, 2);
    world->found_count = 8; /* and the last one at the very end */
    story_run(world, 900000);
    cr_expect_eq(at_head(world), 8);
    cr_expect_eq(rollout_of(world)->wave_count, 3);
    over(world, "succeeded", 0);
}

/* ---- rollback ---- */

Test(steer, a_rollback_restores_what_each_target_had)
{
    struct world *world = world_of_eight();
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    struct wave_definition waves[] = {{.name = "canary", .count = 3}, {.name = "rest"}};
    begin.fleet.waves = (struct wave_definition_list){waves, 2};
    start(world, &begin);
    story_run(world, 10000);
    cr_expect_eq(at_head(world), 8);
    story_move(world, 2, 2); /* half way: somebody moved it, but it stands on the way */
    steer(world, (struct message_control){.verb = CONTROL_ROLLBACK});
    cr_expect_str_eq(rollout_verb(rollout_of(world)), "rollback");
    cr_expect_str_eq(rollout_of(world)->policy.reverts, "r1");
    cr_expect_str_eq(wave_of(world, 0).name, "rest", "last wave first");
    story_run(world, 10010);
    steer(world, (struct message_control){.verb = CONTROL_PAUSE, .now = true});
    story_crash(world, false);
    story_connect(world, 0);
    steer(world, (struct message_control){.verb = CONTROL_RESUME});
    story_run(world, 30000);
    all_as_before(world);
    over(world, "succeeded", 0);
}

Test(steer, too_many_failures_roll_back)
{
    struct world *world = world_of_eight();
    deploy_fails(&world->databases[5], 1);
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    struct wave_definition waves[] = {{.name = "canary", .count = 3}, {.name = "rest"}};
    begin.fleet.waves = (struct wave_definition_list){waves, 2};
    begin.policy.limits.concurrency = 2;
    begin.policy.limits.on_failure = ON_FAILURE_ROLLBACK;
    start(world, &begin);
    story_run(world, 30000);
    cr_expect_eq(world->coordinator.core->summary_count, 2);
    all_as_before(world);
    over(world, "succeeded", 0);
}

Test(steer, the_very_last_failure_rolls_back_too)
{
    struct world *world = world_of_eight();
    deploy_fails(&world->databases[7], 1);
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    begin.policy.limits.concurrency = 1;
    begin.policy.limits.on_failure = ON_FAILURE_ROLLBACK;
    start(world, &begin);
    story_run(world, 30000);
    cr_expect_eq(world->coordinator.core->summary_count, 2);
    all_as_before(world);
    over(world, "succeeded", 0);
}

Test(steer, limits_change_while_it_runs)
{
    struct world *world = world_of_eight();
    story_pace(world, 1000);
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    begin.policy.limits.concurrency = 1;
    start(world, &begin);
    story_run(world, 500);
    cr_expect_eq(rollout_counts(rollout_of(world)).running, 1);
    steer(world, (struct message_control){.verb = CONTROL_SET,
                                          .limits = {4, 1, {LIMIT_KEPT, LIMIT_KEPT}, 500}});
    story_run(world, 600);
    cr_expect_eq(rollout_counts(rollout_of(world)).running, 4);
    struct texts policy = core_plan_policy(world->coordinator.core, &world->arena);
    bool found = false;
    for (size_t i = 0; i < policy.count; i++) {
        found = found || strcmp(policy.items[i], "lock_timeout_ms=500") == 0;
    }
    cr_expect(found, "jobs from here on wait for a lock no longer than that");
    refused(world, (struct message_control){.verb = CONTROL_SET, .limits = limits_kept()},
            "nothing");
    story_run(world, 30000);
    over(world, "succeeded", 0);
}

Test(steer, a_rollback_after_others_that_only_looked)
{
    struct world *world = world_of_eight();
    struct core_start begin = story_start_default(world, PURPOSE_DEPLOY);
    start(world, &begin);
    story_run(world, 10000);
    cr_expect_eq(at_head(world), 8);
    begin.policy.request.purpose = PURPOSE_VALIDATE;
    begin.policy.rollout = "r2";
    start(world, &begin);
    refused(world, (struct message_control){.verb = CONTROL_ROLLBACK, .rollout = "r1"},
            "under way");
    story_run(world, 20000);
    begin.policy.rollout = "r3";
    begin.policy.request.purpose = PURPOSE_DEPLOY; /* everything is there */
    start(world, &begin);
    story_run(world, 30000);
    story_crash(world, false);
    story_connect(world, 0);
    refused(world, (struct message_control){.verb = CONTROL_ROLLBACK, .rollout = "r3"},
            "changed no");
    refused(world, (struct message_control){.verb = CONTROL_ROLLBACK, .rollout = "r2"},
            "only looked");
    refused(world, (struct message_control){.verb = CONTROL_ROLLBACK, .rollout = "r9"},
            "nothing is known of rollout r9");
    steer(world, (struct message_control){.verb = CONTROL_ROLLBACK});
    cr_expect_str_eq(rollout_of(world)->policy.reverts, "r1");
    story_run(world, 40000);
    all_as_before(world);
    over(world, "succeeded", 0);
}
