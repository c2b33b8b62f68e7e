/* The fold over the events: rollouts, sources, targets until the gate, workers (check.h). */
#include "tests/lib/world/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/world/check_parts.h"
#include "tests/lib/world/story.h"

enum { QUESTION_PATIENCE_MS = 2000 };

void check_fail(struct world *world, const char *promise, const char *format, ...)
{
    struct check *check = &world->check;
    if (check->failed || (world->story != NULL && world->story->unchecked)) {
        return;
    }
    check->failed = true;
    (void)snprintf(check->promise, sizeof check->promise, "%s", promise);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(check->detail, sizeof check->detail, format, arguments);
    va_end(arguments);
}

/* ---- memory ---- */

void *check_room(void *items, uint64_t wanted, uint32_t *capacity, size_t size)
{
    if (wanted < *capacity) {
        return items;
    }
    uint32_t grown = *capacity;
    while (grown <= wanted) {
        grown = grown < 16 ? 16 : grown * 2;
    }
    items = memory_resize(items, grown * size);
    memset((char *)items + *capacity * size, 0, (grown - *capacity) * size);
    *capacity = grown;
    return items;
}

static void arrays_free(struct check *check)
{
    free(check->targets);
    free(check->sources);
    free(check->jobs);
    free(check->live);
    free(check->workers);
    free(check->waves);
    free(check->paths);
    free(check->holds);
    free(check->servers);
    free(check->brakes);
    free(check->database_targets);
    free(check->host_identities);
    free(check->hosts);
}

void check_begin(struct world *world)
{
    struct check *check = &world->check;
    struct check kept = *check;
    arrays_free(check);
    *check = (struct check){.failed = kept.failed};
    memcpy(check->promise, kept.promise, sizeof check->promise);
    memcpy(check->detail, kept.detail, sizeof check->detail);
    check->database_targets = memory_alloc(world->swarm.targets * sizeof(uint32_t));
    check->host_identities = memory_alloc(world->swarm.hosts * sizeof(uint32_t));
    check->hosts = memory_alloc(world->swarm.hosts * sizeof *check->hosts);
}

void check_free(struct world *world)
{
    arrays_free(&world->check);
}

/* ---- parts ---- */

struct watched_worker *check_worker(struct check *check, uint64_t instance)
{
    ROOM(check, worker, instance);
    return &check->workers[instance];
}

struct watched_job *check_job(struct check *check, uint64_t id)
{
    static struct watched_job none;
    return id <= check->job_last && id < check->job_capacity ? &check->jobs[id] : &none;
}

struct watched_target *check_target(struct world *world, uint32_t number)
{
    static struct watched_target none;
    if (number >= world->check.target_count) {
        check_fail(world, "targets are numbered", "there is no target %u", number);
        none = (struct watched_target){.wave = NONE};
        return &none;
    }
    return &world->check.targets[number];
}

struct watched_wave *check_wave(struct world *world, uint32_t number)
{
    static struct watched_wave none;
    if (number >= world->check.wave_count) {
        check_fail(world, "waves are numbered", "there is no wave %u", number);
        none = (struct watched_wave){0};
        return &none;
    }
    return &world->check.waves[number];
}

void check_target_moves(struct world *world, uint32_t number, enum target_state from,
                        enum target_state or_from, enum target_state to)
{
    struct watched_target *target = check_target(world, number);
    if (target->state != from && target->state != or_from) {
        check_fail(world, "a terminal state is left only by retry, and none is skipped",
                   "target %u goes from %s to %s", number, target_state_word(target->state),
                   target_state_word(to));
    }
    target->state = to;
}

/* ---- a rollout begins and ends ---- */

static void fleet_forget(struct world *world)
{
    struct check *check = &world->check;
    check->failed_targets = check->refused_targets = check->failed_sources = 0;
    check->forgiven = check->to_do = check->passed = 0;
    check->target_count = check->source_count = check->wave_count = check->path_count = 0;
    memset(check->overridden, 0, sizeof check->overridden);
    check->window_count = check->hold_count = check->server_count = check->brake_count = 0;
    memset(check->database_targets, 0xff, world->swarm.targets * sizeof(uint32_t));
    memset(check->host_identities, 0xff, world->swarm.hosts * sizeof(uint32_t));
    memset(check->hosts, 0, world->swarm.hosts * sizeof *check->hosts);
}

