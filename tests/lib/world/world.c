/* The world's life: drawn, run until all is over, healed on the way (world.h). */
#include "coordinator/core/facts/bounds.h"
#include "tests/lib/world/story.h"
#include "tests/lib/world/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LOOK_MS = 1000,
    QUIET_MS = 60000, /* after the end, so that what is late can still do harm */
    FINISH_MS = 3600000,
    STEPS_MIN = 2000000,
    STEPS_PER_TARGET = 1000,
};

void world_trace(struct world *world, const char *format, ...)
{
    char line[2048];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (world->tracing) {
        uint64_t at_ms = world->now_ms - world->start_ms;
        (void)printf("+%llu.%03llu %s\n", (unsigned long long)(at_ms / 1000),
                     (unsigned long long)(at_ms % 1000), line);
        return; /* events are traced only here, so the hash may not see them */
    }
    (void)length;
}

static void hash_word(struct world *world, uint64_t word)
{
    world->hash = (world->hash ^ word) * 0x100000001b3u;
    world->hash ^= world->hash >> 29;
}

/* ---- time ---- */

void world_plan(struct world *world, uint64_t delay_ms, enum occurrence_kind kind, uint32_t a,
                uint32_t b)
{
    queue_push(&world->queue, (struct occurrence){
                                  .at_ms = world->now_ms + delay_ms, .kind = kind, .a = a, .b = b});
}

void world_plan_every(struct world *world, enum occurrence_kind kind, uint32_t mean)
{
    if (mean > 0 && !world->healed) {
        world_plan(world, random_below(&world->random, 2ULL * mean) + 1, kind, 0, 0);
    }
}

uint64_t world_delay(struct world *world)
{
    return random_below(&world->random, (uint64_t)world->swarm.network_ms + 1);
}

uint64_t world_chance(struct world *world)
{
    return world->story != NULL ? world->story->chance : random_word(&world->random);
}

void world_clock_set(struct world *world)
{
    int64_t by_ms = (int64_t)random_scale(&world->random, CORE_CLOCK_OFF_MS, world->swarm.clock_ms);
    world->set_ms += random_permille(&world->random, 500) ? by_ms : -by_ms;
    world_trace(world, "the clock is set, %lld ms ahead of the time that passes",
                (long long)world->set_ms);
    world->sights.clocks++;
}

/* ---- beginning and end ---- */

static void troubles_plan(struct world *world)
{
    const struct swarm *swarm = &world->swarm;
    world_plan_every(world, OCCURRENCE_LINK_BREAKS, swarm->cut_every_ms);
    world_plan_every(world, OCCURRENCE_AGENT_DIES, swarm->death_every_ms);
    world_plan_every(world, OCCURRENCE_AGENT_DRAINS, swarm->drain_every_ms);
    world_plan_every(world, OCCURRENCE_AGENT_STOPS, swarm->stop_every_ms);
    world_plan_every(world, OCCURRENCE_COORDINATOR_DIES, swarm->crash_every_ms);
    world_plan_every(world, OCCURRENCE_JOURNAL_LOST, swarm->journal_every_ms);
    world_plan_every(world, OCCURRENCE_CLOCK_SET, swarm->clock_every_ms);
    world_plan_every(world, OCCURRENCE_FAILOVER, swarm->failover_every_ms);
    world_plan_every(world, OCCURRENCE_SERVER_DIES, swarm->server_every_ms);
    world_plan_every(world, OCCURRENCE_AGENTS_BLINDED, swarm->blind_every_ms);
    world_plan_every(world, OCCURRENCE_FOREIGN, swarm->foreign_every_ms);
    world_plan_every(world, OCCURRENCE_VERB, swarm->operator_every_ms);
    world_plan_every(world, OCCURRENCE_REPLAY, swarm->replay_every_ms);
    world_plan(world, swarm->trouble_ms, OCCURRENCE_HEAL, 0, 0);
    world_plan(world, 0, OCCURRENCE_LOOK, 0, 0);
}

