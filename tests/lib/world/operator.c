/* People: they start rollouts, give verbs at any moment, and come back after a crash. */
#include "common/base/array.h"
#include "common/vocabulary/limits.h"
#include "coordinator/core/facts/rollout.h"
#include "tests/lib/world/world.h"

/* More than a clock is set back by. */
#define PERIODS_MAX 1000000000ULL

enum { BACKOFF_MIN_MS = 50, BACKOFF_MAX_MS = 2000, RETRIES_MS = 60000 };

/* ---- starting ---- */

uint32_t ring_of(const struct world *world, uint32_t database)
{
    const struct swarm *swarm = &world->swarm;
    uint32_t discovered = (uint32_t)((uint64_t)swarm->targets * swarm->discovered / 1000);
    bool found = database >= swarm->targets - discovered;
    return found ? NONE : (database * 2654435761u >> 9) % WORLD_LABELS;
}

static struct source_definition *sources_make(const struct world *world, struct arena *arena,
                                              size_t *count)
{
    const struct swarm *swarm = &world->swarm;
    uint32_t discovered = (uint32_t)((uint64_t)swarm->targets * swarm->discovered / 1000);
    uint32_t written = swarm->targets - discovered;
    uint32_t discoveries = discovered > 0 ? 2 : 0;
    struct source_definition *sources = arena_array(arena, written + discoveries, sizeof *sources);
    *count = written + discoveries;
    for (uint32_t i = 0; i < *count; i++) {
        bool found = i >= written;
        sources[i] =
            (struct source_definition){.place.name = found ? arena_printf(arena, "d%u", i - written)
                                                           : world->databases[i].name,
                                       .place.url = "postgresql://h0/postgres",
                                       .discovery.databases = found ? "*" : "",
                                       .origin = "drover.yaml:1:1"};
        if (!found) {
            sources[i].place.url = world->databases[i].url;
            sources[i].labels = world->databases[i].labels;
        }
    }
    return sources;
}

static struct texts ramp_make(struct random *random, struct arena *arena)
{
    const char **items = arena_array(arena, 2, sizeof *items);
    items[0] = arena_printf(arena, "%u", (unsigned)random_between(random, 1, 5));
    items[1] = arena_printf(arena, "%u%%", (unsigned)random_between(random, 5, 100));
    return (struct texts){items, random_between(random, 1, 2)};
}

static const char *select_make(struct random *random, struct arena *arena)
{
    unsigned ring = (unsigned)random_below(random, WORLD_LABELS);
    switch (random_below(random, 4)) {
    case 0: return arena_printf(arena, "ring=%u", ring);
    case 1: return arena_printf(arena, "ring!=%u", ring);
    case 2: return arena_printf(arena, "ring in (%u,%u)", ring, (ring + 1) % WORLD_LABELS);
    default: return "";
    }
}

static void gates_draw(const struct swarm *swarm, struct random *random,
                       struct wave_definition *wave, struct arena *arena)
{
    static const char *const checks[] = {"select true"};
    if (random_permille(random, swarm->ramps)) {
        wave->ramp = ramp_make(random, arena);
    }
    wave->soak_ms = random_below(random, (uint64_t)swarm->soak_ms + 1);
    if (random_permille(random, swarm->checks)) {
        wave->checks = (struct texts){checks, 1};
        wave->sample.count = (uint32_t)random_below(random, 4);
        wave->sample.percent = (uint32_t)random_below(random, 2) * 30;
    }
    wave->approve = random_permille(random, swarm->approvals);
    if (random_permille(random, swarm->wave_budgets)) {
        wave->budget = true;
        wave->failures.count = (uint32_t)random_below(random, 3);
        wave->failures.percent = (uint32_t)random_below(random, 2) * 20;
    }
}

static struct wave_definition *waves_make(const struct world *world, struct arena *arena)
{
    struct random random = {world->seed}; /* the same at each START */
    uint32_t count = world->swarm.waves;
    struct wave_definition *waves = arena_array(arena, count, sizeof *waves);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t kind = random_below(&random, 8);
        waves[i].name = arena_printf(arena, "wave%u", i);
        waves[i].select = select_make(&random, arena);
        waves[i].canary = random_permille(&random, 200);
        if (kind & 2) {
            waves[i].count = (uint32_t)random_scale(&random, 1, world->swarm.targets);
        }
        if (kind & 4) {
            waves[i].percent = (uint32_t)random_between(&random, 1, 60);
        }
        gates_draw(&world->swarm, &random, &waves[i], arena);
    }
    return waves;
}

/* ---- windows and throttles ---- */

void openings_draw(struct world *world)
{
    struct random *random = &world->random;
    for (uint32_t i = 0; i < world->swarm.windows; i++) {
        struct opening *opening = &world->openings[i];
        uint64_t period = random_scale(random, 40, 20000);
        opening->deny = random_permille(random, 500);
        opening->overrun = random_permille(random, 400);
        opening->ring =
            random_permille(random, 500) ? (uint32_t)random_below(random, WORLD_LABELS) : NONE;
        opening->period_ms = period;
        opening->duration_ms = opening->deny ? period / 8 : period / 2;
        opening->phase_ms = random_below(random, period);
    }
}

