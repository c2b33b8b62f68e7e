/* Rollouts in a world where everything goes wrong, drawn from a seed: messages late, lost and
 * repeated, workers dying, connections breaking unnoticed, the coordinator crashing before or after
 * its events are durable, databases failing. After every event the promises are checked; then all
 * is healed and the rollout must end, with each database deployed exactly once. Replay equals live
 * state is checked by the harness after every step. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"
#include "tests/core/harness.h"

enum { SEEDS = 300, ACTIONS = 40, TARGETS_MAX = 10, JOBS_MAX = 20000 };

struct watched_job {
    bool live;
    bool deploys;
    uint32_t target;
};

struct watcher {
    uint64_t seed;
    const struct core_start *start;
    int began_at[TARGETS_MAX];
    bool gate_open;
    bool paused;
    uint32_t waves_started;
    uint32_t failed;
    bool over[TARGETS_MAX];
    struct watched_job jobs[JOBS_MAX];
    uint64_t job_last;
};

static void broken(const struct world *world, const struct watcher *watcher, const char *promise)
{
    fprintf(stderr, "seed %llu: %s\n%s", (unsigned long long)watcher->seed, promise,
            buffer_text(&world->trace));
    abort();
}

#define PROMISE(condition, sentence)                                                               \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            broken(world, watcher, sentence);                                                      \
        }                                                                                          \
    } while (0)

static uint32_t wave_of(const struct world *world, uint32_t target)
{
    struct core_target_view view;
    core_target_view(world->core, target, &view);
    return view.wave;
}

/* Jobs running on the server of `target`: by host before the identities are known, by identity
 * after. */
static uint32_t jobs_on_server(const struct world *world, const struct watcher *watcher,
                               uint32_t target, bool deploys)
{
    uint32_t count = 0;
    const struct database *mine = &world->databases[target];
    for (uint64_t i = 1; i <= watcher->job_last; i++) {
        const struct watched_job *job = &watcher->jobs[i];
        const struct database *other = &world->databases[job->target];
        size_t host = strlen("postgresql://pg0");
        count += job->live && (deploys ? strcmp(mine->identity, other->identity) == 0
                                       : strncmp(mine->url, other->url, host) == 0);
    }
    return count;
}

static void watch_lease(struct world *world, struct watcher *watcher,
                        const struct event_job_leased *leased)
{
    bool deploys = leased->kind == JOB_DEPLOY;
    PROMISE(!watcher->paused, "no dispatch while paused");
    PROMISE(leased->job < JOBS_MAX && leased->job > watcher->job_last, "job ids grow");
    uint32_t live = 0;
    for (uint64_t i = 1; i <= watcher->job_last; i++) {
        PROMISE(!watcher->jobs[i].live || watcher->jobs[i].target != leased->subject,
                "one job at a time for a target");
        live += watcher->jobs[i].live;
    }
    PROMISE(live < watcher->start->concurrency, "the fleet's cap");
    PROMISE(jobs_on_server(world, watcher, leased->subject, deploys) < watcher->start->per_server,
            "the server's cap");
    PROMISE(deploys == watcher->gate_open, "no deploy before the gate, no inspection after");
    if (deploys) {
        PROMISE(!watcher->over[leased->subject], "nothing twice");
        PROMISE(watcher->failed <= watcher->start->failures_count, "the budget of failures");
        PROMISE(wave_of(world, leased->subject) <= watcher->waves_started, "waves in order");
    }
    watcher->job_last = leased->job;
    watcher->jobs[leased->job] = (struct watched_job){true, deploys, leased->subject};
}

static void watch_wave(struct world *world, struct watcher *watcher, uint32_t wave)
{
    PROMISE(watcher->gate_open && !watcher->paused, "no wave before the gate or while paused");
    PROMISE(watcher->failed <= watcher->start->failures_count, "no wave over the budget");
    for (uint32_t i = 0; i < world->database_count; i++) {
        struct core_target_view view;
        core_target_view(world->core, i, &view);
        bool before = view.wave > 0 && view.wave - 1 < wave;
        PROMISE(!before || watcher->over[i] || view.state == TARGET_UNCHANGED,
                "no wave before its predecessor is over");
    }
    watcher->waves_started = wave + 1;
}