void world_init(struct world *world)
{
    const struct swarm *swarm = &world->swarm;
    world->start_ms = world->now_ms = 1700000000000u;
    world->work_ms_min = 1;
    world->probe_value = "3";
    world->bundle = shape_bundle(swarm->shape);
    world->graph = bundle_graph(world->bundle);
    world->agents = arena_array(&world->arena, swarm->workers, sizeof *world->agents);
    world->coordinator.sessions = arena_array(&world->arena, swarm->workers, sizeof(uint32_t));
    world->coordinator.session_instances =
        arena_array(&world->arena, swarm->workers, sizeof(uint64_t));
    world->servers = arena_array(&world->arena, swarm->servers, sizeof *world->servers);
    world->blind_until_ms = arena_array(&world->arena, (size_t)swarm->workers * swarm->servers,
                                        sizeof *world->blind_until_ms);
    world->databases = arena_array(&world->arena, swarm->targets, sizeof *world->databases);
}

struct world *world_create(uint64_t seed, uint32_t targets, uint32_t workers, bool tracing)
{
    struct world *world = memory_alloc(sizeof *world);
    world->seed = seed;
    world->tracing = tracing;
    world->random.state = seed;
    swarm_draw(&world->swarm, &world->random, targets, workers);
    world_init(world);
    databases_create(world);
    coordinator_begin(world);
    for (uint32_t i = 0; i < world->swarm.workers; i++) {
        agent_start(world, i);
    }
    troubles_plan(world);
    return world;
}

static void heal(struct world *world)
{
    if (world->healed) {
        return;
    }
    world_trace(world, "everything is healed");
    world->healed = true;
    world->healed_ms = world->now_ms;
    for (uint32_t i = 0; i < world->swarm.servers; i++) {
        server_rises(world, i);
    }
    agents_see(world);
    for (uint32_t i = 0; i < world->swarm.workers; i++) {
        world->agents[i].unreachable_until_ms = 0;
    }
}

/* How long the rollouts may take once all is healed, one target after the other at worst. */
static uint64_t patience_ms(const struct world *world)
{
    const struct swarm *swarm = &world->swarm;
    uint64_t job_ms = (uint64_t)swarm->work_ms * (SHAPE_REVISIONS_MAX / 2 + 1) +
                      (uint64_t)swarm->network_ms * 16 + (uint64_t)swarm->append_ms * 8;
    return FINISH_MS + job_ms * swarm->targets * swarm->rollouts;
}

static void look(struct world *world)
{
    operator_look(world);
    check_windows(world);
    bool finished = world->rollouts_finished >= world->swarm.rollouts && !world->check.active;
    if (!finished) {
        world->finished_ms = 0;
    }
    if (finished) {
        heal(world);
        world->finished_ms = world->finished_ms > 0 ? world->finished_ms : world->now_ms;
        world->over = world->now_ms - world->finished_ms >= QUIET_MS;
    } else if (world->healed && world->now_ms - world->healed_ms > patience_ms(world)) {
        check_fail(world, "once all is healed the rollout finishes", "%u of %u after %llu s",
                   world->rollouts_finished, world->swarm.rollouts,
                   (unsigned long long)((world->now_ms - world->healed_ms) / 1000));
    }
    world_plan(world, LOOK_MS, OCCURRENCE_LOOK, 0, 0);
}

/* ---- occurrences ---- */

/* A fault that comes again and again until all is healed. */
static void trouble(struct world *world, enum occurrence_kind kind)
{
    const struct swarm *swarm = &world->swarm;
    if (world->healed) {
        return;
    }
    uint32_t agent = (uint32_t)random_below(&world->random, swarm->workers);
    uint32_t mean = 0;
    switch (kind) {
    case OCCURRENCE_LINK_BREAKS:
        link_break(world, agent);
        mean = swarm->cut_every_ms;
        break;
    case OCCURRENCE_AGENT_DIES:
        agent_die(world, agent, false);
        mean = swarm->death_every_ms;
        break;
    case OCCURRENCE_AGENT_DRAINS:
        agent_drain(world, agent);
        mean = swarm->drain_every_ms;
        break;
    case OCCURRENCE_AGENT_STOPS:
        world->stops = true;
        mean = swarm->stop_every_ms;
        break;
    case OCCURRENCE_COORDINATOR_DIES:
        coordinator_die(world, "killed");
        mean = swarm->crash_every_ms;
        break;
    case OCCURRENCE_JOURNAL_LOST:
        coordinator_die(world, "killed");
        batches_lose(world);
        mean = swarm->journal_every_ms;
        break;
    case OCCURRENCE_FAILOVER:
        server_fails_over(world, (uint32_t)random_below(&world->random, swarm->servers));
        mean = swarm->failover_every_ms;
        break;
    case OCCURRENCE_CLOCK_SET:
        world_clock_set(world);
        mean = swarm->clock_every_ms;
        break;
    case OCCURRENCE_AGENTS_BLINDED:
        agents_blinded(world);
        mean = swarm->blind_every_ms;
        break;
    case OCCURRENCE_SERVER_DIES:
        server_dies(world, (uint32_t)random_below(&world->random, swarm->servers));
        mean = swarm->server_every_ms;
        break;
    case OCCURRENCE_FOREIGN:
        foreign_change(world);
        mean = swarm->foreign_every_ms;
        break;
    case OCCURRENCE_VERB:
        operator_verb(world);
        mean = swarm->operator_every_ms;
        break;
    default:
        coordinator_replay_check(world);
        mean = swarm->replay_every_ms;
        break;
    }
    world_plan_every(world, kind, mean);
}

