/* Servers that cannot be reached, and workers that do not reach them: what is charged to whom. */
#include <stdlib.h>

#include "common/base/array.h"
#include "tests/lib/world/check_parts.h"

/* Workers of a fleet in which each of them is asked within that time. */
enum { ASKED_WORKERS_MAX = 4, ASKED_MS = 10000 };

/* What a worker may be ahead of the others in failing, and all of these fail once for each. */
enum { ASKS_MAX = 40 };

static struct watched_host *host_of(struct world *world, const struct watched_target *target)
{
    return &world->check.hosts[world->databases[target->database].host];
}

void check_answered(struct world *world, uint32_t number, uint64_t at_ms)
{
    const struct watched_target *target = check_target(world, number);
    if (target->database != NONE) {
        host_of(world, target)->answered_ms = at_ms;
        host_of(world, target)->down_ms = 0;
        host_of(world, target)->idler_count = 0;
    }
}

void check_server_unsure(struct world *world, uint32_t number, uint64_t at_ms)
{
    host_of(world, check_target(world, number))->unsure_ms = at_ms;
}

static bool is_blind(const struct watched_host *host, uint64_t worker)
{
    for (uint32_t i = 0; i < host->blind_count; i++) {
        if (host->blind[i] == worker) {
            return true;
        }
    }
    return false;
}

static void blind_note(struct watched_host *host, uint64_t worker)
{
    if (host->blind_count < LENGTH(host->blind) && !is_blind(host, worker)) {
        host->blind[host->blind_count++] = worker;
    }
}

/* Nobody may be left who has not failed, but for three that have. */
static void down_check(struct world *world, const struct watched_host *host)
{
    const struct check *check = &world->check;
    for (uint32_t i = 0; host->blind_count < LENGTH(host->blind) && i < check->worker_capacity;
         i++) {
        const struct watched_worker *other = &check->workers[i];
        if (other->there && other->credit > 0 && !is_blind(host, i)) {
            check_fail(world, "a server is down when nobody reaches it",
                       "worker %u has not failed there", i);
        }
    }
}

/* The host of the server that the event names: as it is drawn, or the target's. */
static struct watched_host *host_named(struct world *world, const struct watched_job *job,
                                       const char *server)
{
    uint32_t number = (uint32_t)strtoul(server + 1, NULL, 10);
    if (world->story == NULL && number < world->swarm.hosts) {
        return &world->check.hosts[number];
    }
    return check_is_of_target(job) ? host_of(world, check_target(world, job->subject)) : NULL;
}

static struct watched_idler *idler_of(struct watched_host *host, uint64_t worker)
{
    uint32_t at = 0;
    while (at < host->idler_count && host->idlers[at].worker != worker) {
        at++;
    }
    if (at == LENGTH(host->idlers)) {
        return NULL;
    }
    if (at == host->idler_count) {
        host->idlers[host->idler_count++] = (struct watched_idler){.worker = worker};
    }
    return &host->idlers[at];
}

/* A worker asked for a server that is down, in vain. */
static void turns_check(struct world *world, struct watched_host *host, uint64_t asked)
{
    const struct check *check = &world->check;
    for (uint32_t i = 0; i < check->worker_capacity; i++) {
        const struct watched_worker *worker = &check->workers[i];
        bool idles = worker->there && worker->credit > 0 && worker->running == 0 && i != asked;
        struct watched_idler *idler = worker->there ? idler_of(host, i) : NULL;
        if (idler == NULL) {
            continue;
        }
        idler->asks = idles ? idler->asks + 1 : 0;
        if (idler->asks > ASKS_MAX) {
            check_fail(world, "workers take turns in asking for a server that is down", "worker %u",
                       i);
        }
    }
}

void check_job_unreached(struct world *world, const struct event_job_unreached *unreached,
                         uint64_t at_ms)
{
    const struct watched_job *job = check_job(&world->check, unreached->job);
    check_result(world, unreached->job);
    struct watched_host *host = host_named(world, job, unreached->server);
    if (check_is_of_target(job)) {
        check_target(world, job->subject)->unreached++;
    }
    if (host != NULL) {
        blind_note(host, job->worker);
    }
    if (host != NULL && unreached->down && host->down_ms == 0) {
        host->down_ms = at_ms;
        host->down_job = world->check.job_last;
        down_check(world, host);
    }
    if (host != NULL && host->down_ms != 0 && unreached->job > host->down_job &&
        world->swarm.workers <= ASKED_WORKERS_MAX) {
        turns_check(world, host, job->worker);
    }
    check_job_requeued(world, unreached->job);
}