static void watch(struct world *world, const struct event *event, void *context)
{
    struct watcher *watcher = context;
    switch (event->type) {
    case EVENT_JOB_LEASED: watch_lease(world, watcher, &event->job_leased); break;
    case EVENT_JOB_RELEASED: watcher->jobs[event->job_released.job].live = false; break;
    case EVENT_JOB_CANCELLED: watcher->jobs[event->job_cancelled.job].live = false; break;
    case EVENT_JOB_POSTPONED: watcher->jobs[event->job_postponed.job].live = false; break;
    case EVENT_TARGET_VALIDATED: watcher->jobs[event->target_validated.job].live = false; break;
    case EVENT_TARGET_REFUSED: watcher->jobs[event->target_refused.job].live = false; break;
    case EVENT_GATE_OPENED: watcher->gate_open = true; break;
    case EVENT_WAVE_STARTED: watch_wave(world, watcher, event->wave_started.wave); break;
    case EVENT_TARGET_DEPLOYED:
        watcher->jobs[event->target_deployed.job].live = false;
        watcher->over[event->target_deployed.target] = true;
        break;
    case EVENT_TARGET_FAILED:
        watcher->jobs[event->target_failed.job].live = false;
        watcher->over[event->target_failed.target] = true;
        watcher->failed++;
        break;
    case EVENT_TARGET_RETRIED:
        watcher->over[event->target_retried.target] = false;
        watcher->failed--;
        break;
    case EVENT_ROLLOUT_PAUSED: watcher->paused = true; break;
    case EVENT_ROLLOUT_RESUMED: watcher->paused = false; break;
    default: break;
    }
}

/* ---- the world of a seed ---- */

static void fault_draw(struct world *world, struct database *database)
{
    static const struct {
        enum job_kind kind;
        enum failure_cause cause;
        const char *sqlstate;
    } faults[] = {
        {JOB_INSPECT, FAILURE_CAUSE_UNREACHABLE, "57P03"},
        {JOB_INSPECT, FAILURE_CAUSE_CONNECTION, ""},
        {JOB_DEPLOY, FAILURE_CAUSE_SQL, "55P03"},
        {JOB_DEPLOY, FAILURE_CAUSE_CONNECTION, "08006"},
        {JOB_DEPLOY, FAILURE_CAUSE_SQL, "42P01"}, /* permanent, until somebody retries */
    };
    size_t draw = world_random(world, 8);
    if (draw < LENGTH(faults)) {
        database->fault_kind = faults[draw].kind;
        database->cause = faults[draw].cause;
        database->sqlstate = faults[draw].sqlstate;
        database->faults = 1 + (uint32_t)world_random(world, 3);
    }
}

static struct core_start start_draw(struct world *world)
{
    size_t count = 2 + world_random(world, TARGETS_MAX - 2);
    for (size_t i = 0; i < count; i++) {
        uint64_t host = world_random(world, 3);
        const char *url = arena_printf(&world->arena, "postgresql://pg%u/t%zu", (unsigned)host, i);
        struct database *database = world_database(world, arena_printf(&world->arena, "t%zu", i),
                                                   url, (int)world_random(world, 4));
        database->identity = host == 2 ? "two" : "one"; /* pg0 and pg1 are the same server */
        fault_draw(world, database);
    }
    struct core_start start = world_start_default(world, PURPOSE_DEPLOY);
    struct core_wave *waves = arena_array(&world->arena, 3, sizeof *waves);
    waves[0] = (struct core_wave){.name = "canary", .count = 1};
    waves[1] = (struct core_wave){.name = "early", .percent = 30};
    waves[2] = (struct core_wave){.name = "rest"};
    start.waves = waves;
    start.wave_count = world_random(world, 4);
    start.concurrency = 1 + (uint32_t)world_random(world, 6);
    start.per_server = 1 + (uint32_t)world_random(world, 3);
    start.failures_count = (uint32_t)world_random(world, 3);
    start.retry_attempts = 8;
    start.retry_backoff_min_ms = 20;
    start.retry_backoff_max_ms = 200;
    return start;
}

