/* Forecasts: of rollouts whose times the test chooses, and through a coordinator. */
#include "common/base/array.h"
#include "coordinator/forecast/window_openings.h"
#include "tests/lib/world/story.h"
#include "tests/unit/coordinator/record.h"

/* Milliseconds. */
#define SECOND UINT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

/* Monday 23 November 2026, 12:00 UTC */
#define NOON_MS UINT64_C(1795435200000)

static struct world *world;

static void opening(const struct world *told, uint32_t window, uint64_t at_ms, uint64_t *opens_ms,
                    uint64_t *closes_ms)
{
    struct arena arena = {0};
    struct openings openings;
    openings_read(&openings, told->coordinator.core, &arena);
    openings_next(&openings, window, at_ms, opens_ms, closes_ms);
    arena_free(&arena);
}

/* Jobs end when the test says so. */
static void forecast_init(void)
{
    static const struct {
        const char *name;
        const char *url;
        const char *label;
    } fleet[] = {
        {"ada", "postgresql://one/ada", "tier=a"},
        {"bob", "postgresql://one/bob", "tier=b"},
        {"cat", "postgresql://two/cat", "tier=c"},
        {"dan", "postgresql://two/dan", "tier=c"},
    };
    record_init();
    world = story_create();
    world->start_ms = world->now_ms = NOON_MS;
    world->story->opening = opening;
    story_pace(world, UINT32_MAX);
    for (size_t i = 0; i < LENGTH(fleet); i++) {
        struct database *database = story_database(world, fleet[i].name, fleet[i].url, 0);
        database->labels = (struct texts){&fleet[i].label, 1};
        database->server = 1;
    }
}

static void forecast_fini(void)
{
    story_free(world);
    record_fini();
}

TestSuite(forecast, .init = forecast_init, .fini = forecast_fini);

static void pass(uint64_t ms)
{
    story_run(world, world->now_ms - world->start_ms + ms);
}

/* The first job in hand is done, at the end of that time. */
static void job_done(uint64_t elapsed_ms)
{
    pass(elapsed_ms);
    story_end(world, story_first(world, 0));
}

static struct core_start start_of(const char *rollout, enum purpose purpose)
{
    struct core_start start = story_start_default(world, purpose);
    start.policy.rollout = rollout;
    start.policy.limits.per_server = 0;
    start.policy.limits.retry_attempts = 1;
    return start;
}

static void begin(struct core_start start)
{
    struct error error = {0};
    cr_assert_eq(story_start(world, &start, &error), 0, "%s", error.message);
    pass(0);
}

/* Every target is inspected and stands at the base. */
static void inspect_all(void)
{
    const struct work *work;
    while ((work = story_first(world, 0)) != NULL && work->kind == JOB_INSPECT) {
        job_done(10);
    }
}

static void deploy_all(uint64_t elapsed_ms)
{
    while (story_first(world, 0) != NULL) {
        job_done(elapsed_ms);
    }
}

static void wave_check(const struct message_forecast *forecast, size_t wave, const char *name,
                       uint64_t start_ms, uint64_t finish_ms)
{
    cr_assert_lt(wave, forecast->waves.count);
    cr_expect_str_eq(forecast->waves.items[wave].name, name);
    cr_expect_eq(forecast->waves.items[wave].start_ms, start_ms, "%s starts %ld later", name,
                 (long)(forecast->waves.items[wave].start_ms - start_ms));
    cr_expect_eq(forecast->waves.items[wave].finish_ms, finish_ms, "%s finishes %ld later", name,
                 (long)(forecast->waves.items[wave].finish_ms - finish_ms));
}

static void window_check(const struct message_forecast *forecast, size_t window,
                         const char *schedule, uint32_t targets, uint64_t start_ms,
                         uint64_t finish_ms)
{
    cr_assert_lt(window, forecast->windows.count);
    const struct forecast_window *found = &forecast->windows.items[window];
    cr_expect_str_eq(found->schedule, schedule);
    cr_expect_eq(found->targets, targets);
    cr_expect_eq(found->start_ms, start_ms, "%s starts %ld later", schedule,
                 (long)(found->start_ms - start_ms));
    cr_expect_eq(found->finish_ms, finish_ms, "%s finishes %ld later", schedule,
                 (long)(found->finish_ms - finish_ms));
}

