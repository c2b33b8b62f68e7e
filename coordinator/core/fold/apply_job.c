/* Leases: given, taken back, postponed, cancelled. */
#include "coordinator/core/fold/apply_job.h"

#include "common/base/impossible.h"
#include "coordinator/core/facts/intern.h"
#include "coordinator/core/facts/job.h"
#include "coordinator/core/fold/apply.h"
#include "coordinator/core/fold/apply_orphan.h"
#include "coordinator/core/fold/apply_outage.h"
#include "coordinator/core/fold/apply_target.h"
#include "coordinator/core/fold/apply_worker.h"
#include "coordinator/core/fold/named.h"
#include "coordinator/core/order/schedule.h"

/* How its subject got on; NULL for a probe. */
static struct trial *job_trial(struct core *core, const struct event_job_leased *lease)
{
    switch (lease->kind) {
    case JOB_DISCOVER: return &source_at(core, lease->subject)->trial;
    case JOB_PROBE: return NULL;
    default: return &target_at(core, lease->subject)->trial;
    }
}

/* Where its subject says which job works on it. */
static uint64_t *subject_job(struct core *core, const struct event_job_leased *lease)
{
    struct trial *trial = job_trial(core, lease);
    return trial != NULL ? &trial->job : &load_at(core, lease->subject)->job;
}

static void losses_count(struct core *core, const struct job *job, bool died)
{
    struct trial *trial = job_trial(core, &job->lease);
    if (trial != NULL) {
        trial->losses = died ? trial->losses + 1 : 0;
    }
}

void job_end(struct core *core, uint64_t id, enum event_type event)
{
    const struct job *job = job_leased(core, id);
    struct worker *worker = worker_known(core, job->lease.worker);
    INVARIANT_THAT(worker->running > 0, "worker %s has no job to end", worker->name);
    schedule_job_ended(core->schedule, job);
    worker->running--;
    uint64_t *held = subject_job(core, &job->lease);
    INVARIANT_THAT(*held == id, "job %llu ends, its subject is held by job %llu",
                   (unsigned long long)id, (unsigned long long)*held);
    *held = 0;
    ask_ended(core, job);
    if (worker->alone == id) {
        worker->alone = 0;
    }
    if (event != EVENT_JOB_RELEASED) {
        losses_count(core, job, false);
    }
    core->jobs.probes -= job->lease.kind == JOB_PROBE;
    job_remove(&core->jobs, job);
    if (worker->state == WORKER_LOST && worker->running == 0) {
        worker_move(core, worker, event, WORKER_GONE);
    }
}

static void subject_begin(struct core *core, const struct event_job_leased *leased)
{
    enum job_kind kind = leased->kind;
    uint64_t *held = subject_job(core, leased);
    INVARIANT_THAT(*held == 0, "job %llu is leased, its subject is held by job %llu",
                   (unsigned long long)leased->job, (unsigned long long)*held);
    *held = leased->job;
    if (kind == JOB_PROBE) {
        core->jobs.probes++;
        return;
    }
    job_trial(core, leased)->attempt = leased->attempt;
    if (kind == JOB_DISCOVER) {
        source_at(core, leased->subject)->state = SOURCE_RUNNING;
    } else if (kind == JOB_CHECK) {
        target_at(core, leased->subject)->check = CHECK_RUNNING;
    } else {
        target_move(core, leased->subject, EVENT_JOB_LEASED,
                    kind == JOB_INSPECT ? TARGET_INSPECTING : TARGET_RUNNING);
    }
}

void apply_job_leased(struct core *core, const struct event *event)
{
    const struct event_job_leased *leased = &event->job_leased;
    struct worker *worker = worker_known(core, leased->worker);
    INVARIANT_THAT(leased->job > core->last_job, "job %llu is leased after job %llu",
                   (unsigned long long)leased->job, (unsigned long long)core->last_job);
    core->last_job = leased->job;
    worker->running++;
    const struct job *job =
        job_add(&core->jobs, (struct job){.lease = *leased, .claim = core->claim});
    subject_begin(core, leased);
    ask_begun(core, job, event->at_ms);
    const struct trial *trial = job_trial(core, leased);
    if (trial != NULL && is_last_try(trial->losses)) {
        worker->alone = job->lease.job;
    }
    schedule_job_started(core->schedule, job);
}

static void check_requeue(struct core *core, uint32_t number, enum check_state state)
{
    core->rollout.targets[number].check = state;
    schedule_target_changed(core->schedule, number);
}

void job_requeue(struct core *core, uint64_t id, enum event_type event)
{
    const struct job *job = job_leased(core, id);
    enum job_kind kind = job->lease.kind;
    uint32_t subject = job->lease.subject;
    job_end(core, id, event);
    switch (kind) {
    case JOB_DISCOVER: core->rollout.sources[subject].state = SOURCE_PENDING; break;
    case JOB_INSPECT: target_move(core, subject, event, TARGET_ADDED); break;
    case JOB_DEPLOY: target_move(core, subject, event, TARGET_PENDING); break;
    case JOB_CHECK: check_requeue(core, subject, CHECK_WANTED); break;
    case JOB_PROBE: break; /* due at once */
    }
}

void apply_job_released(struct core *core, const struct event *event)
{
    const struct job *job = job_leased(core, event->job_released.job);
    if (event->job_released.lost && job->lease.kind == JOB_DEPLOY) {
        orphan_add(core, job);
    }
    if (event->job_released.died) {
        losses_count(core, job, true);
    }
    job_requeue(core, event->job_released.job, event->type);
}

void apply_job_cancelled(struct core *core, const struct event *event)
{
    const struct job *job = job_leased(core, event->job_cancelled.job);
    if (job->lease.kind == JOB_DEPLOY) {
        target_unfinished_set(core, target_at(core, job->lease.subject),
                              event->job_cancelled.unfinished);
    }
    job_requeue(core, event->job_cancelled.job, event->type);
}

/* What is kept of it is what the journal holds. */
static uint32_t stumble_of(struct core *core, const struct event_job_postponed *postponed)
{
    struct failure failure = postponed->failure;
    failure.detail = failure.hint = failure.location = failure.revision = "";
    return intern_failure(&core->rollout.intern, "attempt", &failure);
}

void apply_job_postponed(struct core *core, const struct event *event)
{
    const struct event_job_postponed *postponed = &event->job_postponed;
    const struct job *job = job_leased(core, postponed->job);
    enum job_kind kind = job->lease.kind;
    uint32_t subject = job->lease.subject;
    uint64_t worker = job->lease.worker;
    struct trial *trial = job_trial(core, &job->lease);
    INVARIANT(trial != NULL);
    trial->tries++;
    trial->not_before_ms = postponed->not_before_ms;
    job_end(core, postponed->job, event->type);
    if (kind == JOB_DISCOVER) {
        core->rollout.sources[subject].state = SOURCE_WAITING;
    } else {
        struct target *target = target_at(core, subject);
        if (postponed->failure.cause == FAILURE_CAUSE_CONNECTION) {
            target_leaves(target, worker);
        }
        target->stumble = stumble_of(core, postponed);
        if (kind == JOB_CHECK) {
            check_requeue(core, subject, CHECK_WAITING);
        } else {
            target_move(core, subject, event->type,
                        kind == JOB_INSPECT ? TARGET_POSTPONED : TARGET_WAITING);
        }
    }
}