static void trouble(struct world *world, uint64_t *next_instance)
{
    struct pretend_worker *worker = &world->workers[world_random(world, world->worker_count)];
    switch (world_random(world, 12)) {
    case 0: world_disconnect(world, worker, true); break;
    case 1: world_disconnect(world, worker, false); break; /* nobody notices */
    case 2:
        world_kill(world, worker);
        worker->instance = ++*next_instance;
        worker->alive = true;
        break;
    case 3: world_crash(world, false); break;
    case 4:
        world_crash(world, true);
        for (size_t i = 0; i < world->worker_count; i++) {
            world->workers[i].instance = ++*next_instance;
            world->workers[i].alive = true;
        }
        break;
    case 5: (void)world_control(world, CONTROL_PAUSE); break;
    case 6: (void)world_control(world, CONTROL_RETRY); break;
    case 7:
        worker->window = (uint32_t)world_random(world, 4);
        world_connect(world, worker); /* a second hello on a living connection too */
        break;
    default:
        if (!worker->connected) {
            world_connect(world, worker);
        }
        break;
    }
}

static bool rollout_is_over(const struct world *world)
{
    struct core_rollout_view view;
    core_rollout_view(world->core, &view);
    return !view.active;
}

static void heal(struct world *world, const struct watcher *watcher)
{
    world->crash_percent = 0;
    for (size_t i = 0; i < world->database_count; i++) {
        world->databases[i].faults = 0;
    }
    for (size_t i = 0; i < world->worker_count; i++) {
        world->workers[i].window = 4;
        world_connect(world, &world->workers[i]);
    }
    for (unsigned i = 0; i < 20 && !rollout_is_over(world); i++) {
        world_run(world, world->now_ms - world->start_ms + 10000);
        (void)world_control(world, CONTROL_RETRY);
    }
    PROMISE(rollout_is_over(world), "a healed world finishes");
}

static void end_check(const struct world *world, const struct watcher *watcher)
{
    for (size_t i = 0; i < world->database_count; i++) {
        struct core_target_view view;
        core_target_view(world->core, i, &view);
        const struct database *database = &world->databases[i];
        bool behind = watcher->began_at[i] < 3;
        if (view.state == TARGET_DEPLOYED) {
            PROMISE(database->at == 3 && database->commits == behind, "deployed exactly once");
        } else if (view.state == TARGET_UNCHANGED) {
            PROMISE(database->commits == 0 && !behind, "unchanged means untouched");
        } else if (strcmp(world_state(world), "refused") != 0) {
            PROMISE(view.state == TARGET_FAILED && database->commits == 0, "else failed");
        }
    }
}

static void seed_run(uint64_t seed, unsigned *ends)
{
    struct world *world = world_create(seed);
    struct watcher *watcher = memory_alloc(sizeof *watcher);
    uint64_t next_instance = 100;
    struct core_start start = start_draw(world);
    watcher->seed = seed;
    watcher->start = &start;
    for (size_t i = 0; i < world->database_count; i++) {
        watcher->began_at[i] = world->databases[i].at;
    }
    world->watch = watch;
    world->watch_context = watcher;
    world->delay_max_ms = 20;
    world->duration_min_ms = 5;
    world->duration_max_ms = 60;
    world->twice_percent = 20;
    for (uint64_t i = world_random(world, 3) + 1; i > 0; i--) {
        world_worker(world, ++next_instance, 1 + (uint32_t)world_random(world, 4));
    }
    struct error error = {0};
    cr_assert_eq(world_start(world, &start, &error), 0);
    world->crash_percent = 2;
    for (unsigned i = 0; i < ACTIONS; i++) {
        world_run(world, world->now_ms - world->start_ms + world_random(world, 60));
        trouble(world, &next_instance);
    }
    heal(world, watcher);
    end_check(world, watcher);
    ends[strcmp(world_state(world), "succeeded") == 0]++;
    free(watcher);
    world_free(world);
}

Test(random, promises_are_kept_whatever_happens)
{
    const char *one = getenv("DROVER_SEED");
    unsigned ends[2] = {0, 0};
    if (one != NULL) {
        seed_run(strtoull(one, NULL, 10), ends);
        return;
    }
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        seed_run(seed, ends);
    }
    cr_expect_gt(ends[1], SEEDS / 4, "the world is too hard to show anything");
}
