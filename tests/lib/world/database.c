/* Servers and databases (database.h). */
#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"
#include "tests/lib/world/world.h"

enum { DOWN_MS_MAX = 8000 };

/* ---- the fleet ---- */

static struct texts labels_make(struct world *world, uint32_t database)
{
    const char **items = arena_array(&world->arena, 1, sizeof *items);
    items[0] = arena_printf(&world->arena, "ring=%u", ring_of(world, database));
    return (struct texts){items, 1};
}

uint32_t database_number(const struct world *world, const char *name)
{
    uint32_t number = (uint32_t)strtoul(name + 1, NULL, 10); /* as drawn */
    if (number < world->swarm.targets && strcmp(world->databases[number].name, name) == 0) {
        return number;
    }
    for (number = 0; number < world->swarm.targets; number++) {
        if (strcmp(world->databases[number].name, name) == 0) {
            return number;
        }
    }
    return NONE;
}

void database_place(struct database *database, const struct route *whole, size_t steps)
{
    database->rows.heads = steps == 0 ? whole->from : whole->after[steps - 1];
    database->rows.applied = 0;
    for (size_t i = 0; i < steps; i++) {
        database->rows.applied |= 1ULL << whole->revision[i];
    }
}

void databases_create(struct world *world)
{
    const struct swarm *swarm = &world->swarm;
    struct random *random = &world->random;
    for (uint32_t i = 0; i < swarm->servers; i++) {
        world->servers[i] =
            (struct database_server){.identity = arena_printf(&world->arena, "s%u", i), .up = true};
    }
    world->host_servers = arena_array(&world->arena, swarm->hosts, sizeof *world->host_servers);
    for (uint32_t i = 0; i < swarm->hosts; i++) {
        world->host_servers[i] = i % swarm->servers;
    }
    openings_draw(world);
    uint32_t base = heads_number(world, (struct texts){NULL, 0});
    uint32_t number = route_plan(world, DIRECTION_UP, "heads", base);
    struct route whole = world->routes[number];
    size_t count = whole.plan.step_count;
    size_t usual = random_below(random, count + (swarm->downgrade ? 1 : 0)) + swarm->downgrade;
    for (uint32_t i = 0; i < swarm->targets; i++) {
        struct database *database = &world->databases[i];
        uint32_t host = (uint32_t)random_below(random, swarm->hosts);
        *database =
            (struct database){.name = arena_printf(&world->arena, "t%u", i),
                              .url = arena_printf(&world->arena, "postgresql://h%u/t%u", host, i),
                              .labels = labels_make(world, i),
                              .server = world->host_servers[host],
                              .host = host,
                              .rows.last = {.revision = NONE},
                              .lock = NONE};
        if (random_permille(random, swarm->bad_target)) {
            database->deploys = (struct fault){JOB_DEPLOY, ALWAYS, FAILURE_CAUSE_SQL, "42P01", ""};
        }
        if (random_permille(random, swarm->refused_target)) {
            database->looks = (struct fault){JOB_INSPECT, ALWAYS, FAILURE_CAUSE_PRIVILEGE, "", ""};
        }
        bool mixed = random_permille(random, swarm->mixed);
        size_t steps = mixed ? random_below(random, count + 1) : usual;
        if (random_permille(random, swarm->late)) {
            database->born_ms = world->now_ms + random_below(random, swarm->trouble_ms);
        }
        struct random aside = {world->seed ^ (i * 0x9e3779b97f4a7c15U)};
        database->kills = random_permille(&aside, swarm->killers);
        database_place(database, &whole, steps < count ? steps : count);
        database->rows.recorded = database->rows.applied;
    }
}

/* ---- servers ---- */

void server_dies(struct world *world, uint32_t number)
{
    struct database_server *server = &world->servers[number];
    if (!server->up) {
        return;
    }
    world_trace(world, "server %u dies", number);
    server->up = false;
    world->sights.servers++;
    transactions_lose(world, number);
    uint32_t longest = world->swarm.outage_ms > 0 ? world->swarm.outage_ms : DOWN_MS_MAX;
    world_plan(world, random_below(&world->random, longest), OCCURRENCE_SERVER_RISES, number, 0);
}

void database_remember(struct world *world, uint32_t number)
{
    const struct database *database = &world->databases[number];
    if (world->swarm.failover_every_ms == 0) {
        return;
    }
    world->pasts =
        array_room(world->pasts, world->past_count, &world->past_capacity, sizeof *world->pasts);
    world->pasts[world->past_count++] = (struct database_past){
        .database = number,
        .at_ms = world->now_ms,
        .rows = database->rows,
    };
}

/* What a rollout that is over had done is lost behind the back of the one at hand. */
static void commit_take_back(struct world *world, struct database_past *past)
{
    struct database *database = &world->databases[past->database];
    bool own = world->check.active && database->rows.stepped_by == world->check.rollout &&
               database->rows.stepped_losses == world->journal.losses;
    world_trace(world, "database %u loses a commit", past->database);
    database->rows = past->rows;
    database->lost_ms = world->now_ms;
    if (!own) {
        database->foreign_ms = world->now_ms;
    }
    past->database = NONE;
    world->sights.taken_back++;
}

void server_fails_over(struct world *world, uint32_t server)
{
    uint64_t lag_ms = random_below(&world->random, (uint64_t)world->swarm.lag_ms + 1);
    server_dies(world, server);
    world_trace(world, "server %u fails over to a standby that lags by %llu ms", server,
                (unsigned long long)lag_ms);
    for (uint32_t i = world->past_count;
         i > 0 && world->pasts[i - 1].at_ms + lag_ms > world->now_ms; i--) {
        struct database_past *past = &world->pasts[i - 1];
        if (past->database != NONE && world->databases[past->database].server == server) {
            commit_take_back(world, past);
        }
    }
    world->servers[server].timelines++;
    world->sights.failovers++;
}

void server_rises(struct world *world, uint32_t server)
{
    if (!world->servers[server].up) {
        world->servers[server].up = true;
        world->servers[server].up_ms = world->now_ms;
    }
}

/* ---- somebody else ---- */

/* Another tool takes one step, up or down, without a row in our history. */
void foreign_change(struct world *world)
{
    uint32_t number = (uint32_t)random_below(&world->random, world->swarm.targets);
    struct database *database = &world->databases[number];
    bool down = random_permille(&world->random, 300);
    uint32_t route = route_plan(world, down ? DIRECTION_DOWN : DIRECTION_UP,
                                down ? "base" : "heads", database->rows.heads);
    if (route == NONE || database->lock != NONE) {
        return;
    }
    world_trace(world, "database %u is changed by somebody else", number);
    database_remember(world, number);
    database->rows.heads = world->routes[route].after[0];
    database->rows.applied ^= 1ULL << world->routes[route].revision[0];
    database->foreign_ms = world->now_ms;
}
