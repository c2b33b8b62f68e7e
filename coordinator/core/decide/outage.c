/* Outages: charged, noticed to be over, given up. */
#include "coordinator/core/decide/outage.h"

#include "common/vocabulary/sqlstate.h"
#include "coordinator/core/decide/emit.h"
#include "coordinator/core/decide/retry.h"
#include "coordinator/core/decide/step.h"
#include "coordinator/core/decide/timeline.h"
#include "coordinator/core/facts/intern.h"
#include "coordinator/core/facts/job.h"
#include "coordinator/core/facts/outage.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/worker.h"

enum {
    DOWN_BLIND_MIN = 3, /* so many workers fail, and not one has been through since */
    OWN_UNREACHED = 2,  /* so often in vain, while its server is reached: the target's own fault */
    ASK_MIN_MS = 250,
    ASK_MAX_MS = 5000,
    BLIND_MIN_MS = 2000,
    BLIND_MAX_MS = 60000,
};

/* ---- what is charged ---- */

/* The connection could not be made, and not for a reason of the database or the role. */
static bool failure_is_outage(const struct failure *failure)
{
    const char *sqlstate = text_or_empty(failure->sqlstate);
    if (failure->cause != FAILURE_CAUSE_UNREACHABLE) {
        return false;
    }
    bool pooler = sqlstate_is(sqlstate, SQLSTATE_PROTOCOL_VIOLATION); /* says so of one database */
    return sqlstate[0] == '\0' || sqlstate_is(sqlstate, SQLSTATE_CANNOT_CONNECT_NOW) ||
           sqlstate_is(sqlstate, SQLSTATE_ADMIN_SHUTDOWN) ||
           sqlstate_is(sqlstate, SQLSTATE_CRASH_SHUTDOWN) ||
           (sqlstate_is(sqlstate, SQLSTATE_CLASS_CONNECTION_EXCEPTION) && !pooler);
}

/* A connected worker that takes jobs and has not failed, with room for one if that is asked for;
 * or NULL. */
static const struct worker *somebody_else(const struct core *core, uint32_t server, uint64_t failed,
                                          bool with_room)
{
    for (uint32_t i = 0; i < core->worker_count; i++) {
        const struct worker *worker = &core->workers[i];
        if (worker->instance != failed && worker->state == WORKER_CONNECTED &&
            (!with_room || worker_room(worker) > 0) &&
            blindness_find(core, worker, server) == NULL) {
            return worker;
        }
    }
    return NULL;
}

static uint32_t unreached_before(const struct rollout *rollout, const struct job *job)
{
    switch (job->lease.kind) {
    case JOB_DISCOVER: return rollout->sources[job->lease.subject].trial.unreached;
    case JOB_PROBE: return 0;
    default: return rollout->targets[job->lease.subject].trial.unreached;
    }
}

/* ---- given up ---- */

void target_give_up(struct step *step, uint32_t number, const struct failure *failure)
{
    const struct target *target = &step->core->rollout.targets[number];
    if (timeline_is_asked(step, number)) {
        timeline_unsure(step, 0, number, failure);
        return;
    }
    if (target->state == TARGET_DEPLOYED || target->state == TARGET_UNCHANGED) {
        emit(step, (struct event){.type = EVENT_CHECK_FAILED,
                                  .check_failed = {.target = number, .failure = *failure}});
        return;
    }
    bool failed = target->state == TARGET_PENDING || target->state == TARGET_WAITING;
    emit(step, (struct event){
                   .type = EVENT_TARGET_GIVEN_UP,
                   .target_given_up = {.target = number, .failed = failed, .failure = *failure}});
}

/* All that waits for the server fails; after the gate only until the budget is used up: a pause
 * leaves the others as they are. */
static void server_give_up(struct step *step, uint32_t server, const struct failure *failure)
{
    const struct rollout *rollout = &step->core->rollout;
    for (uint32_t i = 0; i < rollout->source_count; i++) {
        const struct source *source = &rollout->sources[i];
        if (source->server == server &&
            (source->state == SOURCE_PENDING || source->state == SOURCE_WAITING)) {
            emit(step, (struct event){.type = EVENT_SOURCE_FAILED,
                                      .source_failed = {.source = i, .failure = *failure}});
        }
    }
    for (uint32_t i = 0; i < rollout->target_count; i++) {
        bool within = !rollout_is_over_budget(rollout) && rollout_wave_over_budget(rollout) == NULL;
        if (rollout->targets[i].server == server && target_awaits_server(rollout, i) &&
            (within || timeline_is_asked(step, i))) {
            target_give_up(step, i, failure);
        }
    }
    schedule_rebuild(step->schedule); /* they stand in line no more */
}

/* ---- charged ---- */

/* Nobody could ask while it was due: a pause, a window, a coordinator that was away. */
static bool server_was_overlooked(const struct server *server, uint64_t patience_ms)
{
    return server->ask.until_ms == 0 || server->asked_ms > server->ask.again_ms + patience_ms;
}

