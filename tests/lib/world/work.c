/* What a worker does about a job in virtual time: connect, look or deploy, segment by segment, as
 * worker/deploy/runner.c, transaction.c and locate.c do. Where a target stands is judged by the worker's
 * own code (worker/deploy/position.h). */
#include <stdio.h>
#include <stdlib.h>

#include "common/revision/segment.h"
#include "tests/lib/world/world.h"
#include "worker/deploy/position.h"

/* As in worker/deploy/deploy.h. */
enum { POLL_MS = 250, POLL_LIMIT_MS = 30000, LOCATIONS_MAX = 3 };

struct work *work_of(struct ledger_entry *entry)
{
    return (struct work *)((char *)entry - offsetof(struct work, entry));
}

struct work *work_make(struct world *world, const struct letter *job)
{
    uint32_t slot = 0;
    if (world->free_work_count > 0) {
        slot = world->free_works[--world->free_work_count];
    } else {
        if (world->work_count == world->work_capacity) {
            world->work_capacity = world->work_capacity > 0 ? world->work_capacity * 2 : 64;
            world->works = memory_resize(world->works, world->work_capacity * sizeof *world->works);
            world->free_works =
                memory_resize(world->free_works, world->work_capacity * sizeof *world->free_works);
        }
        slot = world->work_count++;
        world->works[slot] = NULL;
    }
    struct work *work = memory_alloc(sizeof *work);
    *work = (struct work){
        .entry.try = job->try,
        .slot = slot,
        .generation = ++world->last_generation,
        .agent = job->agent,
        .kind = job->job_kind,
        .subject = job->subject,
        .route = job->route,
        .stamp = job->stamp,
        .rollout = job->rollout,
        .losses = job->losses,
        .transaction = NONE,
        .started_ms = world->now_ms,
        .outcome = {.sqlstate = "", .location = "", .heads = NONE, .server = NONE},
    };
    world->works[slot] = work;
    return work;
}

void work_free(struct world *world, struct work *work)
{
    world->works[work->slot] = NULL;
    world->free_works[world->free_work_count++] = work->slot;
    free(work);
}

static void step_plan(struct world *world, struct work *work, enum phase phase, uint64_t delay_ms)
{
    work->phase = phase;
    work->generation = ++world->last_generation;
    world_plan(world, delay_ms, OCCURRENCE_WORK_STEP, work->slot, work->generation);
}

static uint64_t round_trip(struct world *world)
{
    return random_below(&world->random, (uint64_t)world->swarm.network_ms / 4 + 1);
}

static uint64_t script_time(struct world *world)
{
    return random_between(&world->random, world->work_ms_min, world->swarm.work_ms);
}

static bool trouble(struct world *world, uint32_t permille)
{
    return !world->healed && random_permille(&world->random, permille);
}

static struct database *database_of(struct world *world, const struct work *work)
{
    return work->kind == JOB_DISCOVER ? NULL : &world->databases[work->subject];
}

/* ---- ending ---- */

static void finish(struct world *world, struct work *work, enum job_outcome outcome)
{
    work->generation = ++world->last_generation;
    work->outcome.outcome = outcome;
    if (work->kind != JOB_DISCOVER &&
        (outcome == JOB_OUTCOME_DONE || outcome == JOB_OUTCOME_ALREADY)) {
        const struct database_server *server =
            &world->servers[world->databases[work->subject].server];
        work->outcome.timeline = server->timelines + 1;
    }
    if (work->transaction != NONE) {
        transaction_roll_back(world, work->transaction);
        work->transaction = NONE;
    }
    agent_work_over(world, work);
}

static void fail(struct world *world, struct work *work, enum failure_cause cause,
                 const char *sqlstate)
{
    work->outcome.cause = cause;
    work->outcome.sqlstate = sqlstate;
    finish(world, work, JOB_OUTCOME_FAILED);
}

/* Whether the fault hits this job, which is then over. */
static bool faulted(struct world *world, struct work *work, struct fault *fault)
{
    if (fault->times == 0 || fault->kind != work->kind || world->healed) {
        return false;
    }
    fault->times -= fault->times != ALWAYS;
    work->outcome.location = fault->location != NULL ? fault->location : "";
    fail(world, work, fault->cause, fault->sqlstate);
    return true;
}

static void succeed(struct world *world, struct work *work, enum job_outcome outcome,
                    uint32_t heads)
{
    work->outcome.heads = heads;
    finish(world, work, outcome);
}

static uint32_t rows_before(const struct route *route, size_t first)
{
    return first == 0 ? route->from : route->after[first - 1];
}

