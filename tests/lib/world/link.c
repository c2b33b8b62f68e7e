/* Connections between workers and the coordinator: reliable and in order while they last, then gone
 * with everything that was on its way. Each side notices for itself, at once or after a silence,
 * and may talk to nobody meanwhile. */
#include <stdlib.h>

#include "tests/lib/world/world.h"

enum { RECONNECT_MS_MIN = 100, RECONNECT_MS_MAX = 2000, PARTITION_MS_MAX = 30000 };

void letter_free(struct letter *letter)
{
    if (letter != NULL) {
        free(letter->running);
        free(letter);
    }
}

static void letter_plan(struct world *world, const struct letter *letter, uint64_t *last_ms,
                        enum occurrence_kind kind)
{
    uint64_t at_ms = world->now_ms + world_delay(world);
    *last_ms = at_ms > *last_ms ? at_ms : *last_ms;
    struct letter *copy = memory_alloc(sizeof *copy);
    *copy = *letter;
    queue_push(&world->queue, (struct occurrence){.at_ms = *last_ms, .kind = kind, .letter = copy});
}

void link_send_up(struct world *world, const struct letter *letter)
{
    letter_plan(world, letter, &world->agents[letter->agent].up_last_ms, OCCURRENCE_LETTER_UP);
}

void link_send_down(struct world *world, const struct letter *letter)
{
    letter_plan(world, letter, &world->agents[letter->agent].down_last_ms, OCCURRENCE_LETTER_DOWN);
}

/* ---- the coordinator's side ---- */

static void session_remove(struct world *world, uint32_t agent)
{
    struct coordinator *coordinator = &world->coordinator;
    coordinator->sessions[agent] = 0;
    coordinator_push(world, &(struct item){.kind = ITEM_LEFT,
                                           .instance = coordinator->session_instances[agent]});
}

void link_session_noticed(struct world *world, uint32_t agent, uint32_t connection)
{
    if (world->coordinator.up && world->coordinator.sessions[agent] == connection) {
        session_remove(world, agent);
    }
}

static void answer(struct world *world, const struct letter *to, enum letter_kind kind)
{
    link_send_down(
        world, &(struct letter){.kind = kind, .agent = to->agent, .connection = to->connection});
}

void link_arrive_up(struct world *world, struct letter *letter)
{
    struct coordinator *coordinator = &world->coordinator;
    const struct agent *agent = &world->agents[letter->agent];
    if (!coordinator->up || agent->broken || agent->connection != letter->connection) {
        return;
    }
    if (letter->kind == LETTER_HELLO) {
        answer(world, letter, LETTER_WELCOME);
        if (coordinator->sessions[letter->agent] != 0) {
            session_remove(world, letter->agent); /* its old one, not yet seen to be dead */
        }
        coordinator->sessions[letter->agent] = letter->connection;
        coordinator->session_instances[letter->agent] = agent->instance;
    } else if (coordinator->sessions[letter->agent] != letter->connection) {
        return;
    }
    if (letter->kind == LETTER_BUNDLE_WANTED) {
        answer(world, letter, LETTER_BUNDLE);
        return;
    }
    coordinator_push(
        world, &(struct item){.kind = ITEM_LETTER, .instance = agent->instance, .letter = *letter});
    letter->running = NULL;
}

/* ---- the worker's side ---- */

/* Half to all of a pause that doubles with each failure in a row. */
static void reopen_later(struct world *world, uint32_t number)
{
    struct agent *agent = &world->agents[number];
    uint64_t pause = RECONNECT_MS_MIN;
    for (unsigned i = 0; i < agent->failures && pause < RECONNECT_MS_MAX; i++) {
        pause *= 2;
    }
    pause = pause > RECONNECT_MS_MAX ? RECONNECT_MS_MAX : pause;
    agent->failures++;
    world_plan(world,
               RECONNECT_MS_MIN / 2 + pause / 2 + random_below(&world->random, pause / 2 + 1),
               OCCURRENCE_LINK_OPENS, number, agent->connection);
}

void link_open(struct world *world, uint32_t number)
{
    struct agent *agent = &world->agents[number];
    agent->connection++;
    if (!world->coordinator.up || agent->unreachable_until_ms > world->now_ms) {
        agent->link = LINK_NONE;
        agent->broken = true;
        reopen_later(world, number);
        return;
    }
    agent->link = LINK_OPENING;
    agent->broken = false;
    agent->up_last_ms = agent->down_last_ms = world->now_ms;
    agent_say_hello(world, number);
}

void link_noticed(struct world *world, uint32_t number, uint32_t connection)
{
    struct agent *agent = &world->agents[number];
    if (!agent->alive || agent->connection != connection || agent->link == LINK_NONE) {
        return;
    }
    agent->link = LINK_NONE;
    if (world->swarm.mode != MODE_EMBEDDED && world->story == NULL) {
        reopen_later(world, number);
    }
}

void link_arrive_down(struct world *world, const struct letter *letter)
{
    struct agent *agent = &world->agents[letter->agent];
    if (!agent->alive || agent->broken || agent->connection != letter->connection ||
        agent->link == LINK_NONE) {
        return;
    }
    if (letter->kind == LETTER_WELCOME) {
        agent->link = LINK_WELCOME;
        agent->failures = 0;
        agent_welcome(world, letter->agent);
    } else {
        agent_receive(world, letter);
    }
}

/* ---- breaking ---- */

static uint64_t notice_delay(struct world *world)
{
    bool silent = !world->healed && random_permille(&world->random, world->swarm.unnoticed);
    return random_below(&world->random, silent ? SILENCE_MS : 50);
}

void link_break(struct world *world, uint32_t number)
{
    struct agent *agent = &world->agents[number];
    if (agent->link == LINK_NONE || agent->broken) {
        return;
    }
    world_trace(world, "the link of worker %llu breaks", (unsigned long long)agent->instance);
    agent->broken = true;
    world->sights.breaks++;
    if (!world->healed && random_permille(&world->random, world->swarm.partition)) {
        agent->unreachable_until_ms =
            world->now_ms + random_below(&world->random, PARTITION_MS_MAX);
    }
    world_plan(world, notice_delay(world), OCCURRENCE_LINK_NOTICED, number, agent->connection);
    world_plan(world, notice_delay(world), OCCURRENCE_SESSION_NOTICED, number, agent->connection);
}

void link_break_all(struct world *world)
{
    for (uint32_t i = 0; i < world->swarm.workers; i++) {
        struct agent *agent = &world->agents[i];
        if (agent->link != LINK_NONE) {
            agent->broken = true;
            world_plan(world, notice_delay(world), OCCURRENCE_LINK_NOTICED, i, agent->connection);
        }
    }
}