void opening_at(const struct world *world, uint32_t number, uint64_t at_ms, uint64_t *opens_ms,
                uint64_t *closes_ms)
{
    const struct opening *opening = &world->openings[number];
    if (world->healed) {
        *opens_ms = opening->deny ? UINT64_MAX : at_ms;
        *closes_ms = UINT64_MAX;
        return;
    }
    uint64_t since =
        at_ms + (PERIODS_MAX * opening->period_ms + opening->phase_ms - world->start_ms);
    uint64_t begin = at_ms - since % opening->period_ms;
    if (since % opening->period_ms >= opening->duration_ms) {
        begin += opening->period_ms;
    }
    *opens_ms = begin;
    *closes_ms = begin + opening->duration_ms;
}

static void limits_make(const struct world *world, struct core_start *start, struct arena *arena)
{
    const struct swarm *swarm = &world->swarm;
    struct window_definition *windows = arena_array(arena, swarm->windows, sizeof *windows);
    for (uint32_t i = 0; i < swarm->windows; i++) {
        const struct opening *opening = &world->openings[i];
        windows[i] = (struct window_definition){
            .deny = opening->deny,
            .schedule = "* * * * *",
            .duration_ms = opening->duration_ms,
            .time_zone = "UTC",
            .select = opening->ring == NONE ? "" : arena_printf(arena, "ring=%u", opening->ring),
            .sync_overrun = opening->overrun};
    }
    struct throttle_definition *throttle = arena_alloc(arena, sizeof *throttle);
    *throttle = (struct throttle_definition){"load", "select 1", "10", swarm->throttle_ms};
    start->fleet.windows.items = windows;
    start->fleet.windows.count = swarm->windows;
    start->fleet.throttles.items = throttle;
    start->fleet.throttles.count = swarm->throttle_ms > 0;
    start->policy.rediscover_ms = swarm->rediscover_ms;
    start->policy.request.until_wave = swarm->until_wave;
}

static const char *spec_of(const struct world *world, enum direction direction, uint64_t word)
{
    bool relative = shape_is_chain(world->swarm.shape) && word % 8 == 0;
    if (direction == DIRECTION_UP) {
        return relative ? "+1" : "heads";
    }
    return relative ? "-1" : "base";
}

struct core_start operator_start_make(struct world *world, uint32_t number, struct arena *arena)
{
    const struct swarm *swarm = &world->swarm;
    struct random random = {world->seed + number};
    uint64_t word = random_word(&random);
    bool down = (number == 1 ? swarm->downgrade : word & 1) != 0;
    enum direction direction = down ? DIRECTION_DOWN : DIRECTION_UP;
    bool question = swarm->mode == MODE_QUESTION;
    enum purpose purpose = question ? PURPOSE_SURVEY
                           : (word & 0xf0) == 0 && swarm->targets <= SWARM_TARGETS_MAX
                               ? PURPOSE_VALIDATE
                               : PURPOSE_DEPLOY;
    struct core_start start = {
        .policy.rollout = arena_printf(arena, "r%u", number),
        .policy.request.purpose = purpose,
        .policy.request.direction = direction,
        .policy.request.spec = spec_of(world, direction, word >> 8),
        .policy.request.bundle = question ? "" : bundle_digest(world->bundle),
        .policy.request.actor = "ann",
        .policy.request.transaction =
            (word >> 40) % 3 == 0 ? TRANSACTION_REVISION : TRANSACTION_TARGET,
        .fleet.waves = {waves_make(world, arena), question ? 0 : swarm->waves},
        .policy.limits.concurrency = swarm->concurrency,
        .policy.limits.per_server = swarm->per_server,
        .policy.limits.validate_failures.count = swarm->validate_failures_count,
        .policy.limits.validate_failures.percent = swarm->validate_failures_percent,
        .policy.limits.failures.count = swarm->failures_count,
        .policy.limits.failures.percent = swarm->failures_percent,
        .policy.limits.on_failure = (enum on_failure)swarm->on_failure,
        .policy.limits.retry_attempts = swarm->attempts,
        .policy.limits.server_patience_ms = swarm->patience_ms,
        .policy.limits.retry_backoff_min_ms = BACKOFF_MIN_MS,
        .policy.limits.retry_backoff_max_ms = BACKOFF_MAX_MS,
        .policy.timeouts.lock_timeout_ms = 2000,
        .policy.timeouts.statement_timeout_ms = 60000,
        .policy.timeouts.connect_timeout_ms = 10000,
    };
    limits_make(world, &start, arena);
    start.fleet.sources.items = sources_make(world, arena, &start.fleet.sources.count);
    return start;
}

/* ---- steering ---- */