void check_server_reached(struct world *world, const struct event_server_reached *reached)
{
    struct watched_host *host =
        host_named(world, check_job(&world->check, reached->job), reached->server);
    if (host != NULL) {
        host->down_ms = 0;
        host->idler_count = 0;
    }
}

bool check_stands_still(const struct world *world, const struct watched_target *target)
{
    const struct check *check = &world->check;
    if (target->database != NONE &&
        check->hosts[world->databases[target->database].host].down_ms != 0) {
        return true;
    }
    const struct watched_server *server = check_server(check, target->identity);
    return server != NULL && server->over && server->probed &&
           !check->overridden[SAFEGUARD_THROTTLES] && target->state != TARGET_RUNNING;
}

/* Whether a worker that reaches the server has been there for so long, and is not at its limit. */
static bool somebody_reaches(const struct world *world, uint32_t number, uint64_t long_ms)
{
    const struct database_server *server = &world->servers[number];
    if (!server->up || world->now_ms - server->up_ms < long_ms) {
        return false;
    }
    for (uint32_t i = 0; i < world->swarm.workers; i++) {
        const struct agent *agent = &world->agents[i];
        uint64_t blind_ms = *agent_blind_until(world, i, number);
        uint64_t last_ms = agent->stopped_until_ms > blind_ms ? agent->stopped_until_ms : blind_ms;
        bool sees = world->now_ms >= last_ms + long_ms;
        if (agent->alive && !agent->draining && agent->link == LINK_WELCOME && !agent->broken &&
            world->now_ms - agent->welcome_ms >= long_ms && sees &&
            HASH_COUNT(agent->ledger.entries) < agent->credit) {
            return true;
        }
    }
    return false;
}

void check_worker_died(struct world *world, const struct event_job_released *released)
{
    const struct watched_job *job = check_job(&world->check, released->job);
    if (!check_is_of_target(job)) {
        return;
    }
    struct watched_target *target = check_target(world, job->subject);
    if (target->lost_attempt + 1 != job->attempt) {
        target->losses = 0; /* an attempt between had a result */
    }
    target->lost_attempt = job->attempt;
    target->losses += released->died;
    if (target->losses > CORE_WORKER_LOSSES) {
        check_fail(world, "what ends its worker each time is given up", "target %u", job->subject);
    }
}

void check_target_given_up(struct world *world, const struct event_target_given_up *given_up,
                           uint64_t at_ms)
{
    struct check *check = &world->check;
    uint32_t number = given_up->target;
    struct watched_target *target = check_target(world, number);
    const struct watched_host *host = host_of(world, target);
    uint64_t patience_ms = check->policy.patience_ms;
    bool killed = given_up->failure.cause == FAILURE_CAUSE_WORKER;
    if (killed && target->losses != CORE_WORKER_LOSSES) {
        check_fail(world, "what ends its worker each time is given up", "target %u after %u",
                   number, target->losses);
    }
    if (killed) {
        target->losses = 0;
    } else if (host->down_ms == 0 || at_ms - host->down_ms < patience_ms ||
               at_ms - host->answered_ms < patience_ms) {
        check_fail(world, "a server is given up after its patience", "target %u", number);
    }
    if (!killed && !check->refolding && world->swarm.workers <= ASKED_WORKERS_MAX &&
        patience_ms >= ASKED_MS &&
        somebody_reaches(world, world->databases[target->database].server, patience_ms)) {
        check_fail(world, "a blind worker is no outage", "target %u", number);
    }
    if (!given_up->failed) {
        check_target_moves(world, number, TARGET_ADDED, TARGET_POSTPONED, TARGET_REFUSED);
        check->refused_targets++;
        return;
    }
    check_target_moves(world, number, TARGET_PENDING, TARGET_WAITING, TARGET_FAILED);
    struct watched_wave *wave = check_wave(world, target->wave);
    wave->over++;
    wave->failed++;
    check->failed_targets++;
}

void check_attempt(struct world *world, const struct event_job_postponed *postponed)
{
    const struct check *check = &world->check;
    const struct watched_job *job = check_job(&world->check, postponed->job);
    if (!check_is_of_target(job) || check->policy.patience_ms == 0 ||
        postponed->failure.cause != FAILURE_CAUSE_UNREACHABLE) {
        return;
    }
    if (check_target(world, job->subject)->unreached < 2) {
        check_fail(world, "an outage uses up no attempts", "target %u", job->subject);
    }
}
