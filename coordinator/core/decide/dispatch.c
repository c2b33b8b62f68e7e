/* Which job goes to which worker: in order of targets, within the caps, to whom has credit. */
#include "coordinator/core/decide/dispatch.h"

#include "coordinator/core/decide/emit.h"
#include "coordinator/core/decide/outage.h"
#include "coordinator/core/decide/step.h"
#include "coordinator/core/decide/throttle.h"
#include "coordinator/core/decide/timeline.h"
#include "coordinator/core/facts/intern.h"
#include "coordinator/core/facts/job.h"
#include "coordinator/core/facts/outage.h"
#include "coordinator/core/facts/scope.h"
#include "coordinator/core/facts/window.h"
#include "coordinator/core/facts/worker.h"
#include "coordinator/core/order/schedule.h"

/* What a job wants of its worker. */
struct wish {
    uint32_t server;
    uint64_t kept_by; /* the worker that keeps its connection, or 0 */
    uint64_t left;    /* the one that lost it, or 0: another is better */
    bool alone;       /* with nothing else in hand */
};

static bool worker_serves(const struct core *core, const struct worker *worker,
                          const struct wish *wish)
{
    return !worker_is_aside(worker) && (!wish->alone || worker->running == 0) &&
           blindness_find(core, worker, wish->server) == NULL;
}

/* The one with most room, the lowest instance of equals; NULL when nobody has any. */
static const struct worker *worker_with_room(const struct core *core, const struct wish *wish)
{
    const struct worker *best = NULL;
    uint32_t best_room = 0;
    bool others = false;
    for (uint32_t i = 0; i < core->worker_count; i++) {
        const struct worker *worker = &core->workers[i];
        uint32_t room = worker_room(worker);
        bool serves = worker->state == WORKER_CONNECTED && worker_serves(core, worker, wish);
        others = others || (serves && worker->instance != wish->left);
        if (serves && room > best_room && worker->instance != wish->left) {
            best = worker;
            best_room = room;
        }
    }
    const struct worker *left = wish->left != 0 && !others ? worker_find(core, wish->left) : NULL;
    return left != NULL && worker_room(left) > 0 && worker_serves(core, left, wish) ? left : best;
}

/* Also one that is blind for the server, when it is time to ask it. */
static const struct worker *worker_choose(const struct step *step, const struct wish *wish)
{
    const struct core *core = step->core;
    if (server_is_down(&core->rollout, wish->server)) {
        return outage_ask_due(step, wish->server) ? outage_asker(step, wish->server) : NULL;
    }
    const struct worker *blind = outage_blind_due(step, wish->server);
    if (blind != NULL && !wish->alone) {
        return blind;
    }
    const struct worker *keeper = wish->kept_by != 0 ? worker_find(core, wish->kept_by) : NULL;
    bool keeps = keeper != NULL && worker_room(keeper) > 0 && worker_serves(core, keeper, wish);
    return keeps ? keeper : worker_with_room(core, wish);
}

static bool anybody_has_room(const struct core *core)
{
    for (uint32_t i = 0; i < core->worker_count; i++) {
        if (worker_room(&core->workers[i]) > 0) {
            return true;
        }
    }
    return false;
}

static bool concurrency_free(const struct core *core)
{
    uint32_t cap = core->rollout.policy.limits.concurrency;
    return cap == 0 || core->jobs.live - core->jobs.probes < cap;
}

/* `job` says what the job is about, and perhaps where its version table was found; its texts are
 * copied. */
static void job_send(struct step *step, uint32_t subject, uint64_t worker, struct message_job job)
{
    const struct core *core = step->core;
    const struct event_rollout_started *policy = &core->rollout.policy;
    job.try.key = (struct job_key){core->last_job + 1, core->claim};
    job.epoch = core->epoch;
    job.rollout = policy->rollout;
    const char *found = job.version.version_schema;
    job.version = policy->version;
    if (job.version.version_schema[0] == '\0' && found != NULL) {
        job.version.version_schema = found;
    }
    job.direction = policy->request.direction;
    job.timeouts = policy->timeouts;
    emit(step, (struct event){.type = EVENT_JOB_LEASED,
                              .job_leased = {.job = job.try.key.job,
                                             .kind = job.kind,
                                             .subject = subject,
                                             .attempt = job.try.attempt,
                                             .worker = worker}});
    struct command *command = command_add(step, COMMAND_SEND_JOB, worker);
    command->key = job.try.key;
    layout_copy(message_layout(MESSAGE_JOB), &step->output->arena, &job, &command->job);
}

static void source_send(struct step *step, uint32_t number, uint64_t worker)
{
    const struct source *source = &step->core->rollout.sources[number];
    const struct source_definition *definition = &source->definition;
    job_send(step, number, worker,
             (struct message_job){.kind = JOB_DISCOVER,
                                  .try.attempt = source->trial.attempt + 1,
                                  .place = definition->place,
                                  .discovery = definition->discovery,
                                  .labels = definition->labels});
}

