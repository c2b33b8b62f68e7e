/* Whatever happened to a rollout, it can be forecast: a fault in the replica or in its run would
 * end the coordinator. And asking changes nothing. */
#include "tests/unit/coordinator/story.h"

#include <stdio.h>
#include <string.h>

TestSuite(forecast_random, .init = story_init, .fini = story_fini);

enum { SEEDS = 8, ACTIONS = 100, FLEET = 7 };

static uint64_t chance_state;

static uint32_t draw(uint32_t below)
{
    chance_state ^= chance_state << 13;
    chance_state ^= chance_state >> 7;
    chance_state ^= chance_state << 17;
    return (uint32_t)((chance_state >> 20) % below);
}

static const char *const labels[][1] = {{"tier=a"}, {"tier=b"}, {"tier=c"}};

/* ---- starting ---- */

static uint32_t rollouts;

static void start_random(void)
{
    struct source_definition sources[FLEET + 1];
    char names[FLEET][2][32];
    for (size_t i = 0; i < FLEET; i++) {
        (void)snprintf(names[i][0], sizeof names[i][0], "t%zu", i);
        (void)snprintf(names[i][1], sizeof names[i][1], "postgresql://s%zu/t%zu", i % 3, i);
        sources[i] = (struct source_definition){
            .name = names[i][0], .url = names[i][1], .labels = {labels[i % 3], 1}};
    }
    sources[FLEET] = (struct source_definition){
        .name = "{database}", .url = "postgresql://s9/", .databases = "*"};
    static const char *const ramp[] = {"1", "50%"};
    static const char *const checks[] = {"select true"};
    struct wave_definition waves[] = {
        {.name = "canary", .canary = 1, .soak_ms = draw(2) * HOUR},
        {.name = "early", .select = "tier=a", .approve = draw(2) == 0, .checks = {checks, 1}},
        {.name = "rest", .ramp = {ramp, draw(3)}}};
    struct window_definition windows[] = {{.schedule = "0 2 * * *",
                                           .duration_ms = HOUR,
                                           .time_zone = "Europe/Berlin",
                                           .select = "tier=a"},
                                          {.schedule = "*/7 * * * *",
                                           .duration_ms = 2 * MINUTE,
                                           .select = "tier in (a,b)",
                                           .deny = draw(2) == 0}};
    struct throttle_definition throttle = {"lag", "select 1", "10", MINUTE};
    char rollout[32];
    (void)snprintf(rollout, sizeof rollout, "r%u", ++rollouts);
    struct core_start start = {.rollout = rollout,
                               .request.purpose = draw(2) == 0 ? PURPOSE_VALIDATE : PURPOSE_DEPLOY,
                               .request.direction = draw(4) == 0 ? DIRECTION_DOWN : DIRECTION_UP,
                               .request.bundle = bundle_digest(bench.bundle),
                               .request.actor = "tester",
                               .sources = sources,
                               .source_count = FLEET + draw(2),
                               .waves = waves,
                               .wave_count = draw(4),
                               .windows = windows,
                               .window_count = draw(3),
                               .throttles = &throttle,
                               .throttle_count = draw(3) == 0,
                               .limits.concurrency = draw(5),
                               .limits.per_server = draw(3),
                               .limits.validate_failures.percent = 50,
                               .limits.failures.count = draw(3),
                               .limits.retry_attempts = 2,
                               .limits.retry_backoff_min_ms = SECOND,
                               .limits.retry_backoff_max_ms = MINUTE,
                               .request.until_wave = draw(3),
                               .rediscover_ms = draw(2) * HOUR};
    start.request.spec = start.request.direction == DIRECTION_DOWN ? "base" : "head";
    (void)story_try((struct input){.type = INPUT_START, .start = start});
}

/* ---- workers ---- */

