/* One sentence from the events' list, then what this event is about. No
 * URLs and no secrets: only names. */
#include "coordinator/shell/event_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uthash.h>

#include "common/vocabulary/limits.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/shell/messages.h"

struct known_job {
    uint64_t job;
    uint32_t subject; /* source of a discovery, server of a probe, else target */
    enum job_kind kind;
    UT_hash_handle hh;
};

struct known_worker {
    uint64_t instance;
    char name[64]; /* cut */
    UT_hash_handle hh;
};

/* ---- remembering ---- */

static void job_add(struct moves *moves, const struct event_job_leased *leased)
{
    struct known_job *job = NULL;
    HASH_FIND(hh, moves->jobs, &leased->job, sizeof leased->job, job);
    if (job == NULL) {
        job = memory_alloc(sizeof *job);
        job->job = leased->job;
        HASH_ADD(hh, moves->jobs, job, sizeof job->job, job);
    }
    job->subject = leased->subject;
    job->kind = leased->kind;
}

static void job_drop(struct moves *moves, uint64_t number)
{
    struct known_job *job = NULL;
    HASH_FIND(hh, moves->jobs, &number, sizeof number, job);
    if (job != NULL) {
        HASH_DEL(moves->jobs, job);
        free(job);
    }
}

/* Discoveries end by their source; `all` at the end of a rollout. */
static void jobs_drop(struct moves *moves, uint32_t source, bool all)
{
    struct known_job *job;
    struct known_job *next;
    HASH_ITER(hh, moves->jobs, job, next)
    {
        if (all || (job->kind == JOB_DISCOVER && job->subject == source)) {
            /* HASH_ITER has taken `next` before; the analyser does not follow uthash there. */
            HASH_DEL(moves->jobs, job); // NOLINT(clang-analyzer-unix.Malloc)
            free(job);
        }
    }
}

static struct known_worker *worker_find(const struct moves *moves, uint64_t instance)
{
    struct known_worker *worker = NULL;
    HASH_FIND(hh, moves->workers, &instance, sizeof instance, worker);
    return worker;
}

static void worker_add(struct moves *moves, const struct event_worker_joined *joined)
{
    struct known_worker *worker = worker_find(moves, joined->instance);
    if (worker == NULL) {
        worker = memory_alloc(sizeof *worker);
        worker->instance = joined->instance;
        HASH_ADD(hh, moves->workers, instance, sizeof worker->instance, worker);
    }
    size_t length = strlen(joined->name);
    length = length < sizeof worker->name ? length : sizeof worker->name - 1;
    memcpy(worker->name, joined->name, length);
    worker->name[length] = '\0';
}

static void workers_drop(struct moves *moves, uint64_t instance, bool all)
{
    struct known_worker *worker;
    struct known_worker *next;
    HASH_ITER(hh, moves->workers, worker, next)
    {
        if (all || worker->instance == instance) {
            HASH_DEL(moves->workers, worker); // NOLINT(clang-analyzer-unix.Malloc), as above
            free(worker);
        }
    }
}

void moves_remember(struct moves *moves, const struct event *event)
{
    switch (event->type) {
    case EVENT_WORKER_JOINED: worker_add(moves, &event->worker_joined); break;
    case EVENT_WORKER_LEFT: workers_drop(moves, event->worker_left.instance, false); break;
    case EVENT_JOB_LEASED: job_add(moves, &event->job_leased); break;
    case EVENT_JOB_RELEASED: job_drop(moves, event->job_released.job); break;
    case EVENT_JOB_POSTPONED: job_drop(moves, event->job_postponed.job); break;
    case EVENT_JOB_CANCELLED: job_drop(moves, event->job_cancelled.job); break;
    case EVENT_TARGET_VALIDATED: job_drop(moves, event->target_validated.job); break;
    case EVENT_TARGET_REFUSED: job_drop(moves, event->target_refused.job); break;
    case EVENT_TARGET_DEPLOYED: job_drop(moves, event->target_deployed.job); break;
    case EVENT_CHECK_PASSED: job_drop(moves, event->check_passed.job); break;
    case EVENT_CHECK_FAILED: job_drop(moves, event->check_failed.job); break;
    case EVENT_SERVER_PROBED: job_drop(moves, event->server_probed.job); break;
    case EVENT_TARGET_FAILED: job_drop(moves, event->target_failed.job); break;
    case EVENT_SOURCE_LISTED: jobs_drop(moves, event->source_listed.source, false); break;
    case EVENT_SOURCE_FAILED: jobs_drop(moves, event->source_failed.source, false); break;
    case EVENT_ROLLOUT_FINISHED: jobs_drop(moves, 0, true); break;
    default: break;
    }
}