static void beginning_note(struct world *world, uint32_t rollout, uint64_t at_ms)
{
    while (world->beginning_count <= rollout) {
        uint32_t count = ++world->beginning_count;
        world->beginnings = memory_resize(world->beginnings, count * sizeof *world->beginnings);
        world->beginnings[count - 1] =
            (struct beginning){.heads = memory_alloc(world->swarm.targets * sizeof(uint32_t))};
    }
    struct beginning *beginning = &world->beginnings[rollout];
    beginning->at_ms = at_ms;
    beginning->rollback = world->check.rollback;
    for (uint32_t i = 0; i < world->swarm.targets; i++) {
        beginning->heads[i] = world->databases[i].rows.heads;
    }
}

static void rollout_started(struct world *world, const struct event_rollout_started *started,
                            uint64_t at_ms)
{
    struct check *check = &world->check;
    if (check->active) {
        check_fail(world, "one rollout at a time", "%s begins", started->rollout);
    }
    check->active = true;
    check->started_ms = at_ms;
    check->validating = check->gate_open = check->paused = check->cancelling = false;
    check->paused_over_budget = check->repeated = check->throttled = false;
    check->only_validates = started->request.purpose == PURPOSE_VALIDATE;
    check->rollback = started->reverts[0] != '\0';
    check->reverts = check->rollback ? (uint32_t)strtoul(started->reverts + 1, NULL, 10) : 0;
    check->rollout = (uint32_t)strtoul(started->rollout + 1, NULL, 10);
    check->policy = (struct watched_policy){
        .concurrency = started->limits.concurrency,
        .per_server = started->limits.per_server,
        .patience_ms = world->swarm.mode == MODE_QUESTION &&
                               started->limits.server_patience_ms > QUESTION_PATIENCE_MS
                           ? QUESTION_PATIENCE_MS
                           : started->limits.server_patience_ms,
        .failures_count = started->limits.failures.count,
        .failures_percent = started->limits.failures.percent,
        .validate_failures_count = started->limits.validate_failures.count,
        .validate_failures_percent = started->limits.validate_failures.percent,
    };
    fleet_forget(world);
    if (check->rollback && check->reverts < world->beginning_count &&
        world->beginnings[check->reverts].rollback) {
        check_fail(world, "a rollback never goes forward", "rollout %u takes back rollout %u",
                   check->rollout, check->reverts);
    }
    if (world->last_rollout < check->rollout) {
        world->last_rollout = check->rollout;
    }
    if (!check->refolding) {
        beginning_note(world, check->rollout, at_ms);
    }
}

static void rollout_finished(struct world *world, enum rollout_state state)
{
    struct check *check = &world->check;
    check->active = false;
    if (check->live_count > 0) {
        check_fail(world, "a finished rollout has no jobs", "%u are live", check->live_count);
    }
    /* a validation succeeds when the gate opens, within its budget */
    if (state == ROLLOUT_SUCCEEDED && !check->only_validates &&
        check->failed_targets + check->refused_targets + check->failed_sources > 0) {
        check_fail(world, "success means every target", "%u failed, %u refused",
                   check->failed_targets, check->refused_targets);
    }
    if (!check->refolding) {
        check_finished(world);
    }
}

static void limits_set(struct check *check, const struct event_limits_set *limits)
{
    check->policy.concurrency = limits->limits.concurrency;
    check->policy.per_server = limits->limits.per_server;
    check->policy.failures_count = limits->limits.failures.count;
    check->policy.failures_percent = limits->limits.failures.percent;
}

/* ---- the fleet ---- */