/* ---- measured durations, waves, soak ---- */

Test(forecast, runs_ahead_with_what_the_canary_took)
{
    struct wave_definition waves[] = {{.name = "canary", .count = 1, .soak_ms = HOUR},
                                      {.name = "rest"}};
    struct core_start start = start_of("first", PURPOSE_DEPLOY);
    start.fleet.waves = (struct wave_definition_list){waves, 2};
    story_worker(world, 5, 2);
    begin(start);
    inspect_all();
    uint64_t gate_ms = world->now_ms;
    job_done(7 * SECOND);
    uint64_t soaks_ms = world->now_ms + HOUR;
    pass(10 * MINUTE);

    struct message_forecast forecast = record_forecast(world);
    cr_expect_str_eq(forecast.rollout, "first");
    cr_expect_str_eq(forecast.reason, "");
    cr_expect_eq(forecast.measured, 1);
    cr_expect_eq(forecast.never, 0);
    cr_expect_eq(forecast.finish_ms, soaks_ms + 14 * SECOND, "%lu",
                 (unsigned long)(forecast.finish_ms - soaks_ms));
    wave_check(&forecast, 0, "canary", gate_ms, soaks_ms);
    wave_check(&forecast, 1, "rest", soaks_ms, soaks_ms + 14 * SECOND);
    window_check(&forecast, 0, "always", 4, gate_ms, soaks_ms + 14 * SECOND);
}

Test(forecast, what_runs_has_a_part_behind_it)
{
    story_worker(world, 5, 2);
    begin(start_of("first", PURPOSE_DEPLOY));
    inspect_all();
    job_done(10 * SECOND);
    uint64_t began_ms = world->now_ms; /* of the third */
    pass(4 * SECOND);
    struct message_forecast forecast = record_forecast(world);
    /* the second is overdue, the fourth takes its place */
    cr_expect_eq(forecast.finish_ms, began_ms + 14 * SECOND, "%lu",
                 (unsigned long)(forecast.finish_ms - began_ms));
}

Test(forecast, one_that_runs_far_longer_than_the_others_makes_the_end_unknown)
{
    story_worker(world, 5, 2);
    begin(start_of("first", PURPOSE_DEPLOY));
    inspect_all();
    job_done(10 * SECOND); /* the second runs on, and the third */
    pass(30 * SECOND);
    struct message_forecast forecast = record_forecast(world);
    cr_expect_neq(forecast.finish_ms, 0); /* four times is within the noise */
    pass(6 * MINUTE);
    forecast = record_forecast(world);
    cr_expect_eq(forecast.finish_ms, 0);
    cr_expect_str_eq(forecast.reason,
                     "bob runs 40 times longer than the others, and so does 1 more");
    cr_expect_eq(forecast.waves.items[0].finish_ms, 0);
    cr_expect_eq(forecast.measured, 1);
}

Test(forecast, is_over_when_the_rollout_is)
{
    story_worker(world, 5, 4);
    begin(start_of("first", PURPOSE_DEPLOY));
    inspect_all();
    deploy_all(SECOND);
    struct message_forecast forecast = record_forecast(world);
    cr_expect_eq(forecast.finish_ms, world->now_ms);
    cr_expect_str_eq(forecast.reason, "it is over");
}

/* ---- a plan ---- */

Test(forecast, of_a_plan_without_any_measure_names_what_never_fits)
{
    struct window_definition windows[] = {
        {.schedule = "0 2 * * *", .duration_ms = HOUR, .time_zone = "UTC", .select = "tier=a"},
        {.schedule = "0 0 * * *",
         .duration_ms = 24 * HOUR,
         .time_zone = "UTC",
         .deny = true,
         .select = "tier=b"}};
    struct core_start start = start_of("plan", PURPOSE_VALIDATE);
    start.fleet.windows = (struct window_definition_list){windows, 2};
    story_worker(world, 5, 4);
    begin(start);
    inspect_all();
    struct message_forecast forecast = record_forecast(world);
    cr_expect_eq(forecast.finish_ms, 0);
    cr_expect_str_eq(forecast.reason, "no deploy was measured yet");
    cr_expect_eq(forecast.waves.count, 1);
    cr_expect_eq(forecast.never, 1);
    cr_assert_eq(forecast.never_targets.count, 1);
    cr_expect_str_eq(forecast.never_targets.items[0], "bob");
    cr_expect_eq(forecast.windows.count, 3);
}

