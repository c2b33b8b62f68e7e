/* Servers, databases, and transactions that live in the server: they commit or not whatever their
 * client still knows of it. */
#include <stdlib.h>
#include <string.h>

#include "tests/lib/world/world.h"

enum { NOTICE_MS_MAX = 3000, DOWN_MS_MAX = 8000 };

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
    database->heads = steps == 0 ? whole->from : whole->after[steps - 1];
    database->applied = 0;
    for (size_t i = 0; i < steps; i++) {
        database->applied |= 1ULL << whole->revision[i];
    }
}

void databases_create(struct world *world)
{
    const struct swarm *swarm = &world->swarm;
    struct random *random = &world->random;
    for (uint32_t i = 0; i < swarm->servers; i++) {
        world->servers[i] = (struct server){arena_printf(&world->arena, "s%u", i), true};
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
                              .last = {.revision = NONE},
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
        database_place(database, &whole, steps < count ? steps : count);
    }
}

/* ---- transactions ---- */

uint32_t transaction_open(struct world *world, struct work *work)
{
    struct database *database = &world->databases[work->subject];
    if (database->lock != NONE) {
        return NONE;
    }
    uint32_t slot = world->free_transaction_count > 0
                        ? world->free_transactions[--world->free_transaction_count]
                        : world->transaction_count++;
    if (slot == world->transaction_capacity) {
        uint32_t grown = slot > 0 ? slot * 2 : 64;
        world->transactions =
            memory_resize(world->transactions, grown * sizeof *world->transactions);
        world->free_transactions =
            memory_resize(world->free_transactions, grown * sizeof *world->free_transactions);
        world->transaction_capacity = grown;
    }
    world->transactions[slot] = (struct transaction){.generation = ++world->last_generation,
                                                     .open = true,
                                                     .database = work->subject,
                                                     .route = work->route,
                                                     .first = work->first,
                                                     .end = work->end,
                                                     .rollout = work->rollout,
                                                     .work = work->slot};
    database->lock = slot;
    return slot;
}

void transaction_roll_back(struct world *world, uint32_t slot)
{
    struct transaction *transaction = &world->transactions[slot];
    world->databases[transaction->database].lock = NONE;
    transaction->open = false;
    world->free_transactions[world->free_transaction_count++] = slot;
}

void transaction_end(struct world *world, uint32_t slot, uint32_t generation)
{
    const struct transaction *transaction = &world->transactions[slot];
    if (transaction->open && transaction->generation == generation) {
        transaction_roll_back(world, slot);
    }
}

void transaction_commit(struct world *world, uint32_t slot)
{
    struct transaction *transaction = &world->transactions[slot];
    transaction->committing = true;
    transaction->work_generation = world->works[transaction->work]->generation;
    world_plan(world, world_delay(world), OCCURRENCE_COMMIT_ARRIVES, slot, transaction->generation);
}

/* Nobody is there to hear the answer. If COMMIT is under way it may still arrive. */
void transaction_orphan(struct world *world, uint32_t slot)
{
    struct transaction *transaction = &world->transactions[slot];
    transaction->work = NONE;
    if (transaction->committing && random_permille(&world->random, 500)) {
        return;
    }
    transaction->generation = ++world->last_generation; /* COMMIT is lost */
    transaction->committing = false;
    uint64_t delay_ms = random_below(&world->random, NOTICE_MS_MAX);
    world_plan(world, world->story == NULL ? delay_ms : 0, OCCURRENCE_TRANSACTION_ENDS, slot,
               transaction->generation);
}

static void commit(struct world *world, const struct transaction *transaction)
{
    struct database *database = &world->databases[transaction->database];
    const struct route *route = &world->routes[transaction->route];
    check_commit(world, transaction);
    if (database->stepped_by != transaction->rollout) {
        database->stepped_by = transaction->rollout;
        database->stepped[0] = database->stepped[1] = 0;
    }
    for (size_t i = transaction->first; i < transaction->end; i++) {
        bool down = route->plan.steps[i].direction == DIRECTION_DOWN;
        uint64_t bit = 1ULL << route->revision[i];
        database->applied ^= bit;
        database->stepped[down] |= bit;
        database->last = (struct last_row){route->revision[i], down, transaction->rollout};
    }
    database->heads = route->after[transaction->end - 1];
    if (transaction->rollout != world->check.rollout || !world->check.active) {
        database->foreign_ms = world->now_ms; /* too late for its own */
    }
    database->commits++;
    world->sights.commits++;
    world->sights.unheard += transaction->work == NONE;
    world_trace(world, "database %u commits up to step %zu of rollout %u", transaction->database,
                transaction->end, transaction->rollout);
}

void transaction_commit_arrives(struct world *world, uint32_t slot, uint32_t generation)
{
    struct transaction *transaction = &world->transactions[slot];
    if (!transaction->open || transaction->generation != generation) {
        return;
    }
    commit(world, transaction);
    uint32_t number = transaction->work;
    uint32_t work_generation = transaction->work_generation;
    transaction_roll_back(world, slot); /* it is over; nothing is left to roll back */
    struct work *work = number != NONE ? world->works[number] : NULL;
    if (work != NULL && work->generation == work_generation) {
        work_committed(world, work);
    }
}

/* ---- servers ---- */

void server_dies(struct world *world, uint32_t number)
{
    struct server *server = &world->servers[number];
    if (!server->up) {
        return;
    }
    world_trace(world, "server %u dies", number);
    server->up = false;
    world->sights.servers++;
    for (uint32_t i = 0; i < world->transaction_count; i++) {
        const struct transaction *transaction = &world->transactions[i];
        if (!transaction->open || world->databases[transaction->database].server != number) {
            continue;
        }
        struct work *work = transaction->work != NONE ? world->works[transaction->work] : NULL;
        if (transaction->committing && random_permille(&world->random, 500)) {
            commit(world, transaction); /* and the answer is lost */
        }
        transaction_roll_back(world, i);
        if (work != NULL) {
            work->transaction = NONE;
            work_lost(world, work);
        }
    }
    world_plan(world, random_below(&world->random, DOWN_MS_MAX), OCCURRENCE_SERVER_RISES, number,
               0);
}

void server_rises(struct world *world, uint32_t server)
{
    world->servers[server].up = true;
}

/* ---- somebody else ---- */

/* Another tool takes one step, up or down, without a row in our history. */
void foreign_change(struct world *world)
{
    uint32_t number = (uint32_t)random_below(&world->random, world->swarm.targets);
    struct database *database = &world->databases[number];
    bool down = random_permille(&world->random, 300);
    uint32_t route = route_plan(world, down ? DIRECTION_DOWN : DIRECTION_UP,
                                down ? "base" : "heads", database->heads);
    if (route == NONE || database->lock != NONE) {
        return;
    }
    world_trace(world, "database %u is changed by somebody else", number);
    database->heads = world->routes[route].after[0];
    database->applied ^= 1ULL << world->routes[route].revision[0];
    database->foreign_ms = world->now_ms;
}
