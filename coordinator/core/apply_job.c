/* Leases: given, taken back, postponed, cancelled. */
#include <stdlib.h>
#include <string.h>

#include "coordinator/core/apply.h"

void job_end(struct core *core, uint64_t id, enum event_type event)
{
    struct job *job = job_find(core, id);
    struct worker *worker = job != NULL ? worker_find(core, job->worker) : NULL;
    if (worker == NULL) {
        abort();
    }
    schedule_job_ended(core, job);
    worker->running--;
    if (job->kind == JOB_DISCOVER) {
        core->rollout.sources[job->subject].job = 0;
    } else {
        core->rollout.targets[job->subject].job = 0;
    }
    job_remove(&core->jobs, job);
    if (worker->state == WORKER_LOST && worker->running == 0) {
        worker_move(core, worker, event, WORKER_GONE);
    }
}

static enum job_kind kind_of(const char *word)
{
    if (strcmp(word, "discover") == 0) {
        return JOB_DISCOVER;
    }
    return strcmp(word, "inspect") == 0 ? JOB_INSPECT : JOB_DEPLOY;
}

void apply_job_leased(struct core *core, const struct event *event)
{
    const struct event_job_leased *leased = &event->job_leased;
    struct worker *worker = worker_find(core, leased->worker);
    if (worker == NULL || leased->job <= core->last_job) {
        abort();
    }
    enum job_kind kind = kind_of(leased->kind);
    core->last_job = leased->job;
    worker->running++;
    struct job *job = job_add(&core->jobs);
    *job = (struct job){.id = leased->job,
                        .epoch = core->epoch,
                        .worker = leased->worker,
                        .attempt = leased->attempt,
                        .subject = leased->subject,
                        .kind = kind};
    if (kind == JOB_DISCOVER) {
        struct source *source = source_at(core, leased->subject);
        source->state = SOURCE_RUNNING;
        source->job = leased->job;
        source->attempt = leased->attempt;
    } else {
        struct target *target = target_at(core, leased->subject);
        target->job = leased->job;
        target->attempt = leased->attempt;
        target_move(core, leased->subject, EVENT_JOB_LEASED,
                    kind == JOB_INSPECT ? TARGET_INSPECTING : TARGET_RUNNING);
    }
    schedule_job_started(core, job);
}

/* Ends the lease and puts its subject back in the queue. */
static void job_requeue(struct core *core, uint64_t id, enum event_type event)
{
    const struct job *job = job_find(core, id);
    if (job == NULL) {
        abort();
    }
    enum job_kind kind = job->kind;
    uint32_t subject = job->subject;
    job_end(core, id, event);
    if (kind == JOB_DISCOVER) {
        core->rollout.sources[subject].state = SOURCE_PENDING;
    } else {
        target_move(core, subject, event, kind == JOB_INSPECT ? TARGET_ADDED : TARGET_PENDING);
    }
}

void apply_job_released(struct core *core, const struct event *event)
{
    job_requeue(core, event->job_released.job, event->type);
}

void apply_job_cancelled(struct core *core, const struct event *event)
{
    job_requeue(core, event->job_cancelled.job, event->type);
}

void apply_job_postponed(struct core *core, const struct event *event)
{
    const struct event_job_postponed *postponed = &event->job_postponed;
    const struct job *job = job_find(core, postponed->job);
    if (job == NULL) {
        abort();
    }
    enum job_kind kind = job->kind;
    uint32_t subject = job->subject;
    job_end(core, postponed->job, event->type);
    if (kind == JOB_DISCOVER) {
        struct source *source = &core->rollout.sources[subject];
        source->state = SOURCE_WAITING;
        source->tries++;
        source->not_before_ms = postponed->not_before_ms;
    } else {
        struct target *target = &core->rollout.targets[subject];
        target->tries++;
        target->not_before_ms = postponed->not_before_ms;
        target_move(core, subject, event->type,
                    kind == JOB_INSPECT ? TARGET_POSTPONED : TARGET_WAITING);
    }
}