/* A validation after a rollout that took so long, and was undone by somebody else. */
static void plan_after_rollout(uint64_t elapsed_ms, struct core_start start)
{
    story_worker(world, 5, 1);
    struct core_start first = start_of("first", PURPOSE_DEPLOY);
    first.fleet.sources.count = 1;
    begin(first);
    inspect_all();
    deploy_all(elapsed_ms);
    story_move(world, 0, 0);
    story_run(world, HOUR);
    begin(start);
    inspect_all();
}

Test(forecast, of_a_plan_tells_windows_and_what_never_fits)
{
    struct window_definition windows[] = {
        {.schedule = "0 2 * * *", .duration_ms = HOUR, .time_zone = "UTC", .select = "tier=a"},
        {.schedule = "*/10 * * * *",
         .duration_ms = MINUTE,
         .time_zone = "Europe/Berlin",
         .select = "tier=b"}};
    struct wave_definition waves[] = {{.name = "canary", .select = "tier in (b,c)", .count = 2},
                                      {.name = "early", .count = 1, .approve = true},
                                      {.name = "rest"}};
    struct core_start start = start_of("plan", PURPOSE_VALIDATE);
    start.fleet.windows = (struct window_definition_list){windows, 2};
    start.fleet.waves = (struct wave_definition_list){waves, 3};
    plan_after_rollout(2 * MINUTE, start);
    struct message_forecast forecast = record_forecast(world);
    uint64_t now = world->now_ms;
    uint64_t night = NOON_MS + 14 * HOUR;
    cr_expect_str_eq(forecast.reason,
                     "assuming that wave early is approved and what fits no window is skipped at "
                     "once; durations are those of earlier rollouts");
    cr_expect_eq(forecast.measured, 1);
    wave_check(&forecast, 0, "canary", now, now + 2 * MINUTE);
    wave_check(&forecast, 1, "early", now + 2 * MINUTE, night + 2 * MINUTE);
    wave_check(&forecast, 2, "rest", night + 2 * MINUTE, night + 4 * MINUTE);
    cr_expect_eq(forecast.finish_ms, night + 4 * MINUTE);
    cr_assert_eq(forecast.windows.count, 3);
    window_check(&forecast, 0, "0 2 * * * for 1h UTC", 1, night, night + 2 * MINUTE);
    window_check(&forecast, 1, "*/10 * * * * for 1m Europe/Berlin", 1, 0, 0);
    window_check(&forecast, 2, "always", 2, now, night + 4 * MINUTE);
    cr_expect_eq(forecast.never, 1);
    cr_expect_str_eq(forecast.never_targets.items[0], "bob");
}

/* The nights of Sundays hold what the half seconds of every minute do not. */
Test(forecast, a_weekly_window_beside_many_short_ones_fits)
{
    struct window_definition windows[] = {
        {.schedule = "* * * * *", .duration_ms = 500},
        {.schedule = "*/2 0-2 * * *", .duration_ms = 20, .deny = true},
        {.schedule = "0 3 * * SUN", .duration_ms = HOUR, .select = "tier=a"},
        {.schedule = "0 4 1 * *", .duration_ms = HOUR, .select = "tier=c"}};
    struct core_start start = start_of("plan", PURPOSE_VALIDATE);
    start.fleet.windows = (struct window_definition_list){windows, 4};
    plan_after_rollout(2 * MINUTE, start);
    struct message_forecast forecast = record_forecast(world);
    cr_expect_eq(forecast.never, 1, "%u", forecast.never);
    cr_expect_str_eq(forecast.never_targets.items[0], "bob");
    cr_expect_str_eq(forecast.windows.items[1].schedule,
                     "* * * * * for 500ms UTC; not */2 0-2 * * * for 20ms UTC");
}