static void target_added(struct world *world, const struct event_target_added *added)
{
    struct check *check = &world->check;
    uint32_t database = database_number(world, added->place.name);
    uint32_t number = check->target_count++;
    ROOM(check, target, number);
    check->targets[number] = (struct watched_target){
        .state = TARGET_ADDED, .database = database, .wave = NONE, .identity = NONE};
    if (database != NONE && check->database_targets[database] == NONE) {
        check->database_targets[database] = number;
    }
    if (check->gate_open && !check->refolding) {
        world->sights.late++;
    }
}

static void path_planned(struct world *world, const struct event_path_planned *planned)
{
    struct check *check = &world->check;
    ROOM(check, path, check->path_count);
    check->paths[check->path_count++] = (struct watched_path){
        .from = heads_number(world, planned->from),
        .to = heads_number(world, planned->to),
        .empty = planned->steps.count == 0,
        .exclusive = plan_steps_sharing(world->graph, planned->steps) == SHARING_SERVER};
}

static void source_over(struct world *world, uint32_t number, bool failed)
{
    struct check *check = &world->check;
    if (number >= check->source_count) {
        check_fail(world, "only a live lease ends", "source %u never had one", number);
        return;
    }
    uint64_t job = check->sources[number].job;
    if (!failed || check_job(check, job)->position > 0) { /* else it was given up without one */
        check_result(world, job);
        check_job_ended(world, job);
    }
    check->failed_sources += failed;
}

static void target_validated(struct world *world, const struct event_target_validated *validated)
{
    struct check *check = &world->check;
    struct watched_target *target = check_target(world, validated->target);
    check_result(world, validated->job);
    check_target_moves(world, validated->target, TARGET_INSPECTING, TARGET_INSPECTING,
                       TARGET_VALIDATED);
    check_job_ended(world, validated->job);
    if (validated->path >= check->path_count) {
        check_fail(world, "a validated target has a path", "target %u", validated->target);
        return;
    }
    target->path = validated->path;
    check->passed++;
    if (check->cause != NULL && !check->refolding &&
        check->cause->letter.outcome.heads != check->paths[validated->path].from) {
        check_fail(world, "a path begins where the target stands", "target %u", validated->target);
    }
    if (validated->seen.server.server_identity[0] != '\0') {
        check_identity_learned(
            world, target, (uint32_t)strtoul(validated->seen.server.server_identity + 1, NULL, 10));
    }
}

static void target_refused(struct world *world, const struct event_target_refused *refused)
{
    if (refused->job != 0) {
        check_result(world, refused->job);
        check_job_ended(world, refused->job);
    }
    check_target_moves(world, refused->target, TARGET_ADDED, TARGET_INSPECTING, TARGET_REFUSED);
    world->check.refused_targets++;
}

/* ---- workers and steering ---- */

static void epoch_claimed(struct world *world, const struct event *event)
{
    struct check *check = &world->check;
    if (event->epoch_claimed.epoch <= check->epoch) {
        check_fail(world, "epochs grow", "%llu after %llu",
                   (unsigned long long)event->epoch_claimed.epoch,
                   (unsigned long long)check->epoch);
    }
    check->epoch = event->epoch_claimed.epoch;
    check->claim = event->epoch_claimed.claim != 0 ? event->epoch_claimed.claim : check->epoch;
    check->alone = event->epoch_claimed.alone;
    for (uint32_t i = 0; i < check->worker_capacity; i++) {
        struct watched_worker *worker = &check->workers[i];
        if (worker->there || worker->lost) {
            worker->there = false;
            worker->lost = true;
            worker->lost_ms = event->at_ms;
        }
    }
}

static void worker_joined(struct check *check, const struct event_worker_joined *joined)
{
    struct watched_worker *worker = check_worker(check, joined->instance);
    worker->there = true;
    worker->lost = false;
    worker->credit = joined->credit;
}

static void worker_left(struct check *check, uint64_t instance, uint64_t at_ms)
{
    struct watched_worker *worker = check_worker(check, instance);
    worker->there = false;
    worker->lost = true;
    worker->lost_ms = at_ms;
}

static void rollout_paused(struct check *check, const struct event_rollout_paused *paused)
{
    check->paused_by_person = (check->paused && check->paused_by_person) || paused->until_resumed;
    check->paused = true;
    check->paused_over_budget = check_over_budget(check);
}