static void end_cancelled(struct world *world, struct work *work)
{
    if (work->kind == JOB_DEPLOY && work->first > 0) {
        work->outcome.heads = rows_before(&world->routes[work->route], work->first);
    }
    finish(world, work, JOB_OUTCOME_CANCELLED);
}

void work_lost(struct world *world, struct work *work)
{
    bool committing = work->phase == PHASE_COMMIT;
    if (work->transaction != NONE) {
        transaction_orphan(world, work->transaction);
        work->transaction = NONE;
    }
    fail(world, work, FAILURE_CAUSE_CONNECTION, committing ? "08007" : "08006");
}

void work_stop(struct world *world, struct work *work)
{
    if (work->cancelled) {
        return;
    }
    work->cancelled = true;
    if (work->phase != PHASE_COMMIT) { /* otherwise it comes too late for this segment */
        end_cancelled(world, work);
    }
}

/* ---- deploying ---- */

static void segment_start(struct world *world, struct work *work)
{
    const struct route *route = &world->routes[work->route];
    if (work->first == route->plan.step_count) {
        succeed(world, work, JOB_OUTCOME_DONE, route->to);
    } else if (work->cancelled) {
        end_cancelled(world, work);
    } else {
        work->end = segment_end(&route->plan, work->first);
        step_plan(world, work, PHASE_OPEN, round_trip(world));
    }
}

/* The version rows are not those that were expected: the worker's own judgement. */
static void locate(struct world *world, struct work *work)
{
    const struct database *database = database_of(world, work);
    const struct route *route = &world->routes[work->route];
    struct target_standing standing = {.heads = world->heads[database->rows.heads]};
    char rollout[16];
    if (database->rows.last.revision != NONE) {
        standing.revision = graph_at(world->graph, database->rows.last.revision)->id;
        standing.direction = database->rows.last.down ? "downgrade" : "upgrade";
        standing.rollout = arena_printf(&world->arena, "r%u", database->rows.last.rollout);
    }
    (void)snprintf(rollout, sizeof rollout, "r%u", work->rollout);
    size_t first = 0;
    work->locations++;
    switch (standing_judge(&route->plan, rollout, &standing, &first)) {
    case STANDING_DONE:
        world->sights.resolved++;
        succeed(world, work, JOB_OUTCOME_DONE, database->rows.heads);
        return;
    case STANDING_ALREADY: succeed(world, work, JOB_OUTCOME_ALREADY, database->rows.heads); return;
    case STANDING_BOUNDARY:
        if (work->locations < LOCATIONS_MAX) {
            work->first = first;
            segment_start(world, work);
            return;
        }
        break;
    case STANDING_MOVED: break;
    }
    world->sights.moved++;
    work->outcome.heads = database->rows.heads;
    fail(world, work, FAILURE_CAUSE_MOVED, "");
}

/* BEGIN, the lock, the assertion of the version rows; the scripts follow. */
static void open_transaction(struct world *world, struct work *work)
{
    const struct route *route = &world->routes[work->route];
    uint32_t slot = transaction_open(world, work);
    if (slot == NONE) {
        work->busy_since_ms = work->busy_since_ms > 0 ? work->busy_since_ms : world->now_ms;
        if (world->now_ms - work->busy_since_ms >= POLL_LIMIT_MS) {
            fail(world, work, FAILURE_CAUSE_SQL, "55P03");
        } else {
            step_plan(world, work, PHASE_POLL, POLL_MS);
        }
        return;
    }
    work->transaction = slot;
    work->busy_since_ms = 0;
    if (database_of(world, work)->rows.heads != rows_before(route, work->first)) {
        transaction_roll_back(world, slot);
        work->transaction = NONE;
        locate(world, work);
        return;
    }
    step_plan(world, work, PHASE_SCRIPT, script_time(world));
    agent_in_transaction(world, work->agent);
}

/* Only the version rows are written, and that at once. */
static void stamp(struct world *world, struct work *work)
{
    struct database *database = database_of(world, work);
    bool there = database->rows.heads == work->stamp;
    database->commits += !there;
    if (!there) {
        database_remember(world, work->subject);
        database->lost_ms = 0;
    }
    database->rows.heads = work->stamp;
    succeed(world, work, there ? JOB_OUTCOME_ALREADY : JOB_OUTCOME_DONE, work->stamp);
}

