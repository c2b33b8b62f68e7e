/* Which job goes to which worker: in order of targets, within the caps, to whom has credit. */
#include "coordinator/core/decide/step.h"
#include "coordinator/core/facts/scope.h"
#include "coordinator/core/facts/window.h"

static uint32_t worker_credit(const struct worker *worker)
{
    uint32_t window = worker->window;
    bool takes = worker->state == WORKER_CONNECTED && window > worker->running;
    return takes ? window - worker->running : 0;
}

/* The worker that keeps the target's connection, else the one with most credit, the lowest instance
 * of equals; NULL when nobody has any. */
static const struct worker *worker_choose(const struct core *core, uint64_t kept_by)
{
    const struct worker *best = kept_by != 0 ? worker_find(core, kept_by) : NULL;
    if (best != NULL && worker_credit(best) > 0) {
        return best;
    }
    best = NULL;
    uint32_t best_credit = 0;
    for (uint32_t i = 0; i < core->worker_count; i++) {
        uint32_t credit = worker_credit(&core->workers[i]);
        if (credit > best_credit) {
            best = &core->workers[i];
            best_credit = credit;
        }
    }
    return best;
}

static bool concurrency_free(const struct core *core)
{
    uint32_t cap = core->rollout.policy.concurrency;
    return cap == 0 || core->jobs.live - core->jobs.probes < cap;
}

static struct core_job *job_send(struct step *step, enum job_kind kind, uint32_t subject,
                                 uint32_t attempt, uint64_t worker)
{
    struct core *core = step->core;
    const struct event_rollout_started *policy = &core->rollout.policy;
    struct arena *arena = &step->output->arena;
    uint64_t id = core->last_job + 1;
    emit(step, (struct event){.type = EVENT_JOB_LEASED,
                              .job_leased = {.job = id,
                                             .kind = kind,
                                             .subject = subject,
                                             .attempt = attempt,
                                             .worker = worker}});
    struct command *command = command_add(step, COMMAND_SEND_JOB, worker);
    command->job_id = id;
    command->job = (struct core_job){.job = id,
                                     .epoch = core->epoch,
                                     .attempt = attempt,
                                     .kind = kind,
                                     .rollout = arena_text(arena, policy->rollout),
                                     .target = "",
                                     .url = "",
                                     .schema = "",
                                     .password = "",
                                     .version_schema = arena_text(arena, policy->version_schema),
                                     .version_table = arena_text(arena, policy->version_table),
                                     .version_keyless = policy->version_keyless,
                                     .bundle = "",
                                     .direction = core->rollout.policy.direction,
                                     .databases = "",
                                     .schemas = "",
                                     .query = "",
                                     .lock_timeout_ms = policy->lock_timeout_ms,
                                     .statement_timeout_ms = policy->statement_timeout_ms,
                                     .connect_timeout_ms = policy->connect_timeout_ms,
                                     .server_identity = ""};
    return &command->job;
}

static void source_send(struct step *step, uint32_t number, uint64_t worker)
{
    const struct rollout *rollout = &step->core->rollout;
    const struct source *source = &rollout->sources[number];
    struct arena *arena = &step->output->arena;
    struct core_job *job = job_send(step, JOB_DISCOVER, number, source->attempt + 1, worker);
    job->target = arena_text(arena, source->name);
    job->url = arena_text(arena, source->url);
    job->password = arena_text(arena, source->password);
    job->databases = arena_text(arena, source->databases);
    job->schemas = arena_text(arena, source->schemas);
    job->query = arena_text(arena, source->query);
    job->labels = arena_texts(arena, intern_set_texts(&rollout->intern, source->labels));
}

/* What a target that stands in line waits for. */
static enum job_kind target_job_kind(const struct target *target)
{
    switch ((enum target_state)target->state) {
    case TARGET_ADDED:
    case TARGET_POSTPONED: return JOB_INSPECT;
    case TARGET_DEPLOYED:
    case TARGET_UNCHANGED: return JOB_CHECK;
    default: return JOB_DEPLOY;
    }
}