static void rollout_resumed(struct world *world)
{
    struct check *check = &world->check;
    const struct item *cause = check->cause;
    bool by_person =
        world->story != NULL || /* which tells what is said */
        (cause != NULL && cause->kind == ITEM_CONTROL && cause->verb.verb == CONTROL_RESUME);
    if (check->paused_by_person && !check->refolding && !by_person) {
        check_fail(world, "a person's pause is lifted by a person", "rollout %u", check->rollout);
    }
    check->paused_by_person = false;
    check->paused = false;
    check_forgive(check);
}

static void cancel_asked(struct check *check)
{
    check->cancelling = true;
    check->paused = false;
}

/* ---- the events ---- */

static void fleet_event(struct world *world, const struct event *event)
{
    struct check *check = &world->check;
    switch (event->type) {
    case EVENT_ROLLOUT_STARTED:
        rollout_started(world, &event->rollout_started, event->at_ms);
        break;
    case EVENT_ROLLOUT_FINISHED: rollout_finished(world, event->rollout_finished.state); break;
    case EVENT_WAVE_DEFINED: check_wave_defined(world, &event->wave_defined); break;
    case EVENT_WINDOW_DEFINED: check_window_defined(world, &event->window_defined); break;
    case EVENT_THROTTLE_DEFINED: check->throttled = true; break;
    case EVENT_SOURCE_LISTED: source_over(world, event->source_listed.source, false); break;
    case EVENT_SOURCE_FAILED: source_over(world, event->source_failed.source, true); break;
    case EVENT_DISCOVERY_REPEATED:
        check->repeated = true;
        check->failed_sources = 0;
        break;
    case EVENT_TARGET_ADDED: target_added(world, &event->target_added); break;
    case EVENT_VALIDATION_STARTED: check->validating = true; break;
    case EVENT_PATH_PLANNED: path_planned(world, &event->path_planned); break;
    case EVENT_TARGET_VALIDATED:
        target_validated(world, &event->target_validated);
        check_answered(world, event->target_validated.target, event->at_ms);
        break;
    case EVENT_TARGET_REFUSED: target_refused(world, &event->target_refused); break;
    case EVENT_GATE_OPENED: check_gate_opened(world, &event->gate_opened); break;
    case EVENT_TARGETS_JOINED: check_targets_joined(world, &event->targets_joined); break;
    default: break; /* SOURCE_DEFINED, GATE_REFUSED */
    }
}

static void job_event(struct world *world, const struct event *event)
{
    struct check *check = &world->check;
    switch (event->type) {
    case EVENT_JOB_LEASED: check_job_leased(world, &event->job_leased); break;
    case EVENT_JOB_RELEASED:
        check_job_released(world, event->job_released.job, event->at_ms);
        check_job_requeued(world, event->job_released.job);
        check_worker_died(world, &event->job_released);
        break;
    case EVENT_JOB_POSTPONED: check_job_postponed(world, &event->job_postponed); break;
    case EVENT_JOB_UNREACHED:
        check_job_unreached(world, &event->job_unreached, event->at_ms);
        break;
    case EVENT_SERVER_REACHED: check_server_reached(world, &event->server_reached); break;
    case EVENT_TARGET_GIVEN_UP:
        check_target_given_up(world, &event->target_given_up, event->at_ms);
        break;
    case EVENT_JOB_CANCELLED:
        check_result(world, event->job_cancelled.job);
        check_job_requeued(world, event->job_cancelled.job);
        break;
    case EVENT_TARGET_DEPLOYED:
        check_target_deployed(world, &event->target_deployed);
        check_target(world, event->target_deployed.target)->leaving = false;
        check_answered(world, event->target_deployed.target, event->at_ms);
        break;
    case EVENT_TARGET_FAILED: check_target_failed(world, &event->target_failed); break;
    case EVENT_TARGET_RETRIED: check_target_retried(world, event->target_retried.target); break;
    case EVENT_TARGET_DOUBTED: check_target_doubted(world, event->target_doubted.target); break;
    case EVENT_TARGET_SKIP_ASKED:
        check_target(world, event->target_skip_asked.target)->leaving = true;
        break;
    case EVENT_TARGET_SKIPPED: check_target_skipped(world, event->target_skipped.target); break;
    case EVENT_TARGET_UNSKIPPED:
        check_target_unskipped(world, event->target_unskipped.target);
        break;
    case EVENT_CHECK_PASSED:
        check_over(world, event->check_passed.job, event->check_passed.target, true);
        break;
    case EVENT_CHECK_FAILED:
        check_over(world, event->check_failed.job, event->check_failed.target, false);
        break;
    case EVENT_TARGET_ASKED:
        check->asking_ms = check->asking_ms > 0 ? check->asking_ms : event->at_ms;
        check_target_asked(world, event->target_asked.target);
        break;
    case EVENT_SERVER_UNSURE:
        check_server_unsure(world, event->server_unsure.target, event->at_ms);
        check_over(world, event->server_unsure.job, event->server_unsure.target, false);
        break;
    case EVENT_SERVER_PROBED: check_server_probed(world, &event->server_probed); break;
    default: break;
    }
}