void moves_free(struct moves *moves)
{
    jobs_drop(moves, 0, true);
    workers_drop(moves, 0, true);
}

/* ---- describing ---- */

static void target_append(const struct core *core, uint32_t target, struct buffer *out)
{
    const struct rollout *rollout = core_rollout(core);
    if (target < rollout->target_count) {
        buffer_printf(out, ": %s", rollout->targets[target].name);
    }
}

static void source_append(const struct core *core, uint32_t source, struct buffer *out)
{
    const struct rollout *rollout = core_rollout(core);
    if (source < rollout->source_count) {
        const struct source_definition *definition = &rollout->sources[source].definition;
        buffer_printf(out, ": %s (%s)", definition->name, definition->origin);
    }
}

static void server_append(const struct core *core, uint32_t server, struct buffer *out)
{
    const struct rollout *rollout = core_rollout(core);
    if (server < rollout->servers.identity_count) {
        buffer_printf(out, ": %s",
                      rollout->servers.items[rollout->servers.loads[server].server].key);
    }
}

static void subject_append(const struct core *core, enum job_kind kind, uint32_t subject,
                           struct buffer *out)
{
    switch (kind) {
    case JOB_DISCOVER: source_append(core, subject, out); break;
    case JOB_PROBE: server_append(core, subject, out); break;
    default: target_append(core, subject, out); break;
    }
}

static void job_append(const struct moves *moves, const struct core *core, uint64_t number,
                       struct buffer *out)
{
    struct known_job *job = NULL;
    HASH_FIND(hh, moves->jobs, &number, sizeof number, job);
    if (job != NULL) {
        subject_append(core, job->kind, job->subject, out);
    }
}

static void worker_append(const struct moves *moves, uint64_t instance, struct buffer *out)
{
    const struct known_worker *worker = worker_find(moves, instance);
    if (worker != NULL) {
        buffer_printf(out, ": %s", worker->name);
    }
}

static void wave_append(const struct core *core, uint32_t wave, struct buffer *out)
{
    const struct rollout *rollout = core_rollout(core);
    if (wave < rollout->wave_count) {
        buffer_printf(out, ": %s", rollout->waves[wave].definition.name);
    }
}

static void fault_append(const char *message, const char *sqlstate, const char *location,
                         struct buffer *out)
{
    buffer_printf(out, ": %s", message);
    if (sqlstate[0] != '\0') {
        buffer_printf(out, " (%s)", sqlstate);
    }
    if (location[0] != '\0') {
        buffer_printf(out, " at %s", location);
    }
}

static void steering_append(const char *actor, const char *reason, struct buffer *out)
{
    if (actor[0] != '\0') {
        buffer_printf(out, " by %s", actor);
    }
    if (reason[0] != '\0') {
        buffer_printf(out, ": %s", reason);
    }
}

static void who_append(const struct who *who, struct buffer *out)
{
    steering_append(who->actor, who->reason, out);
}

static void rollout_append(const struct event_rollout_started *started, struct buffer *out)
{
    if (started->reverts[0] != '\0') {
        buffer_printf(out, ": rollback of %s (%s)", started->reverts, started->rollout);
        steering_append(started->request.actor, "", out);
        return;
    }
    buffer_printf(out, ": %s %s (%s)", request_verb(&started->request), started->request.spec,
                  started->rollout);
    steering_append(started->request.actor, "", out);
}

static void job_describe(const struct moves *moves, const struct core *core,
                         const struct event *event, struct buffer *out)
{
    switch (event->type) {
    case EVENT_JOB_LEASED: {
        const struct event_job_leased *leased = &event->job_leased;
        subject_append(core, leased->kind, leased->subject, out);
        buffer_printf(out, " (%s, attempt %" PRIu32 ")", job_kind_word(leased->kind),
                      leased->attempt);
        worker_append(moves, leased->worker, out);
        break;
    }
    case EVENT_JOB_RELEASED: job_append(moves, core, event->job_released.job, out); break;
    case EVENT_JOB_POSTPONED:
        job_append(moves, core, event->job_postponed.job, out);
        fault_append(event->job_postponed.failure.message, event->job_postponed.failure.sqlstate,
                     "", out);
        break;
    case EVENT_JOB_CANCELLED: job_append(moves, core, event->job_cancelled.job, out); break;
    default: break;
    }
}

