/* Leases: to whom, when, within which caps, and how they end. */
#include <stdlib.h>

#include "tests/lib/world/check_parts.h"

/* ---- how they end ---- */

void check_job_ended(struct world *world, uint64_t id)
{
    struct check *check = &world->check;
    struct watched_job *job = check_job(check, id);
    if (job->position == 0) {
        check_fail(world, "only a live lease ends", "job %llu", (unsigned long long)id);
        return;
    }
    check_worker(check, job->worker)->running--;
    check->probes -= job->kind == JOB_PROBE;
    uint64_t last = check->live[--check->live_count];
    check->live[job->position - 1] = last;
    check->jobs[last].position = job->position;
    job->position = 0;
}

void check_result(struct world *world, uint64_t id)
{
    struct check *check = &world->check;
    const struct watched_job *job = check_job(check, id);
    if (check->refolding) {
        return;
    }
    if (check->cause == NULL) {
        check_fail(world, "a lease ends by its result", "job %llu ended by nobody's word",
                   (unsigned long long)id);
        return;
    }
    const struct item *cause = check->cause;
    const struct letter *letter = &cause->letter;
    bool fits = cause->kind == ITEM_LETTER && letter->kind == LETTER_RESULT &&
                letter->try.key.job == id && letter->try.key.claim == job->claim &&
                letter->try.attempt == job->attempt && cause->instance == job->worker;
    bool same = letter->rollout == check->rollout &&
                (!check_is_of_target(job) ||
                 letter->subject == check_target(world, job->subject)->database);
    if (world->story == NULL && fits && !same) {
        check_fail(world, "one rollout's result is never taken for another's",
                   "job %llu was ended by a result of rollout %u", (unsigned long long)id,
                   letter->rollout);
    }
    if (!fits) {
        check_fail(world, "the epoch fences: a result counts for its own lease",
                   "job %llu of claim %llu was ended by a result of claim %llu",
                   (unsigned long long)id, (unsigned long long)job->claim,
                   (unsigned long long)letter->try.key.claim);
    }
}

static bool hello_lacks(const struct item *cause, uint64_t id, const struct watched_job *job)
{
    if (cause == NULL || cause->kind != ITEM_LETTER || cause->letter.kind != LETTER_HELLO ||
        cause->instance != job->worker) {
        return false;
    }
    for (size_t i = 0; i < cause->letter.running_count; i++) {
        const struct job_attempt *running = &cause->letter.running[i];
        if (running->key.job == id && running->key.claim == job->claim &&
            running->attempt == job->attempt) {
            return false;
        }
    }
    return true;
}

/* A lease is taken back when its worker has been away for the grace, or does not know it. */
void check_job_released(struct world *world, uint64_t id, uint64_t at_ms)
{
    struct check *check = &world->check;
    const struct watched_job *job = check_job(check, id);
    const struct watched_worker *worker = check_worker(check, job->worker);
    bool away = worker->lost && at_ms >= worker->lost_ms + CORE_WORKER_GRACE_MS;
    if (!check->refolding && !check->alone && !away && !hello_lacks(check->cause, id, job)) {
        check_fail(world, "a lease is its worker's until it is lost",
                   "job %llu was taken back from worker %llu", (unsigned long long)id,
                   (unsigned long long)job->worker);
    }
}

/* Back in the queue; checks and probes do not move their subject. */
void check_job_requeued(struct world *world, uint64_t id)
{
    const struct watched_job *job = check_job(&world->check, id);
    if (job->kind == JOB_INSPECT || job->kind == JOB_DEPLOY) {
        bool deploys = job->kind == JOB_DEPLOY;
        check_target(world, job->subject)->not_before_ms = 0;
        check_target_moves(world, job->subject, TARGET_INSPECTING, TARGET_RUNNING,
                           deploys ? TARGET_PENDING : TARGET_ADDED);
    }
    check_job_ended(world, id);
}

void check_job_postponed(struct world *world, const struct event_job_postponed *postponed)
{
    const struct watched_job *job = check_job(&world->check, postponed->job);
    check_result(world, postponed->job);
    check_attempt(world, postponed);
    if (job->kind == JOB_INSPECT || job->kind == JOB_DEPLOY) {
        bool deploys = job->kind == JOB_DEPLOY;
        check_target(world, job->subject)->not_before_ms =
            check_time(world, postponed->not_before_ms);
        check_target_moves(world, job->subject, TARGET_INSPECTING, TARGET_RUNNING,
                           deploys ? TARGET_WAITING : TARGET_POSTPONED);
    }
    check_job_ended(world, postponed->job);
}

/* ---- caps ---- */

uint32_t check_group(const struct world *world, const struct watched_target *target)
{
    uint32_t host = world->databases[target->database].host;
    uint32_t identity =
        target->identity != NONE ? target->identity : world->check.host_identities[host];
    return identity != NONE ? identity : 1000000 + host;
}

bool check_is_of_target(const struct watched_job *job)
{
    return job->kind != JOB_DISCOVER && job->kind != JOB_PROBE;
}

static void server_cap_check(struct world *world, const struct watched_target *target)
{
    const struct check *check = &world->check;
    uint32_t cap = check->policy.per_server > 0 ? check->policy.per_server : UINT32_MAX;
    uint32_t group = check_group(world, target);
    bool overridden = check->overridden[SAFEGUARD_THROTTLES];
    const struct watched_server *server = overridden ? NULL : check_server(check, group);
    bool deploying = check->waves != NULL && check->wave_count > 0 && check->waves[0].started;
    if (server != NULL && server->over && deploying && !target->asked) {
        check_fail(world, "a server over its threshold gets no jobs", "server %u", group);
    }
    if (server != NULL && server->cap > 0 && server->cap < cap && !target->asked) {
        cap = server->cap;
    }
    uint32_t running = 0;
    for (uint32_t i = 0; cap < UINT32_MAX && i < check->live_count; i++) {
        const struct watched_job *job = &check->jobs[check->live[i]];
        running +=
            check_is_of_target(job) && check_group(world, &check->targets[job->subject]) == group;
    }
    if (running >= cap) {
        check_fail(world, "a server's cap is kept", "%u jobs and one more on server %u", running,
                   group);
    }
}