static void script_over(struct world *world, struct work *work)
{
    static const char *const passing[] = {"55P03", "40001", "40P01", "57P01", "53300"};
    if (database_of(world, work)->kills && !world->healed) {
        agent_die(world, work->agent, false); /* with its works */
        return;
    }
    if (faulted(world, work, &database_of(world, work)->deploys)) {
        return;
    }
    if (trouble(world, world->swarm.passing)) {
        fail(world, work, FAILURE_CAUSE_SQL, passing[random_below(&world->random, 5)]);
    } else if (work->stamp != NONE) {
        stamp(world, work);
    } else {
        step_plan(world, work, PHASE_COMMIT, SILENCE_MS); /* its answer should be faster */
        transaction_commit(world, work->transaction);
        if (trouble(world, world->swarm.lost)) {
            work_lost(world, work);
        }
    }
}

void work_committed(struct world *world, struct work *work)
{
    work->transaction = NONE;
    work->first = work->end;
    segment_start(world, work);
}

/* ---- looking ---- */

static uint32_t bits_count(uint64_t bits)
{
    uint32_t count = 0;
    for (; bits != 0; bits &= bits - 1) {
        count++;
    }
    return count;
}

static void look_over(struct world *world, struct work *work)
{
    struct database *database = database_of(world, work);
    if (faulted(world, work, database != NULL ? &database->looks : &world->discoveries)) {
        return;
    }
    if (database == NULL) {
        if (trouble(world, world->swarm.discovery_fails)) {
            fail(world, work, FAILURE_CAUSE_DISCOVERY, "57P03");
        } else {
            finish(world, work, JOB_OUTCOME_DONE);
        }
    } else if (work->kind == JOB_PROBE) {
        bool loaded = trouble(world, world->swarm.hot) || world->servers[database->server].loaded;
        work->outcome.value = loaded ? "20" : world->probe_value;
        finish(world, work, JOB_OUTCOME_DONE);
    } else if (work->kind == JOB_CHECK) {
        world->sights.checked++;
        if (trouble(world, world->swarm.check_fails)) {
            fail(world, work, FAILURE_CAUSE_SQL, "");
        } else {
            finish(world, work, JOB_OUTCOME_DONE);
        }
    } else if (trouble(world, world->swarm.passing)) {
        fail(world, work, FAILURE_CAUSE_SQL, "55P03");
    } else {
        work->outcome.server = database->server;
        work->outcome.seen = bits_count(database->rows.applied & ~database->rows.recorded);
        work->outcome.gone = bits_count(database->rows.recorded & ~database->rows.applied);
        succeed(world, work, JOB_OUTCOME_DONE, database->rows.heads);
    }
}

/* ---- steps ---- */

void work_begin(struct world *world, struct work *work)
{
    step_plan(world, work, PHASE_CONNECT, round_trip(world));
}

static void connected(struct world *world, struct work *work)
{
    const struct database *database = database_of(world, work);
    if (database != NULL && agent_is_blind(world, work->agent, database->server)) {
        fail(world, work, FAILURE_CAUSE_UNREACHABLE, "08001");
    } else if (database != NULL && !world->servers[database->server].up) {
        bool starting = random_permille(&world->random, 500);
        fail(world, work, FAILURE_CAUSE_UNREACHABLE, starting ? "57P03" : "");
    } else if (work->kind != JOB_DEPLOY) {
        step_plan(world, work, PHASE_LOOK, script_time(world));
    } else if (work->stamp != NONE) {
        step_plan(world, work, PHASE_SCRIPT, script_time(world));
    } else if (world->routes[work->route].plan.step_count == 0) {
        locate(world, work);
    } else {
        segment_start(world, work);
    }
}

void work_step(struct world *world, uint32_t slot, uint32_t generation)
{
    struct work *work = slot < world->work_count ? world->works[slot] : NULL;
    if (work == NULL || work->generation != generation) {
        return;
    }
    uint64_t stopped_until_ms = world->agents[work->agent].stopped_until_ms;
    if (stopped_until_ms > world->now_ms) {
        world_plan(world, stopped_until_ms - world->now_ms, OCCURRENCE_WORK_STEP, slot, generation);
        return;
    }
    const struct database *database = database_of(world, work);
    bool cut = work->phase != PHASE_CONNECT && database != NULL &&
               agent_is_blind(world, work->agent, database->server);
    if (work->phase == PHASE_COMMIT || cut || trouble(world, world->swarm.lost)) {
        work_lost(world, work);
        return;
    }
    switch (work->phase) {
    case PHASE_CONNECT: connected(world, work); break;
    case PHASE_LOOK: look_over(world, work); break;
    case PHASE_OPEN:
    case PHASE_POLL: open_transaction(world, work); break;
    case PHASE_SCRIPT: script_over(world, work); break;
    case PHASE_COMMIT: break;
    }
}