Test(forecast, what_may_overrun_fits_into_a_short_window)
{
    struct window_definition window = {
        .schedule = "*/10 * * * *", .duration_ms = MINUTE, .sync_overrun = true};
    struct core_start start = start_of("plan", PURPOSE_VALIDATE);
    start.fleet.windows = (struct window_definition_list){&window, 1};
    plan_after_rollout(2 * MINUTE, start);
    struct message_forecast forecast = record_forecast(world);
    cr_expect_eq(forecast.never, 0);
    /* the first at 13:00, then one in each opening */
    cr_expect_eq(forecast.finish_ms, NOON_MS + HOUR + 32 * MINUTE, "%lu",
                 (unsigned long)(forecast.finish_ms - NOON_MS));
}

Test(forecast, a_rollout_after_a_plan_is_forecast_as_itself)
{
    struct wave_definition wave = {.name = "all"};
    struct core_start start = start_of("plan", PURPOSE_VALIDATE);
    start.fleet.waves = (struct wave_definition_list){&wave, 1};
    plan_after_rollout(2 * MINUTE, start);
    start.policy.rollout = "second";
    start.policy.request.purpose = PURPOSE_DEPLOY;
    begin(start);
    struct message_forecast before = record_forecast(world);
    cr_expect_str_eq(before.rollout, "second");
    cr_expect_eq(before.finish_ms, 0);
    cr_expect_str_eq(before.reason, "no target has been inspected yet");
    job_done(10);
    job_done(10);
    struct message_forecast forecast = record_forecast(world);
    /* two more inspections, four deploys, one after the other */
    cr_expect_eq(forecast.finish_ms, world->now_ms + 20 + 8 * MINUTE, "%lu",
                 (unsigned long)(forecast.finish_ms - world->now_ms));
}

/* ---- people ---- */

static void control(struct message_control control)
{
    struct error error = {0};
    cr_assert_eq(story_steer(world, &control, &error), 0, "%s", error.message);
    pass(0);
}

Test(forecast, assumes_that_people_act)
{
    struct wave_definition waves[] = {{.name = "canary", .count = 1},
                                      {.name = "early", .count = 1, .approve = true},
                                      {.name = "rest", .approve = true}};
    struct core_start start = start_of("first", PURPOSE_DEPLOY);
    start.fleet.waves = (struct wave_definition_list){waves, 3};
    story_worker(world, 5, 4);
    begin(start);
    inspect_all();
    job_done(SECOND);
    control((struct message_control){.verb = CONTROL_PAUSE, .who = {"sre", "lunch"}});
    pass(HOUR);
    struct message_forecast forecast = record_forecast(world);
    cr_expect_eq(forecast.finish_ms, world->now_ms + 2 * SECOND);
    cr_expect_str_eq(forecast.reason, "assuming that it is resumed and waves early and rest are "
                                      "approved at once");
    control((struct message_control){.verb = CONTROL_CANCEL, .who = {"sre", "enough"}});
    cr_expect_str_eq(record_forecast(world).reason, "it is over");
}

Test(forecast, counts_a_limit_and_a_hold_as_resumed)
{
    struct wave_definition waves[] = {{.name = "canary", .count = 1}, {.name = "rest"}};
    struct core_start start = start_of("first", PURPOSE_DEPLOY);
    start.fleet.waves = (struct wave_definition_list){waves, 2};
    start.policy.request.until_wave = 1;
    story_worker(world, 5, 4);
    begin(start);
    inspect_all();
    control(
        (struct message_control){.verb = CONTROL_PAUSE, .who = {"sre", "look"}, .scope = "tier=c"});
    job_done(SECOND);
    struct message_forecast forecast = record_forecast(world);
    cr_expect_eq(forecast.finish_ms, world->now_ms + SECOND);
    cr_expect_str_eq(forecast.reason, "assuming that it is resumed at once");
}

