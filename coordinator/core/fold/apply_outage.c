/* Servers go down and come back, workers go blind and see again. */
#include "coordinator/core/fold/apply_outage.h"

#include <string.h>

#include "common/base/array.h"
#include "common/base/impossible.h"
#include "coordinator/core/facts/intern.h"
#include "coordinator/core/facts/job.h"
#include "coordinator/core/facts/outage.h"
#include "coordinator/core/fold/apply.h"
#include "coordinator/core/fold/apply_job.h"
#include "coordinator/core/fold/named.h"
#include "coordinator/core/order/schedule.h"

static struct server *server_at(struct core *core, uint32_t number)
{
    return &core->rollout.servers.items[number];
}

static struct blindness *blindness_at(struct core *core, uint64_t instance, uint32_t server)
{
    const struct worker *worker = worker_at(core, instance);
    const struct blindness *found = worker != NULL ? blindness_find(core, worker, server) : NULL;
    struct servers *servers = &core->rollout.servers;
    return found != NULL ? &servers->blind[found - servers->blind] : NULL;
}

/* ---- blindness ---- */

static struct blindness *blindness_add(struct core *core, struct worker *worker, uint32_t server,
                                       uint64_t at_ms)
{
    struct servers *servers = &core->rollout.servers;
    servers->blind = array_room(servers->blind, servers->blind_count, &servers->blind_capacity,
                                sizeof *servers->blind);
    struct blindness *added = &servers->blind[servers->blind_count++];
    *added = (struct blindness){
        .worker = worker->instance, .begun_ms = at_ms, .server = server, .failure = INTERN_NONE};
    servers->items[server].blind++;
    worker->unreached++;
    worker->blind += servers->items[server].down_ms == 0;
    return added;
}

/* `worker` is whose it is, or NULL when it is being forgotten. */
static void blindness_remove(struct core *core, uint32_t at, struct worker *worker)
{
    struct servers *servers = &core->rollout.servers;
    struct server *server = &servers->items[servers->blind[at].server];
    server->blind--;
    if (worker != NULL) {
        worker->unreached--;
        worker->blind -= server->down_ms == 0;
    }
    servers->blind_count--;
    memmove(&servers->blind[at], &servers->blind[at + 1],
            (servers->blind_count - at) * sizeof *servers->blind);
}

void workers_see(struct core *core)
{
    for (uint32_t i = 0; i < core->worker_count; i++) {
        core->workers[i].unreached = 0;
        core->workers[i].blind = 0;
    }
}

void worker_forgotten(struct core *core, const struct worker *worker)
{
    for (uint32_t i = core->rollout.servers.blind_count; i > 0; i--) {
        if (core->rollout.servers.blind[i - 1].worker == worker->instance) {
            blindness_remove(core, i - 1, NULL);
        }
    }
}

/* ---- down ---- */

/* Those that are blind for it are not to be blamed, or again. */
static void server_turn(struct core *core, uint32_t number, uint64_t down_ms)
{
    struct servers *servers = &core->rollout.servers;
    struct server *server = &servers->items[number];
    bool down = down_ms != 0;
    if (down == (server->down_ms != 0)) {
        return;
    }
    server->down_ms = down_ms;
    servers->down += down ? 1 : -1U;
    for (uint32_t i = 0; i < servers->blind_count; i++) {
        if (servers->blind[i].server == number) {
            worker_known(core, servers->blind[i].worker)->blind += down ? -1U : 1;
        }
    }
}

/* When the first of those that are blind for it failed. */
static uint64_t server_blind_since(const struct servers *servers, uint32_t number)
{
    uint64_t since = UINT64_MAX;
    for (uint32_t i = 0; i < servers->blind_count; i++) {
        const struct blindness *blind = &servers->blind[i];
        if (blind->server == number && blind->begun_ms < since) {
            since = blind->begun_ms;
        }
    }
    return since;
}

/* ---- events ---- */

void target_leaves(struct target *target, uint64_t worker)
{
    target->left = worker;
    if (target->worker == worker) {
        target->worker = 0;
    }
}

