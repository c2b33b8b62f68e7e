/* Questions to the world: what is sent, what databases commit, and how it all ends (check.h). */
#include <stdlib.h>
#include <string.h>

#include "coordinator/core/facts/orphan.h"
#include "coordinator/core/facts/rollout.h"
#include "tests/lib/world/check_parts.h"

/* Whoever was heard from so lately is not asked; and a result may have been on its way. */
enum { UNHEARD_MS = 11000 };

/* ---- commands ---- */

void check_command(struct world *world, const struct command *command)
{
    struct check *check = &world->check;
    const struct watched_job *job = check_job(check, command->key.job);
    bool live = job->position > 0 && job->worker == command->worker;
    unsigned long long id = command->key.job;
    switch (command->type) {
    case COMMAND_ACK_RESULT:
        if (live && job->claim == command->key.claim) {
            check_fail(world, "only what is durable is acknowledged", "job %llu is live", id);
        }
        break;
    case COMMAND_CANCEL_JOB: break;
    case COMMAND_SEND_JOB: {
        /* the lease may have ended in the same batch, but then it was this one */
        bool same = command->job.try.key.claim == check->claim && job->worker == command->worker &&
                    job->attempt == command->job.try.attempt;
        if (!same) {
            check_fail(world, "a job is sent for its lease", "job %llu", id);
        }
        if (command->job.kind == JOB_DEPLOY && !check->gate_open) {
            check_fail(world, "no deploy before the gate opened", "job %llu", id);
        }
        break;
    }
    }
}

/* ---- commits ---- */

static const struct watched_target *target_of_database(const struct check *check, uint32_t database)
{
    uint32_t number = check->database_targets[database];
    bool there = number < check->target_count && check->targets[number].state != TARGET_REFUSED;
    return there ? &check->targets[number] : NULL;
}

/* The gate saw this target at the beginning of this path. */
static void gate_saw_check(struct world *world, const struct transaction *transaction)
{
    const struct check *check = &world->check;
    if (transaction->rollout != check->rollout || transaction->losses != world->journal.losses) {
        return; /* of a rollout before, late, or of what a lost journal knew; its own heads decide */
    }
    uint32_t number = transaction->database;
    const struct watched_target *target = target_of_database(check, number);
    const struct route *route = &world->routes[transaction->route];
    if (!check->gate_open || target == NULL) {
        check_fail(world, "no deploy before the gate opened", "database %u commits", number);
    } else if (check->paths[target->path].from != route->from ||
               check->paths[target->path].to != route->to) {
        check_fail(world, "only what the gate saw is deployed", "database %u", number);
    }
}

/* Nothing commits that the coordinator takes for over: it is leased, or named as an orphan. */
static void named_check(struct world *world, const struct transaction *transaction)
{
    const struct check *check = &world->check;
    const struct work *work = transaction->work != NONE ? world->works[transaction->work] : NULL;
    bool told = work != NULL && work->generation == transaction->work_generation;
    if (!told || !world->coordinator.up || !check->active ||
        transaction->rollout != check->rollout) {
        return; /* its worker is gone from the server, or its rollout is over */
    }
    const struct job_key *key = &work->entry.try.key;
    const struct watched_job *job = check_job(&world->check, key->job);
    if (transaction->losses != world->journal.losses && job->claim != key->claim) {
        return; /* a journal that is an older copy knows nothing of it */
    }
    bool leased = job->position > 0 && job->claim == key->claim;
    if (!leased && orphan_find(world->coordinator.core, *key) == NUMBER_NONE) {
        check_fail(world, "what may still commit is named", "job %llu on database %u",
                   (unsigned long long)key->job, transaction->database);
    }
    world->sights.orphans += !leased;
}