static void target_send(struct step *step, uint32_t number, uint64_t worker)
{
    const struct rollout *rollout = &step->core->rollout;
    const struct target *target = &rollout->targets[number];
    struct arena *arena = &step->output->arena;
    enum job_kind kind = target_job_kind(target);
    bool deploys = kind == JOB_DEPLOY;
    struct core_job *job = job_send(step, kind, number, target->attempt + 1, worker);
    job->target = arena_text(arena, target->name);
    job->url = arena_text(arena, target->url);
    job->schema = arena_text(arena, target->schema);
    job->password = arena_text(arena, target->password);
    job->bundle = arena_text(arena, rollout->policy.bundle);
    job->final = kind == JOB_CHECK || (!deploys && rollout->policy.purpose != PURPOSE_DEPLOY);
    if (kind == JOB_CHECK) {
        const struct wave *wave = &rollout->waves[target->wave - 1];
        job->queries = arena_texts(arena, intern_set_texts(&rollout->intern, wave->checks));
    }
    if (deploys) {
        const struct path *path = &rollout->paths[target->path];
        job->from = arena_texts(arena, intern_set_texts(&rollout->intern, path->from));
        job->steps = arena_texts(arena, intern_set_texts(&rollout->intern, path->steps));
        if (rollout->policy.direction == DIRECTION_STAMP) {
            job->to = arena_texts(arena, intern_set_texts(&rollout->intern, path->to));
        }
        job->unrecorded = target->seen > 0 || target->gone > 0;
    }
    if (deploys && target->identity != NUMBER_NONE) {
        job->server_identity = arena_text(arena, rollout->servers.identities[target->identity]);
    }
}

/* Through any target of the server. */
static void probe_send(struct step *step, uint32_t identity, uint64_t worker)
{
    const struct rollout *rollout = &step->core->rollout;
    const struct target *target = &rollout->targets[rollout->servers.loads[identity].target];
    struct arena *arena = &step->output->arena;
    struct core_job *job = job_send(step, JOB_PROBE, identity, 1, worker);
    const char **queries = arena_array(arena, rollout->throttle_count, sizeof *queries);
    for (uint32_t i = 0; i < rollout->throttle_count; i++) {
        queries[i] = arena_text(arena, rollout->throttles[i].query);
    }
    job->target = arena_text(arena, target->name);
    job->url = arena_text(arena, target->url);
    job->password = arena_text(arena, target->password);
    job->queries = (struct texts){queries, rollout->throttle_count};
}

/* The server that waits longest for its probe, of those whose time has come; NUMBER_NONE: none. */
static uint32_t probe_first(const struct step *step)
{
    const struct rollout *rollout = &step->core->rollout;
    const struct load *loads = rollout->servers.loads;
    uint32_t first = NUMBER_NONE;
    for (uint32_t i = 0; i < rollout->servers.identity_count; i++) {
        if (throttle_due_ms(rollout, i) <= step->at_ms &&
            (first == NUMBER_NONE || loads[i].probed_ms < loads[first].probed_ms)) {
            first = i;
        }
    }
    return first;
}

static void probes_dispatch(struct step *step)
{
    struct core *core = step->core;
    if (core->rollout.throttle_count == 0) {
        return;
    }
    for (uint32_t identity = probe_first(step); identity != NUMBER_NONE;
         identity = probe_first(step)) {
        const struct worker *worker = worker_choose(core, 0);
        if (worker == NULL) {
            return;
        }
        probe_send(step, identity, worker->instance);
        core->schedule.probed_last = true;
    }
}

static void sources_dispatch(struct step *step)
{
    const struct core *core = step->core;
    for (uint32_t i = 0; i < core->rollout.source_count && concurrency_free(core); i++) {
        const struct source *source = &core->rollout.sources[i];
        bool ready = source->state == SOURCE_PENDING ||
                     (source->state == SOURCE_WAITING && source->not_before_ms <= step->at_ms);
        if (ready) {
            const struct worker *worker = worker_choose(core, 0);
            if (worker == NULL) {
                return;
            }
            source_send(step, i, worker->instance);
        }
    }
}

/* Skipped ones may still stand in line, and late ones that were refused as twins. */
static bool target_is_ready(const struct target *target)
{
    return target->state != TARGET_SKIPPED && target->state != TARGET_REFUSED;
}

/* Held, or not to be deployed at this time. */
static bool target_is_blocked(const struct step *step, uint32_t number)
{
    const struct core *core = step->core;
    const struct target *target = &core->rollout.targets[number];
    return target_hold(core, number, false) != NULL ||
           (target_job_kind(target) == JOB_DEPLOY &&
            !target_window_open(&core->rollout, target, step->at_ms));
}

static void targets_dispatch(struct step *step)
{
    struct core *core = step->core;
    schedule_advance(core, step->at_ms);
    while (concurrency_free(core)) {
        uint32_t number = schedule_first(core);
        if (number == NUMBER_NONE) {
            return;
        }
        if (!target_is_ready(&core->rollout.targets[number])) {
            schedule_take(core);
            continue;
        }
        if (target_is_blocked(step, number)) {
            schedule_take(core);
            schedule_park(core, number);
            continue;
        }
        const struct worker *worker = worker_choose(core, core->rollout.targets[number].worker);
        if (worker == NULL) {
            return;
        }
        schedule_take(core);
        target_send(step, number, worker->instance);
        core->schedule.probed_last = false;
    }
}

/* Probes and targets take turns in going first, so that where credit is
 * short neither waits for ever. */
static void deploys_dispatch(struct step *step)
{
    bool targets_first = step->core->schedule.probed_last;
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