/* What a target that stands in line waits for. */
static enum job_kind target_job_kind(const struct target *target)
{
    switch (target->state) {
    case TARGET_ADDED:
    case TARGET_POSTPONED: return JOB_INSPECT;
    case TARGET_DEPLOYED:
    case TARGET_UNCHANGED: return JOB_CHECK;
    default: return JOB_DEPLOY;
    }
}

static void deploy_describe(const struct rollout *rollout, const struct target *target,
                            struct message_job *job)
{
    const struct intern *intern = &rollout->intern;
    const struct path *path = &rollout->paths[target->path];
    job->from = intern_set_texts(intern, path->from);
    job->steps = intern_set_texts(intern, path->steps);
    if (rollout->policy.request.direction == DIRECTION_STAMP) {
        job->to = intern_set_texts(intern, path->to);
    }
    job->transaction = rollout->policy.request.transaction;
    job->labels = intern_set_texts(intern, target->labels);
    job->version.version_schema = target->reading.version_schema;
    job->answer = target->answer.answered != 0 ? target->answer : rollout->policy.request.answer;
    job->unrecorded = target->reading.unrecorded.seen > 0 || target->reading.unrecorded.gone > 0;
    if (target->identity != NUMBER_NONE) {
        job->server_identity = rollout->servers.loads[target->identity].identity;
    }
}

static void target_send(struct step *step, uint32_t number, uint64_t worker)
{
    const struct rollout *rollout = &step->core->rollout;
    const struct target *target = &rollout->targets[number];
    struct message_job job = {.kind = target_job_kind(target),
                              .try.attempt = target->trial.attempt + 1,
                              .place = target->place,
                              .bundle = rollout->policy.request.bundle};
    if (job.kind == JOB_DEPLOY) {
        deploy_describe(rollout, target, &job);
    } else {
        job.final = job.kind == JOB_CHECK || rollout->policy.request.purpose != PURPOSE_DEPLOY;
        job.survey = rollout->policy.request.purpose == PURPOSE_SURVEY;
    }
    if (job.kind == JOB_INSPECT) {
        job.tool = rollout->policy.request.tool;
        job.tool_table = rollout->policy.request.tool_table;
        job.labels = intern_set_texts(&rollout->intern, target->labels);
    }
    if (job.kind == JOB_CHECK && !timeline_is_asked(step, number)) {
        job.queries = rollout->waves[target->wave - 1].definition.checks;
    }
    job_send(step, number, worker, job);
}

/* Through any target of the server. */
static void probe_send(struct step *step, uint32_t identity, uint64_t worker)
{
    const struct rollout *rollout = &step->core->rollout;
    const struct target *target = &rollout->targets[rollout->servers.loads[identity].target];
    const char **queries =
        arena_array(&step->output->arena, rollout->throttle_count, sizeof *queries);
    for (uint32_t i = 0; i < rollout->throttle_count; i++) {
        queries[i] = rollout->throttles[i].definition.query;
    }
    struct message_job job = {.kind = JOB_PROBE,
                              .try.attempt = 1,
                              .place = target->place,
                              .queries = {queries, rollout->throttle_count}};
    job.place.schema = ""; /* of none of them */
    job_send(step, identity, worker, job);
}

/* The server that waits longest for its probe, of those whose time has come and that somebody with
 * room reaches; NUMBER_NONE: none. */
static uint32_t probe_first(const struct step *step, const struct worker **worker)
{
    const struct rollout *rollout = &step->core->rollout;
    const struct load *loads = rollout->servers.loads;
    uint32_t first = NUMBER_NONE;
    for (uint32_t i = 0; i < rollout->servers.identity_count; i++) {
        bool sooner = first == NUMBER_NONE || loads[i].probed_ms < loads[first].probed_ms;
        if (!sooner || throttle_due_ms(rollout, i) > step->at_ms) {
            continue;
        }
        const struct worker *found = worker_choose(step, &(struct wish){.server = loads[i].server});
        if (found != NULL) {
            first = i;
            *worker = found;
        }
    }
    return first;
}

static void probes_dispatch(struct step *step)
{
    const struct core *core = step->core;
    if (core->rollout.throttle_count == 0) {
        return;
    }
    const struct worker *worker = NULL;
    for (uint32_t identity = probe_first(step, &worker); identity != NUMBER_NONE;
         identity = probe_first(step, &worker)) {
        probe_send(step, identity, worker->instance);
        step->schedule->probed_last = true;
    }
}

static void sources_dispatch(struct step *step)
{
    const struct core *core = step->core;
    for (uint32_t i = 0; i < core->rollout.source_count && concurrency_free(core); i++) {
        const struct source *source = &core->rollout.sources[i];
        bool ready =
            source->state == SOURCE_PENDING ||
            (source->state == SOURCE_WAITING && source->trial.not_before_ms <= step->at_ms);
        if (ready) {
            const struct wish wish = {source->server, 0, 0, is_last_try(source->trial.losses)};
            const struct worker *worker = worker_choose(step, &wish);
            if (worker != NULL) {
                source_send(step, i, worker->instance);
            }
        }
    }
}