const char *scope_text(const struct verb *verb, struct arena *arena)
{
    switch (verb->scope) {
    case SCOPE_RING: return arena_printf(arena, "ring=%u", verb->scope_number % WORLD_LABELS);
    case SCOPE_TARGET: return arena_printf(arena, "target=t%u", verb->scope_number);
    case SCOPE_WAVE: return arena_printf(arena, "wave=%u", verb->scope_number % 4 + 1);
    case SCOPE_SERVER: return arena_printf(arena, "server=s%u", verb->scope_number % 8);
    default: return "";
    }
}

static void verb_give(struct world *world, struct verb verb)
{
    struct arena arena = {0};
    world_trace(world, "somebody says %s%s %s", control_verb_word(verb.verb),
                verb.now ? " now" : "", scope_text(&verb, &arena));
    arena_free(&arena);
    world->sights.verbs++;
    coordinator_push(world, &(struct item){.kind = ITEM_CONTROL, .verb = verb});
}

static uint32_t limit_draw(struct random *random, uint64_t most)
{
    return random_permille(random, 500) ? LIMIT_KEPT : (uint32_t)random_scale(random, 1, most);
}

void operator_verb(struct world *world)
{
    static const enum control_verb verbs[] = {
        CONTROL_PAUSE, CONTROL_PAUSE,   CONTROL_RESUME,  CONTROL_RESUME, CONTROL_RETRY,
        CONTROL_SKIP,  CONTROL_APPROVE, CONTROL_APPROVE, CONTROL_SET,
    };
    struct random *random = &world->random;
    if (!world->coordinator.up) {
        return;
    }
    struct verb verb = {.verb = verbs[random_below(random, LENGTH(verbs))],
                        .now = random_permille(random, 400),
                        .misread = random_permille(random, 200),
                        .concurrency = limit_draw(random, 64),
                        .per_server = limit_draw(random, 16),
                        .failures = limit_draw(random, 8)};
    if (verb.verb == CONTROL_SKIP && verb.now) { /* a skip has no use for it */
        verb.verb = CONTROL_UNSKIP;
    }
    if (random_permille(random, world->swarm.operator_cancels)) {
        verb.verb = CONTROL_CANCEL;
    } else if (random_permille(random, world->swarm.operator_rollbacks)) {
        verb.verb = CONTROL_ROLLBACK;
    }
    bool part = verb.verb == CONTROL_SKIP || random_permille(random, 400);
    if (part && verb.verb != CONTROL_CANCEL && verb.verb != CONTROL_ROLLBACK &&
        verb.verb != CONTROL_SET && verb.verb != CONTROL_APPROVE) {
        verb.scope = (enum scope_kind)random_between(random, 1, SCOPE_COUNT - 1);
        verb.scope_number = (uint32_t)random_below(random, world->swarm.targets);
    }
    verb_give(world, verb);
}

/* Whether a wave is approved that has not begun: a change of the plan takes that away. */
static bool approval_waits(const struct rollout *rollout)
{
    for (uint32_t i = rollout->waves_started; i < rollout->wave_count; i++) {
        if (rollout->waves[i].approved) {
            return true;
        }
    }
    return false;
}

static void budget_change(struct world *world)
{
    verb_give(world, (struct verb){.verb = CONTROL_SET,
                                   .concurrency = LIMIT_KEPT,
                                   .per_server = LIMIT_KEPT,
                                   .failures = (uint32_t)random_between(&world->random, 1, 8)});
}

/* Starts what is still to be started, or takes back what has ended. Once all is healed, nothing is left standing: pauses and
 * holds are lifted, waves approved. */
void operator_look(struct world *world)
{
    const struct coordinator *coordinator = &world->coordinator;
    if (!coordinator->up || coordinator->appending) {
        return;
    }
    const struct rollout *rollout = core_rollout(coordinator->core);
    bool steers = world->healed || world->swarm.mode == MODE_EMBEDDED;
    if (!rollout_is_active(rollout) && world->rollouts_finished < world->swarm.rollouts) {
        if (world->rollouts_finished > 0 && world->swarm.operator_rollbacks > 0 &&
            random_permille(&world->random, 500)) {
            verb_give(world, (struct verb){.verb = CONTROL_ROLLBACK});
            return;
        }
        world_trace(world, "somebody starts rollout %u", world->rollouts_finished + 1);
        coordinator_push(world, &(struct item){.kind = ITEM_START});
    } else if (rollout_is_active(rollout) && steers &&
               (rollout->state == ROLLOUT_PAUSED || rollout->hold_count > 0)) {
        /* what failed because it was moved fails again, so going on without must be tried too */
        bool retries = random_permille(&world->random, 500) && rollout->hold_count == 0 &&
                       (!world->healed || world->now_ms - world->healed_ms < RETRIES_MS);
        verb_give(world, (struct verb){.verb = retries ? CONTROL_RETRY : CONTROL_RESUME});
    } else if (rollout_is_active(rollout) && steers && world->swarm.approvals > 0) {
        if (approval_waits(rollout) && random_permille(&world->random, 100)) {
            budget_change(world);
        } else {
            verb_give(world, (struct verb){.verb = CONTROL_APPROVE});
        }
    }
}
