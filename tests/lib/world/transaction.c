/* Transactions in their servers (transaction.h). */
#include "tests/lib/world/transaction.h"

#include "tests/lib/world/world.h"

enum { NOTICE_MS_MAX = 3000 };

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
                                                     .losses = work->losses,
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
    database_remember(world, transaction->database);
    database->lost_ms = 0;
    database->rows.stepped_losses = transaction->losses;
    if (database->rows.stepped_by != transaction->rollout) {
        database->rows.stepped_by = transaction->rollout;
        database->rows.stepped[0] = database->rows.stepped[1] = 0;
    }
    for (size_t i = transaction->first; i < transaction->end; i++) {
        bool down = route->plan.steps[i].direction == DIRECTION_DOWN;
        uint64_t bit = 1ULL << route->revision[i];
        database->rows.applied ^= bit;
        database->rows.stepped[down] |= bit;
        database->rows.last = (struct last_row){route->revision[i], down, transaction->rollout};
    }
    database->rows.recorded = database->rows.applied; /* what it finds is recorded first */
    database->rows.heads = route->after[transaction->end - 1];
    if (transaction->rollout != world->check.rollout || !world->check.active ||
        transaction->losses != world->journal.losses) {
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

void transactions_lose(struct world *world, uint32_t server)
{
    for (uint32_t i = 0; i < world->transaction_count; i++) {
        const struct transaction *transaction = &world->transactions[i];
        if (!transaction->open || world->databases[transaction->database].server != server) {
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
}