static void target_describe(const struct core *core, const struct event *event, struct buffer *out)
{
    switch (event->type) {
    case EVENT_TARGET_ADDED: buffer_printf(out, ": %s", event->target_added.name); break;
    case EVENT_TARGET_VALIDATED: target_append(core, event->target_validated.target, out); break;
    case EVENT_TARGET_REFUSED:
        target_append(core, event->target_refused.target, out);
        fault_append(event->target_refused.failure.message, event->target_refused.failure.sqlstate,
                     "", out);
        break;
    case EVENT_TARGET_DEPLOYED: target_append(core, event->target_deployed.target, out); break;
    case EVENT_TARGET_FAILED:
        target_append(core, event->target_failed.target, out);
        fault_append(event->target_failed.failure.message, event->target_failed.failure.sqlstate,
                     event->target_failed.failure.location, out);
        break;
    case EVENT_TARGET_RETRIED: target_append(core, event->target_retried.target, out); break;
    case EVENT_TARGET_SKIPPED:
        target_append(core, event->target_skipped.target, out);
        who_append(&event->target_skipped.who, out);
        break;
    case EVENT_CHECK_PASSED: target_append(core, event->check_passed.target, out); break;
    case EVENT_CHECK_FAILED:
        target_append(core, event->check_failed.target, out);
        fault_append(event->check_failed.failure.message, event->check_failed.failure.sqlstate,
                     event->check_failed.failure.location, out);
        break;
    default: break;
    }
}

static void wave_describe(const struct core *core, const struct event *event, struct buffer *out)
{
    switch (event->type) {
    case EVENT_WAVE_STARTED:
        wave_append(core, event->wave_started.wave, out);
        buffer_text_append(out, ", ");
        buffer_count(out, event->wave_started.targets, "target");
        break;
    case EVENT_WAVE_FINISHED: wave_append(core, event->wave_finished.wave, out); break;
    case EVENT_WAVE_AWAITED: wave_append(core, event->wave_awaited.wave, out); break;
    case EVENT_WAVE_APPROVED:
        wave_append(core, event->wave_approved.wave, out);
        who_append(&event->wave_approved.who, out);
        break;
    case EVENT_WAVE_RAMPED:
        wave_append(core, event->wave_ramped.wave, out);
        buffer_printf(out, ", %" PRIu32 " in all", event->wave_ramped.allowed);
        break;
    case EVENT_WAVE_SOAKING: wave_append(core, event->wave_soaking.wave, out); break;
    case EVENT_WAVE_CHECKING:
        wave_append(core, event->wave_checking.wave, out);
        buffer_text_append(out, ", ");
        buffer_count(out, event->wave_checking.targets, "target");
        break;
    default: break;
    }
}

static void steering_describe(const struct core *core, const struct event *event,
                              struct buffer *out)
{
    switch (event->type) {
    case EVENT_ROLLOUT_PAUSED: who_append(&event->rollout_paused.who, out); break;
    case EVENT_ROLLOUT_RESUMED: steering_append(event->rollout_resumed.actor, "", out); break;
    case EVENT_ROLLOUT_CANCEL_ASKED: who_append(&event->rollout_cancel_asked.who, out); break;
    case EVENT_HOLD_PLACED:
        buffer_printf(out, ": %s, ", event->hold_placed.scope);
        buffer_count(out, event->hold_placed.targets, "target");
        who_append(&event->hold_placed.who, out);
        break;
    case EVENT_HOLD_LIFTED: steering_append(event->hold_lifted.actor, "", out); break;
    case EVENT_LIMITS_SET:
        buffer_text_append(out, ": ");
        limits_append(&event->limits_set.limits, out);
        who_append(&event->limits_set.who, out);
        break;
    case EVENT_PLAN_CHANGED: buffer_printf(out, ": plan %.12s", event->plan_changed.digest); break;
    case EVENT_TARGETS_JOINED:
        buffer_printf(out, ": plan %.12s", event->targets_joined.digest);
        break;
    case EVENT_ROLLBACK_ASKED: who_append(&event->rollback_asked.who, out); break;
    case EVENT_SERVER_PROBED:
        server_append(core, event->server_probed.identity, out);
        steering_append("", event->server_probed.reason, out);
        break;
    default: break;
    }
}