static void wave_event(struct world *world, const struct event *event)
{
    switch (event->type) {
    case EVENT_WAVE_STARTED: check_wave_started(world, &event->wave_started); break;
    case EVENT_WAVE_RAMPED: check_wave_ramped(world, &event->wave_ramped); break;
    case EVENT_WAVE_FILLED: check_wave_filled(world, &event->wave_filled); break;
    case EVENT_WAVE_SOAKING: check_wave_soaking(world, &event->wave_soaking); break;
    case EVENT_WAVE_CHECKING: check_wave_checking(world, &event->wave_checking); break;
    case EVENT_WAVE_FINISHED: check_wave_finished(world, event->wave_finished.wave); break;
    case EVENT_WAVE_APPROVED: check_wave_approved(world, &event->wave_approved); break;
    case EVENT_PLAN_CHANGED: check_plan_changed(world, event->plan_changed.digest); break;
    default: break; /* WAVE_AWAITED */
    }
}

static void steering_event(struct world *world, const struct event *event)
{
    struct check *check = &world->check;
    switch (event->type) {
    case EVENT_EPOCH_CLAIMED: epoch_claimed(world, event); break;
    case EVENT_WORKER_JOINED: worker_joined(check, &event->worker_joined); break;
    case EVENT_WORKER_CREDIT_SET:
        check_worker(check, event->worker_credit_set.instance)->credit =
            event->worker_credit_set.credit;
        break;
    case EVENT_WORKER_LEFT: worker_left(check, event->worker_left.instance, event->at_ms); break;
    case EVENT_ROLLOUT_PAUSED: rollout_paused(check, &event->rollout_paused); break;
    case EVENT_ROLLOUT_RESUMED: rollout_resumed(world); break;
    case EVENT_ROLLOUT_CANCEL_ASKED: cancel_asked(check); break;
    case EVENT_HOLD_PLACED: check_hold_placed(world, &event->hold_placed); break;
    case EVENT_HOLD_LIFTED: check_hold_lifted(world, event->hold_lifted.hold); break;
    case EVENT_SAFEGUARD_OVERRIDDEN:
        check_overridden(world, event->safeguard_overridden.override.safeguard,
                         event->safeguard_overridden.override.scope[0] == '\0');
        break;
    case EVENT_SAFEGUARD_RESTORED:
        check->overridden[event->safeguard_restored.override.safeguard] = false;
        break;
    case EVENT_LIMITS_SET: limits_set(check, &event->limits_set); break;
    default: break; /* ROLLBACK_ASKED */
    }
}

uint64_t check_time(const struct world *world, uint64_t clock_ms)
{
    return clock_ms - (uint64_t)world->check.set_ms;
}

/* Each event concerns one of the four. */
void check_event(struct world *world, const struct event *told)
{
    struct event in_time = *told;
    const struct event *event = &in_time;
    in_time.at_ms = check_time(world, told->at_ms);
    fleet_event(world, event);
    job_event(world, event);
    wave_event(world, event);
    steering_event(world, event);
}