/* Skipped ones may still stand in line, and late ones that were refused as twins. */
static bool target_is_ready(const struct target *target)
{
    return target->state != TARGET_SKIPPED && target->state != TARGET_REFUSED &&
           target->state != TARGET_GONE;
}

/* Held, or not to be deployed at this time. */
static bool target_is_blocked(const struct step *step, uint32_t number)
{
    const struct core *core = step->core;
    const struct target *target = &core->rollout.targets[number];
    return target_hold(core, number, false) != NULL ||
           (target_job_kind(target) == JOB_DEPLOY &&
            !target_window_open(core, number, step->at_ms));
}

/* ---- servers that are down ---- */

/* Of those that wait for it, the one that was sent in vain least often: one whose own fault it is
 * must not be the only one that asks. NUMBER_NONE: none may run. */
static uint32_t ask_place(const struct step *step, uint32_t server)
{
    const struct target *targets = step->core->rollout.targets;
    const struct schedule_list *away = schedule_away(step->schedule, server);
    uint32_t best = NUMBER_NONE;
    for (uint32_t i = 0; i < away->count; i++) {
        uint32_t number = away->items[i];
        uint32_t chosen = best == NUMBER_NONE ? number : away->items[best];
        bool better =
            best == NUMBER_NONE ||
            targets[number].trial.unreached < targets[chosen].trial.unreached ||
            (targets[number].trial.unreached == targets[chosen].trial.unreached && number < chosen);
        if (better && target_is_ready(&targets[number]) && !target_is_blocked(step, number)) {
            best = i;
        }
    }
    return best;
}

/* One target for each server that is to be asked. */
static void asks_dispatch(struct step *step)
{
    const struct core *core = step->core;
    const struct servers *servers = &core->rollout.servers;
    for (uint32_t i = 0; servers->down > 0 && i < servers->count && concurrency_free(core); i++) {
        const struct worker *worker = outage_ask_due(step, i) ? outage_asker(step, i) : NULL;
        uint32_t place = worker != NULL ? ask_place(step, i) : NUMBER_NONE;
        if (place == NUMBER_NONE) {
            continue;
        }
        uint32_t number = schedule_away(step->schedule, i)->items[place];
        if (schedule_has_room(step->schedule, number)) {
            schedule_away_take(step->schedule, i, place);
            target_send(step, number, worker->instance);
        }
    }
}

/* ---- targets ---- */

/* The first in line is given to a worker, or put where it waits; false: nobody has room. */
static bool first_dispatch(struct step *step, uint32_t number)
{
    const struct core *core = step->core;
    struct schedule *schedule = step->schedule;
    const struct target *target = &core->rollout.targets[number];
    if (!target_is_ready(target)) {
        schedule_take(schedule);
        return true;
    }
    if (target_is_blocked(step, number)) {
        schedule_take(schedule);
        schedule_park(schedule, number);
        return true;
    }
    if (server_is_down(&core->rollout, target->server)) {
        schedule_take(schedule);
        schedule_put_away(schedule, number);
        return true;
    }
    const struct wish wish = {target->server, target->worker, target->left,
                              is_last_try(target->trial.losses)};
    const struct worker *worker = worker_choose(step, &wish);
    if (worker != NULL) {
        schedule_take(schedule);
        target_send(step, number, worker->instance);
        schedule->probed_last = false;
        return true;
    }
    if (!anybody_has_room(core)) {
        return false;
    }
    if (wish.left != 0 || wish.alone) { /* others of its server may not mind that worker */
        schedule_take(schedule);
        schedule_put_off(schedule, number);
    } else {
        schedule_pass(schedule);
    }
    return true;
}

static void targets_dispatch(struct step *step)
{
    const struct core *core = step->core;
    schedule_advance(step->schedule, step->at_ms);
    asks_dispatch(step);
    while (concurrency_free(core)) {
        uint32_t number = schedule_first(step->schedule);
        if (number == NUMBER_NONE || !first_dispatch(step, number)) {
            break;
        }
    }
    schedule_round_end(step->schedule);
    asks_dispatch(step);
}

/* Probes and targets take turns in going first, so that where credit is
 * short neither waits for ever. */
static void deploys_dispatch(struct step *step)
{
    bool targets_first = step->schedule->probed_last;
    if (targets_first) {
        targets_dispatch(step);
    }
    probes_dispatch(step);
    sources_dispatch(step);
    if (!targets_first) {
        targets_dispatch(step);
    }
}

void jobs_dispatch(struct step *step)
{
    const struct rollout *rollout = &step->core->rollout;
    switch (rollout->state) {
    case ROLLOUT_PLANNING: sources_dispatch(step); break;
    case ROLLOUT_VALIDATING: targets_dispatch(step); break;
    case ROLLOUT_DEPLOYING: deploys_dispatch(step); break;
    default: break;
    }
}