/* When a server that is down is asked again, and how long for. */
static void down_decide(const struct step *step, const struct job *job, const struct server *server,
                        struct event_job_unreached *unreached)
{
    uint64_t patience = outage_patience_ms(&step->core->rollout);
    bool fresh = server->down_ms == 0;
    if (!fresh && server->job != job->lease.job) { /* one that ran when it went down */
        unreached->asking = server->ask;
        return;
    }
    bool renewed = fresh || server_was_overlooked(server, patience);
    uint64_t until = renewed ? step->at_ms + patience : server->ask.until_ms;
    uint32_t tries = fresh ? 1 : server->tries + 1;
    uint64_t again = step->at_ms + backoff_ms(ASK_MIN_MS, ASK_MAX_MS, tries, step->chance);
    if (again > until && step->at_ms < until) {
        again = until; /* once more before it is given up */
    }
    uint32_t number = job_server(step->core, job);
    if (somebody_else(step->core, number, job->lease.worker, true) != NULL) {
        again = step->at_ms;
    }
    unreached->asking = (struct asking){again, until};
}

bool outage_charge(struct step *step, const struct job *job, const struct failure *failure)
{
    const struct core *core = step->core;
    const struct rollout *rollout = &core->rollout;
    if (outage_patience_ms(rollout) == 0 || !failure_is_outage(failure)) {
        return false;
    }
    uint32_t number = job_server(core, job);
    const struct server *server = &rollout->servers.items[number];
    const struct worker *worker = worker_find(core, job->lease.worker);
    const struct blindness *blind = blindness_find(core, worker, number);
    bool was_down = server->down_ms != 0;
    if (!was_down && blind == NULL && unreached_before(rollout, job) >= OWN_UNREACHED) {
        return false;
    }
    struct event_job_unreached unreached = {
        .job = job->lease.job, .failure = *failure, .server = server->key, .by = ""};
    unreached.down = was_down || somebody_else(core, number, job->lease.worker, false) == NULL ||
                     (blind == NULL && server->blind + 1 >= DOWN_BLIND_MIN);
    bool asked = server->job == job->lease.job;
    unreached.news = unreached.down ? !was_down : blind == NULL;
    if (unreached.down) {
        down_decide(step, job, server, &unreached);
    } else {
        unreached.by = worker->name;
        uint32_t tries = blind != NULL ? blind->tries + 1 : 1;
        unreached.asking.again_ms =
            step->at_ms + backoff_ms(BLIND_MIN_MS, BLIND_MAX_MS, tries, step->chance);
    }
    emit(step, (struct event){.type = EVENT_JOB_UNREACHED, .job_unreached = unreached});
    if (was_down && asked && step->at_ms >= unreached.asking.until_ms) {
        server_give_up(step, number, failure);
    }
    return true;
}

/* ---- noticed ---- */

/* Where the connection stood, at least for a while. */
static bool result_reached(const struct message_result *result)
{
    switch (result->outcome) {
    case JOB_OUTCOME_DONE:
    case JOB_OUTCOME_ALREADY: return true;
    case JOB_OUTCOME_CANCELLED:
    case JOB_OUTCOME_NONE: return false;
    case JOB_OUTCOME_FAILED: break;
    }
    switch (result->failure.cause) {
    case FAILURE_CAUSE_NONE:
    case FAILURE_CAUSE_SECRET:
    case FAILURE_CAUSE_CONNECTION:
    case FAILURE_CAUSE_INTERNAL: return false;
    default: return !failure_is_outage(&result->failure);
    }
}

void outage_notice(struct step *step, const struct job *job, const struct message_result *result)
{
    const struct core *core = step->core;
    uint32_t server = job_server(core, job);
    bool down = server_is_down(&core->rollout, server);
    const struct worker *worker = worker_find(core, job->lease.worker);
    bool news = down || blindness_find(core, worker, server) != NULL;
    if (news && result_reached(result)) {
        const char *key = core->rollout.servers.items[server].key;
        emit(step,
             (struct event){.type = EVENT_SERVER_REACHED,
                            .server_reached = {job->lease.job, key, down ? "" : worker->name}});
    }
}

/* ---- asking ---- */

bool outage_ask_due(const struct step *step, uint32_t number)
{
    const struct server *server = &step->core->rollout.servers.items[number];
    return server->down_ms != 0 && server->job == 0 && server->ask.again_ms <= step->at_ms;
}

const struct worker *outage_asker(const struct step *step, uint32_t server)
{
    const struct core *core = step->core;
    const struct worker *best = NULL;
    uint32_t best_tries = UINT32_MAX;
    for (uint32_t i = 0; i < core->worker_count; i++) {
        const struct worker *worker = &core->workers[i];
        const struct blindness *blind = blindness_find(core, worker, server);
        uint32_t tries = blind != NULL ? blind->tries : 0;
        if (worker_room(worker) > 0 && tries < best_tries) {
            best = worker;
            best_tries = tries;
        }
    }
    return best;
}

const struct worker *outage_blind_due(const struct step *step, uint32_t server)
{
    const struct core *core = step->core;
    const struct servers *servers = &core->rollout.servers;
    for (uint32_t i = 0; servers->items[server].blind > 0 && i < servers->blind_count; i++) {
        const struct blindness *blind = &servers->blind[i];
        if (blind->server == server && blind->job == 0 && blind->ask.again_ms <= step->at_ms) {
            const struct worker *worker = worker_find(core, blind->worker);
            if (worker != NULL && worker_room(worker) > 0) {
                return worker;
            }
        }
    }
    return NULL;
}