Test(forecast, goes_on_without_workers_and_after_a_rollback)
{
    story_worker(world, 5, 1);
    begin(start_of("first", PURPOSE_DEPLOY));
    inspect_all();
    job_done(3 * SECOND);
    story_disconnect(world, 0);
    pass(5 * SECOND);
    struct message_forecast forecast = record_forecast(world);
    cr_expect_eq(forecast.finish_ms, world->now_ms + 3 * SECOND, "%lu",
                 (unsigned long)(forecast.finish_ms - world->now_ms));
    cr_expect_str_eq(forecast.reason, "assuming that a worker connects at once");

    control((struct message_control){.verb = CONTROL_ROLLBACK, .who = {"sre", "bad"}});
    forecast = record_forecast(world);
    cr_expect_str_eq(forecast.rollout, "r2");
    cr_expect_str_eq(forecast.reason, "assuming that a worker connects at once; durations are "
                                      "guessed from other revisions");
    cr_expect_eq(forecast.finish_ms, world->now_ms + 10 + 3 * SECOND, "%lu",
                 (unsigned long)(forecast.finish_ms - world->now_ms));
}

/* ---- through a coordinator ---- */

TestSuite(forecasts, .init = bench_init, .fini = bench_fini);

static void forecast_want(struct peer *peer, const char *rollout)
{
    struct message wanted = {.type = MESSAGE_FORECAST_WANTED, .forecast_wanted = {rollout}};
    peer_send(peer, &wanted);
}

Test(forecasts, are_answered_from_the_journal_and_again_while_fresh)
{
    bench_start(true);
    struct peer *worker = peer_connect("worker", 11, 1);
    struct peer *command = peer_connect("command", 0, 0);
    forecast_want(command, "");
    RUN_UNTIL(peer_count(command, MESSAGE_FORECAST) == 1);
    const struct message_forecast *none = &peer_message(command, MESSAGE_FORECAST, 0)->forecast;
    cr_expect_str_eq(none->reason, "there was no rollout yet");

    worker->deploys = false;
    peer_start(command, "deploy", "head");
    RUN_UNTIL(worker->jobs_seen[2] == 1);
    worker->deploys = true;
    const struct message *last = NULL;
    for (size_t i = 0; i < peer_count(worker, MESSAGE_JOB); i++) {
        last = peer_message(worker, MESSAGE_JOB, i);
    }
    worker->deploys = false;
    peer_result(worker, &last->job, "done");
    RUN_UNTIL(worker->jobs_seen[2] == 2);
    forecast_want(command, "");
    forecast_want(command, "");
    RUN_UNTIL(peer_count(command, MESSAGE_FORECAST) == 3);
    const struct message_forecast *made = &peer_message(command, MESSAGE_FORECAST, 1)->forecast;
    cr_expect_eq(made->measured, 1);
    cr_expect_gt(made->finish_ms, 0);
    cr_expect_str_eq(made->reason, "");
    forecast_want(command, made->rollout);
    RUN_UNTIL(peer_count(command, MESSAGE_FORECAST) == 4);
    const struct message_forecast *again = &peer_message(command, MESSAGE_FORECAST, 3)->forecast;
    cr_expect_eq(again->finish_ms, made->finish_ms);
    forecast_want(command, "another");
    RUN_UNTIL(peer_count(command, MESSAGE_REFUSED) == 1);
}

Test(forecasts, end_with_the_coordinator)
{
    bench_start(true);
    struct peer *worker = peer_connect("worker", 11, 8);
    struct peer *command = peer_connect("command", 0, 0);
    worker->deploys = false;
    peer_start(command, "deploy", "head");
    RUN_UNTIL(worker->jobs_seen[2] == 1);
    for (size_t i = 0; i < 3; i++) {
        forecast_want(command, "");
    }
    bench_settle(command);
    bench_stop();
}

Test(forecasts, have_nothing_to_read_in_memory)
{
    bench_start(false);
    struct peer *command = peer_connect("command", 0, 0);
    forecast_want(command, "");
    RUN_UNTIL(peer_count(command, MESSAGE_FORECAST) == 1);
    const struct message_forecast *none = &peer_message(command, MESSAGE_FORECAST, 0)->forecast;
    cr_expect_str_eq(none->reason, "the journal is kept in memory only");
    cr_expect_eq(none->finish_ms, 0);
}