void check_commit(struct world *world, const struct transaction *transaction)
{
    named_check(world, transaction);
    const struct database *database = &world->databases[transaction->database];
    const struct route *route = &world->routes[transaction->route];
    gate_saw_check(world, transaction);
    uint64_t applied = database->rows.applied;
    uint64_t stepped[2] = {0, 0};
    if (database->rows.stepped_by == transaction->rollout) {
        memcpy(stepped, database->rows.stepped, sizeof stepped);
    }
    uint32_t heads = transaction->first == 0 ? route->from : route->after[transaction->first - 1];
    if (heads != database->rows.heads) {
        check_fail(world, "each revision in order", "database %u stands elsewhere",
                   transaction->database);
    }
    for (size_t i = transaction->first; i < transaction->end; i++) {
        bool down = route->plan.steps[i].direction == DIRECTION_DOWN;
        uint64_t bit = 1ULL << route->revision[i];
        bool twice = down ? (applied & bit) == 0 : (applied & bit) != 0;
        if (twice ||
            ((stepped[down] & bit) != 0 && database->foreign_ms < world->check.started_ms &&
             transaction->rollout == world->check.rollout)) {
            check_fail(world, "each target is applied exactly once", "database %u, step %s",
                       transaction->database, route->steps.items[i]);
        }
        applied ^= bit;
    }
}

/* ---- ends ---- */

/* A failover so late that nobody was asked any more, or one whose server is named as not asked, or held; a rollout
 * that was cancelled asks nobody. */
static bool loss_is_told(const struct world *world, const struct watched_target *target)
{
    const struct check *check = &world->check;
    const struct database *database = &world->databases[target->database];
    uint64_t asked_ms = check->asking_ms > 0 ? check->asking_ms : world->now_ms;
    return database->lost_ms + UNHEARD_MS >= asked_ms || check->hold_count > 0 ||
           check->cancelling || check->hosts[database->host].unsure_ms >= database->lost_ms;
}

static void rollback_check(struct world *world, uint32_t number,
                           const struct watched_target *target)
{
    const struct check *check = &world->check;
    if (!check->rollback || target->state != TARGET_DEPLOYED ||
        check->reverts >= world->beginning_count) {
        return;
    }
    const struct beginning *beginning = &world->beginnings[check->reverts];
    const struct database *database = &world->databases[target->database];
    if (database->foreign_ms < beginning->at_ms && database->lost_ms == 0 &&
        database->rows.heads != beginning->heads[target->database]) {
        check_fail(world, "a rollback brings each target back to where it was", "target %u",
                   number);
    }
}

void check_finished(struct world *world)
{
    const struct check *check = &world->check;
    for (uint32_t i = 0; i < check->target_count; i++) {
        const struct watched_target *target = &check->targets[i];
        enum target_state state = core_rollout(world->coordinator.core)->targets[i].state;
        if (state != target->state) {
            check_fail(world, "the events tell where a target is", "target %u is %s, not %s", i,
                       target_state_word(state), target_state_word(target->state));
        }
        if (target->database == NONE) {
            continue; /* only listed */
        }
        const struct database *database = &world->databases[target->database];
        rollback_check(world, i, target);
        bool there = target->state == TARGET_DEPLOYED || target->state == TARGET_UNCHANGED;
        if (there && database->lost_ms > 0 && database->foreign_ms < check->started_ms &&
            database->rows.heads != check->paths[target->path].to && !loss_is_told(world, target)) {
            check_fail(world, "what a failover lost is deployed again, or named", "target %u", i);
        }
        if (there && database->foreign_ms < check->started_ms && database->lost_ms == 0 &&
            database->rows.heads != check->paths[target->path].to) {
            check_fail(world, "deployed means that the database is there", "target %u at the end",
                       i);
        }
        if (target->state == TARGET_REFUSED && database->rows.stepped_by == check->rollout &&
            database->rows.stepped_losses == world->journal.losses) {
            check_fail(world, "what was refused is not touched", "target %u", i);
        }
    }
}

void check_end(struct world *world)
{
    for (uint32_t i = 0; i < world->swarm.workers; i++) {
        const struct agent *agent = &world->agents[i];
        if (agent->alive && agent->ledger.entries != NULL) {
            check_fail(world, "every result is acknowledged in the end",
                       "worker %llu still holds job %llu", (unsigned long long)agent->instance,
                       (unsigned long long)agent->ledger.entries->try.key.job);
        }
    }
    for (uint32_t i = 0; i < world->swarm.targets; i++) {
        if (world->databases[i].lock != NONE) {
            check_fail(world, "no transaction is left behind", "database %u", i);
        }
    }
}