/* Targets are databases here, so only the rows of a server are shared. */
static void exclusive_check(struct world *world, uint32_t number,
                            const struct watched_target *target)
{
    const struct check *check = &world->check;
    uint32_t group = check_group(world, target);
    for (uint32_t i = 0; check->paths[target->path].exclusive && i < check->live_count; i++) {
        const struct watched_job *job = &check->jobs[check->live[i]];
        const struct watched_target *other = &check->targets[job->subject];
        if (job->kind == JOB_DEPLOY && check->paths[other->path].exclusive &&
            check_group(world, other) == group) {
            check_fail(world, "what shares rows of a server runs by itself", "targets %u and %u",
                       job->subject, number);
        }
    }
}

static void caps_check(struct world *world, enum job_kind kind, const struct watched_worker *worker)
{
    const struct check *check = &world->check;
    uint32_t cap = check->policy.concurrency;
    if (kind != JOB_PROBE && cap > 0 && check->live_count - check->probes >= cap) {
        check_fail(world, "the fleet's cap is kept", "%u jobs and one more", check->live_count);
    }
    if (worker->running >= worker->credit || !worker->there) {
        check_fail(world, "a worker's cap is kept", "%u jobs and one more, credit %u",
                   worker->running, worker->there ? worker->credit : 0);
    }
}

/* ---- how they begin ---- */

static void deploy_check(struct world *world, uint32_t number, const struct watched_target *target)
{
    const struct check *check = &world->check;
    if (!check->gate_open || target->wave >= check->wave_count) {
        check_fail(world, "no deploy before the gate opened", "target %u", number);
    } else if (!check->waves[target->wave].started) {
        check_fail(world, "no deploy before its wave started", "target %u", number);
    } else if (!target->ahead && target->rank >= check->waves[target->wave].allowed) {
        check_fail(world, "a ramp lets only so many run", "target %u is number %u of wave %u",
                   number, target->rank, target->wave);
    }
    check_budgets(world, "a deploy was given out");
    check_window_open(world, number, target);
}

static void target_leased(struct world *world, const struct event_job_leased *leased,
                          enum job_kind kind)
{
    struct watched_target *target = check_target(world, leased->subject);
    if (target->not_before_ms > world->now_ms && !world->check.refolding) {
        check_fail(world, "no retry before its time", "target %u", leased->subject);
    }
    if (target->leaving && kind != JOB_CHECK) {
        check_fail(world, "what is to be skipped gets no other job", "target %u", leased->subject);
    }
    server_cap_check(world, target);
    check_holds(world, leased->subject, target);
    switch (kind) {
    case JOB_DEPLOY:
        deploy_check(world, leased->subject, target);
        exclusive_check(world, leased->subject, target);
        check_target_moves(world, leased->subject, TARGET_PENDING, TARGET_WAITING, TARGET_RUNNING);
        break;
    case JOB_INSPECT:
        if (!world->check.validating || (world->check.gate_open && !world->check.repeated)) {
            check_fail(world, "inspections belong before the gate", "target %u", leased->subject);
        }
        check_target_moves(world, leased->subject, TARGET_ADDED, TARGET_POSTPONED,
                           TARGET_INSPECTING);
        break;
    default:
        if (target->state != TARGET_DEPLOYED && target->state != TARGET_UNCHANGED) {
            check_fail(world, "only what is good is checked", "target %u", leased->subject);
        }
        break;
    }
    target->job = leased->job;
}

static void source_leased(struct check *check, const struct event_job_leased *leased)
{
    ROOM(check, source, leased->subject);
    check->source_count =
        leased->subject >= check->source_count ? leased->subject + 1 : check->source_count;
    check->sources[leased->subject].job = leased->job;
}

void check_job_leased(struct world *world, const struct event_job_leased *leased)
{
    struct check *check = &world->check;
    enum job_kind kind = leased->kind;
    if (check->paused || check->cancelling || !check->active) {
        check_fail(world, "no dispatch while paused", "job %llu, %s %u",
                   (unsigned long long)leased->job, job_kind_word(kind), leased->subject);
    }
    if (leased->job <= check->job_last) {
        check_fail(world, "job ids grow", "%llu after %llu", (unsigned long long)leased->job,
                   (unsigned long long)check->job_last);
        return;
    }
    struct watched_worker *worker = check_worker(check, leased->worker);
    caps_check(world, kind, worker);
    if (kind == JOB_DISCOVER) {
        source_leased(check, leased);
    } else if (kind != JOB_PROBE) {
        target_leased(world, leased, kind);
    }
    check->job_last = leased->job;
    check->probes += kind == JOB_PROBE;
    ROOM(check, job, leased->job);
    check->live =
        check_room(check->live, check->live_count, &check->live_capacity, sizeof *check->live);
    check->live[check->live_count++] = leased->job;
    check->jobs[leased->job] = (struct watched_job){.claim = check->claim,
                                                    .worker = leased->worker,
                                                    .attempt = leased->attempt,
                                                    .subject = leased->subject,
                                                    .position = check->live_count,
                                                    .kind = (uint8_t)kind};
    worker->running++;
}