static void occur(struct world *world, struct occurrence *occurrence)
{
    uint32_t a = occurrence->a;
    uint32_t b = occurrence->b;
    switch (occurrence->kind) {
    case OCCURRENCE_LETTER_UP: link_arrive_up(world, occurrence->letter); break;
    case OCCURRENCE_LETTER_DOWN: link_arrive_down(world, occurrence->letter); break;
    case OCCURRENCE_APPEND_DONE: coordinator_append_done(world, a); break;
    case OCCURRENCE_TICK: coordinator_tick(world, a); break;
    case OCCURRENCE_LINK_OPENS:
        if (world->agents[a].alive && world->agents[a].connection == b) {
            link_open(world, a);
        }
        break;
    case OCCURRENCE_LINK_NOTICED: link_noticed(world, a, b); break;
    case OCCURRENCE_SESSION_NOTICED: link_session_noticed(world, a, b); break;
    case OCCURRENCE_WORK_STEP: work_step(world, a, b); break;
    case OCCURRENCE_COMMIT_ARRIVES: transaction_commit_arrives(world, a, b); break;
    case OCCURRENCE_TRANSACTION_ENDS: transaction_end(world, a, b); break;
    case OCCURRENCE_AGENT_STARTS: agent_start(world, a); break;
    case OCCURRENCE_COORDINATOR_STARTS: coordinator_begin(world); break;
    case OCCURRENCE_SERVER_RISES: server_rises(world, a); break;
    case OCCURRENCE_LOOK: look(world); break;
    case OCCURRENCE_HEAL: heal(world); break;
    default: trouble(world, occurrence->kind); break;
    }
}

/* A story hears of each thing by itself; else what happens at the same time is one batch. */
bool world_turn(struct world *world)
{
    struct occurrence occurrence;
    if (!queue_pop(&world->queue, &occurrence)) {
        return false;
    }
    world->now_ms = occurrence.at_ms;
    hash_word(world, occurrence.at_ms);
    hash_word(world, (uint64_t)occurrence.kind << 32 | occurrence.a);
    occur(world, &occurrence);
    letter_free(occurrence.letter);
    bool gathers = world->queue.count > 0 && world->queue.items[0].at_ms == world->now_ms;
    if (!gathers || world->story != NULL) {
        coordinator_turn(world);
    }
    world->steps++;
    return true;
}

void world_run(struct world *world)
{
    uint64_t steps_max =
        STEPS_MIN + (uint64_t)STEPS_PER_TARGET * world->swarm.targets * world->swarm.rollouts;
    while (!world->over && !world->check.failed && world_turn(world)) {
        if (world->steps > steps_max) {
            check_fail(world, "the world does not go round in circles", "%llu steps",
                       (unsigned long long)world->steps);
        }
    }
    if (!world->check.failed) {
        coordinator_replay_check(world);
        check_end(world);
    }
}

void world_free(struct world *world)
{
    struct occurrence occurrence;
    while (queue_pop(&world->queue, &occurrence)) {
        letter_free(occurrence.letter);
    }
    free(world->queue.items);
    for (uint32_t i = 0; i < world->swarm.workers; i++) {
        HASH_CLEAR(hh, world->agents[i].ledger.entries);
    }
    for (uint32_t i = 0; i < world->work_count; i++) {
        free(world->works[i]);
    }
    free(world->works);
    free(world->free_works);
    free(world->transactions);
    free(world->free_transactions);
    for (uint32_t i = 0; i < world->beginning_count; i++) {
        free(world->beginnings[i].heads);
    }
    free(world->beginnings);
    free(world->pasts);
    free(world->heads);
    free(world->routes);
    coordinator_free(world);
    check_free(world);
    arena_free(&world->arena);
    free(world);
}