static void subject_unreached(struct core *core, const struct job *job)
{
    if (job->lease.kind == JOB_DISCOVER) {
        source_at(core, job->lease.subject)->trial.unreached++;
    } else if (job->lease.kind != JOB_PROBE) {
        struct target *target = target_at(core, job->lease.subject);
        target->trial.unreached++;
        target_leaves(target, job->lease.worker);
    }
}

void apply_job_unreached(struct core *core, const struct event *event)
{
    const struct event_job_unreached *unreached = &event->job_unreached;
    const struct job job = *job_leased(core, unreached->job);
    uint32_t number = job_server(core, &job);
    struct server *server = server_at(core, number);
    struct blindness *blind = blindness_at(core, job.lease.worker, number);
    if (blind == NULL) {
        blind = blindness_add(core, worker_known(core, job.lease.worker), number, event->at_ms);
    }
    blind->failure = server->failure =
        intern_failure(&core->rollout.intern, "connect", &unreached->failure);
    blind->tries++;
    subject_unreached(core, &job);
    if (unreached->down) {
        server_turn(core, number, server_blind_since(&core->rollout.servers, number));
        server->tries += unreached->asking.again_ms != server->ask.again_ms;
        server->ask = unreached->asking;
    } else {
        blind->ask = unreached->asking;
    }
    job_requeue(core, unreached->job, event->type);
}

/* Whoever had failed before and gets through shows that the server is back; whoever had not, that
 * it was there all the time. */
void apply_server_reached(struct core *core, const struct event *event)
{
    const struct job *job = job_leased(core, event->server_reached.job);
    uint32_t number = job_server(core, job);
    struct server *server = server_at(core, number);
    struct servers *servers = &core->rollout.servers;
    bool back = server->down_ms != 0 && blindness_at(core, job->lease.worker, number) != NULL;
    for (uint32_t i = servers->blind_count; i > 0; i--) {
        INVARIANT(servers->blind != NULL);
        const struct blindness *blind = &servers->blind[i - 1];
        if (blind->server == number && (back || blind->worker == job->lease.worker)) {
            blindness_remove(core, i - 1, worker_known(core, blind->worker));
        }
    }
    server_turn(core, number, 0);
    server->ask = (struct asking){0, 0};
    server->asked_ms = server->job = 0;
    server->tries = 0;
    server->failure = INTERN_NONE;
    schedule_server_reached(core->schedule, number);
}

/* ---- asking ---- */

void ask_begun(struct core *core, const struct job *job, uint64_t at_ms)
{
    uint32_t number = job_server(core, job);
    struct server *server = server_at(core, number);
    if (server->down_ms != 0) {
        if (server->job == 0) {
            server->job = job->lease.job;
            server->asked_ms = at_ms;
        }
        return;
    }
    struct blindness *blind = blindness_at(core, job->lease.worker, number);
    if (blind != NULL && blind->job == 0) {
        blind->job = job->lease.job;
    }
}

void ask_ended(struct core *core, const struct job *job)
{
    uint32_t number = job_server(core, job);
    struct server *server = server_at(core, number);
    if (server->job == job->lease.job) {
        server->job = 0;
    }
    struct blindness *blind = blindness_at(core, job->lease.worker, number);
    if (blind != NULL && blind->job == job->lease.job) {
        blind->job = 0;
    }
}

void servers_ask_at(struct rollout *rollout, uint64_t at_ms)
{
    struct servers *servers = &rollout->servers;
    for (uint32_t i = 0; servers->down > 0 && i < servers->count; i++) {
        if (servers->items[i].down_ms != 0) {
            servers->items[i].ask.again_ms = at_ms;
        }
    }
}

void server_ask_anew(struct rollout *rollout, uint32_t server, uint64_t at_ms)
{
    if (rollout->servers.items[server].down_ms != 0) {
        rollout->servers.items[server].ask.again_ms = at_ms;
        rollout->servers.items[server].ask.until_ms = 0;
    }
}