static void rollout_describe(const struct core *core, const struct event *event, struct buffer *out)
{
    switch (event->type) {
    case EVENT_ROLLOUT_STARTED: rollout_append(&event->rollout_started, out); break;
    case EVENT_SOURCE_LISTED:
        source_append(core, event->source_listed.source, out);
        buffer_printf(out, ": %" PRIu32 " found", event->source_listed.found);
        break;
    case EVENT_SOURCE_FAILED:
        source_append(core, event->source_failed.source, out);
        fault_append(event->source_failed.failure.message, event->source_failed.failure.sqlstate,
                     "", out);
        break;
    case EVENT_VALIDATION_STARTED:
        buffer_text_append(out, ": ");
        buffer_count(out, event->validation_started.targets, "target");
        break;
    case EVENT_GATE_OPENED:
        buffer_printf(out, ": plan %.12s", event->gate_opened.digest);
        if (event->gate_opened.left_out > 0) {
            buffer_text_append(out, ", ");
            buffer_count(out, event->gate_opened.left_out, "target");
            buffer_text_append(out, " left out");
        }
        const struct rollout *rollout = core_rollout(core);
        if (rollout->unrecorded > 0) {
            buffer_text_append(out, "; ");
            answer_unrecorded(rollout, out);
        }
        break;
    case EVENT_GATE_REFUSED:
        buffer_text_append(out, ": ");
        if (event->gate_refused.digest[0] != '\0') {
            buffer_text_append(out, "not the plan that was asked for");
            break;
        }
        buffer_count(out, event->gate_refused.refused, "refusal");
        break;
    case EVENT_ROLLOUT_FINISHED:
        buffer_printf(out, ": %s", rollout_state_word(event->rollout_finished.state));
        break;
    default: break;
    }
}

/* "2099-01-01 00:00:00 UTC" */
static void utc_append(uint64_t at_ms, struct buffer *out)
{
    time_t seconds = (time_t)(at_ms / 1000);
    struct tm utc;
    char text[40];
    bool known = gmtime_r(&seconds, &utc) != NULL;
    buffer_text_append(out, known && strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &utc) > 0
                                ? text
                                : "a time without a name");
}

/* Of a coordinator that takes over: the time of the journal's last event. */
static void clock_describe(const struct event *event, struct buffer *out)
{
    bool back = event->at_ms < event->clock_set.was_ms;
    buffer_printf(out, " %s, from ", back ? "back" : "forward");
    utc_append(event->clock_set.was_ms, out);
    buffer_text_append(out, " to ");
    utc_append(event->at_ms, out);
    buffer_text_append(
        out, ": what waits goes on with what is left of its wait, windows follow the clock");
}

void moves_describe(const struct moves *moves, const struct core *core, const struct event *event,
                    struct buffer *out)
{
    const struct rollout *rollout = core_rollout(core);
    bool stamped = event->type == EVENT_TARGET_DEPLOYED &&
                   rollout->policy.request.direction == DIRECTION_STAMP;
    buffer_text_append(out, stamped ? "target stamped" : event_sentence(event->type));
    switch (event->type) {
    case EVENT_EPOCH_CLAIMED:
        buffer_printf(out, ": epoch %" PRIu64, event->epoch_claimed.epoch);
        break;
    case EVENT_CLOCK_SET: clock_describe(event, out); break;
    case EVENT_WORKER_JOINED: buffer_printf(out, ": %s", event->worker_joined.name); break;
    case EVENT_WORKER_CREDIT_SET:
        worker_append(moves, event->worker_credit_set.instance, out);
        buffer_printf(out, ": %" PRIu32, event->worker_credit_set.credit);
        break;
    case EVENT_WORKER_LEFT: worker_append(moves, event->worker_left.instance, out); break;
    default:
        job_describe(moves, core, event, out);
        target_describe(core, event, out);
        wave_describe(core, event, out);
        steering_describe(core, event, out);
        rollout_describe(core, event, out);
    }
}

const char *moves_notice_level(const struct event *event)
{
    switch (event->type) {
    case EVENT_ROLLOUT_STARTED:
    case EVENT_VALIDATION_STARTED:
    case EVENT_GATE_OPENED:
    case EVENT_WAVE_STARTED:
    case EVENT_WAVE_FINISHED:
    case EVENT_WAVE_APPROVED:
    case EVENT_WAVE_RAMPED:
    case EVENT_WAVE_SOAKING:
    case EVENT_WAVE_CHECKING:
    case EVENT_TARGETS_JOINED:
    case EVENT_HOLD_LIFTED:
    case EVENT_LIMITS_SET:
    case EVENT_JOB_POSTPONED:
    case EVENT_ROLLOUT_RESUMED:
    case EVENT_WORKER_JOINED:
    case EVENT_WORKER_LEFT: return "info";
    case EVENT_ROLLOUT_PAUSED:
    case EVENT_WAVE_AWAITED:
    case EVENT_HOLD_PLACED:
    case EVENT_TARGET_SKIPPED:
    case EVENT_PLAN_CHANGED:
    case EVENT_ROLLBACK_ASKED:
    case EVENT_CLOCK_SET:
    case EVENT_ROLLOUT_CANCEL_ASKED: return "warning";
    case EVENT_CHECK_FAILED:
    case EVENT_SOURCE_FAILED:
    case EVENT_TARGET_FAILED:
    case EVENT_GATE_REFUSED: return "error";
    default: return NULL;
    }
}