static void result_random(void)
{
    static const char *const heads[] = {"r1", "r2"};
    static const char *const loads[] = {"1", "20"};
    static const char *const identities[] = {"71", "72", "73"};
    if (story.job_count == 0) {
        return;
    }
    size_t job = draw((uint32_t)story.job_count);
    enum job_kind kind = story.jobs[job].kind;
    struct found_target found = {"late", "postgresql://s9/late", "", {labels[0], 1}};
    uint32_t fate = draw(12);
    struct message_result result = {.outcome = JOB_OUTCOME_DONE,
                                    .server_identity = identities[draw(3)],
                                    .elapsed_ms = draw(4 * (uint32_t)MINUTE)};
    if (fate == 0) {
        result.outcome = JOB_OUTCOME_FAILED;
        result.failure.cause = FAILURE_CAUSE_SQL;
        result.failure.sqlstate = draw(2) == 0 ? "42P01" : "55P03";
    } else if (fate == 1) {
        result.outcome = JOB_OUTCOME_CANCELLED;
    } else if (kind == JOB_INSPECT) {
        result.heads = (struct texts){heads + draw(2), draw(2)};
        result.heads_known = true;
    } else if (kind == JOB_DISCOVER) {
        result.found = (struct found_target_list){&found, draw(2)};
    } else if (kind == JOB_PROBE) {
        result.values = (struct texts){loads + draw(2), 1};
    }
    story_result(job, result);
}

static void worker_random(void)
{
    uint64_t instance = 1 + draw(3);
    if (draw(2) == 0) {
        story_feed((struct input){.type = INPUT_WORKER_LEFT, .worker_left = {instance}});
        for (size_t i = story.job_count; i > 0; i--) {
            if (story.jobs[i - 1].worker == instance) {
                story.jobs[i - 1] = story.jobs[--story.job_count];
            }
        }
    } else {
        story_feed((struct input){
            .type = INPUT_WORKER_JOINED,
            .worker_joined = {.instance = instance, .name = "w", .window = draw(4)}});
    }
}

/* ---- people ---- */

static void control_random(void)
{
    static const char *const scopes[] = {"", "tier=a", "target=t1", "state=failed"};
    struct core_rollout_view view;
    core_rollout_view(story.core, &view);
    struct message_control control = {.verb = (enum control_verb)draw(CONTROL_SET),
                                      .actor = "sre",
                                      .reason = "why not",
                                      .now = draw(2) == 0,
                                      .digest = view.digest};
    if (control.verb == CONTROL_PAUSE || control.verb == CONTROL_RESUME ||
        control.verb == CONTROL_RETRY || control.verb == CONTROL_SKIP) {
        control.scope = scopes[draw(4)];
    }
    if ((control.verb == CONTROL_CANCEL || control.verb == CONTROL_ROLLBACK) && draw(4) > 0) {
        return;
    }
    (void)story_try((struct input){.type = INPUT_CONTROL, .control = control});
}

static void action_random(uint64_t epoch)
{
    struct core_rollout_view view;
    core_rollout_view(story.core, &view);
    uint32_t what = draw(40);
    if (what == 0) {
        core_resume(story.core, epoch, false, story.now_ms, 0, &story.output);
        story.job_count = 0;
        story_take();
    } else if (what < 4) {
        worker_random();
    } else if (what < 7) {
        control_random();
    } else if (what < 12) {
        story.now_ms += draw(3 * (uint32_t)HOUR);
        story_feed((struct input){.type = INPUT_TICK});
    } else if (!view.active && what < 20) {
        start_random();
    } else {
        story.now_ms += draw(2 * (uint32_t)MINUTE);
        result_random();
    }
}

/* Whether it knows when the active rollout will end. */
static bool forecast_check(void)
{
    struct core_rollout_view view;
    core_rollout_view(story.core, &view);
    struct message_forecast forecast = story_forecast();
    cr_assert_str_eq(forecast.rollout, view.rollout);
    cr_assert(forecast.finish_ms > 0 || forecast.reason[0] != '\0');
    cr_assert(!view.active || forecast.finish_ms == 0 || forecast.finish_ms >= story.now_ms);
    for (size_t i = 0; i < forecast.waves.count; i++) {
        const struct forecast_wave *wave = &forecast.waves.items[i];
        cr_assert(wave->finish_ms == 0 || wave->finish_ms >= wave->start_ms);
        cr_assert(forecast.finish_ms == 0 || wave->finish_ms <= forecast.finish_ms);
    }
    return view.active && forecast.finish_ms > 0;
}

Test(forecast_random, whatever_happened_it_can_be_told, .timeout = 120)
{
    uint32_t known = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        if (seed > 1) {
            story_fini();
            story_init();
        }
        chance_state = seed * UINT64_C(0x9e3779b97f4a7c15);
        core_resume(story.core, 1, true, story.now_ms, 0, &story.output);
        story_take();
        for (uint32_t i = 0; i < ACTIONS; i++) {
            action_random(2 + i);
            known += draw(4) == 0 && forecast_check();
        }
    }
    cr_expect_gt(known, 10, "only %u forecasts of active rollouts had an end", known);
}
