/* Workers: they join, join again, change their credit, leave, and stay away. */
#include "coordinator/core/decide/workers.h"

#include "coordinator/core/decide/emit.h"
#include "coordinator/core/decide/orphans.h"
#include "coordinator/core/decide/outage.h"
#include "coordinator/core/decide/step.h"
#include "coordinator/core/decide/stop.h"
#include "coordinator/core/facts/job.h"
#include "coordinator/core/facts/worker.h"
#include "coordinator/core/order/schedule.h"

static void job_release(struct step *step, uint64_t job, bool lost, bool died)
{
    emit(step, (struct event){.type = EVENT_JOB_RELEASED, .job_released = {job, lost, died}});
}

/* Whatever is done with it ends a worker, so it is done no more. */
static void killer_fail(struct step *step, const struct job *job)
{
    const struct rollout *rollout = &step->core->rollout;
    const struct failure failure = {
        .cause = FAILURE_CAUSE_WORKER,
        .message = "three workers were lost at it, one after the other, the last with nothing else "
                   "in hand",
        .hint =
            "see how they ended (`dmesg`, the service manager's log): out of memory, most likely"};
    if (job->lease.kind == JOB_DISCOVER &&
        rollout->sources[job->lease.subject].trial.losses >= CORE_WORKER_LOSSES) {
        emit(step,
             (struct event){.type = EVENT_SOURCE_FAILED,
                            .source_failed = {.source = job->lease.subject, .failure = failure}});
    } else if (job_is_of_target(job) &&
               rollout->targets[job->lease.subject].trial.losses >= CORE_WORKER_LOSSES) {
        target_give_up(step, job->lease.subject, &failure);
        schedule_rebuild(step->schedule); /* it stands in line no more */
    }
}

void worker_jobs_release(struct step *step, uint64_t instance, bool lost)
{
    for (const struct job *job = job_next(step->core, 0); job != NULL;) {
        uint64_t id = job->lease.job;
        if (job->lease.worker == instance) {
            const struct job copy = *job;
            job_release(step, id, lost, true);
            killer_fail(step, &copy);
        }
        job = job_next(step->core, id + 1);
    }
}

void workers_expire(struct step *step)
{
    const struct core *core = step->core;
    for (uint32_t i = 0; core->workers_lost > 0 && i < core->worker_count;) {
        const struct worker *worker = &core->workers[i];
        if (worker->state == WORKER_LOST && step->at_ms >= worker->lost_ms + CORE_WORKER_GRACE_MS) {
            worker_jobs_release(step, worker->instance, true); /* which forgets the worker */
        } else {
            i++;
        }
    }
}

static bool job_presented(const struct job *job, const struct job_attempt *running, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (job_is_at(job, &running[i])) {
            return true;
        }
    }
    return false;
}

/* Leases that the worker does not know never arrived: they were on their way when the connection
 * broke, or are among the commands yet. */
static void jobs_reclaim(struct step *step, uint64_t instance, const struct job_attempt *running,
                         size_t count)
{
    for (const struct job *job = job_next(step->core, 0); job != NULL;) {
        uint64_t id = job->lease.job;
        struct job_key key = job_key_of(job);
        if (job->lease.worker == instance && !job_presented(job, running, count)) {
            job_release(step, id, false, false);
            if (!job_withdraw(step, id)) {
                cancel_job(step, instance, key);
            }
        } else if (job->lease.worker == instance && job_must_stop(step->core, job, step->at_ms)) {
            cancel_job(step, instance, key);
        }
        job = job_next(step->core, id + 1);
    }
}

void step_worker_joined(struct step *step, const struct input *input)
{
    const struct core *core = step->core;
    uint64_t instance = input->worker_joined.worker.instance;
    const struct job_attempt *running = input->worker_joined.running;
    size_t count = input->worker_joined.running_count;
    emit(step,
         (struct event){.type = EVENT_WORKER_JOINED, .worker_joined = input->worker_joined.worker});
    for (size_t i = 0; i < count; i++) {
        const struct job *job = job_find(core, running[i].key.job);
        if (job == NULL || job->lease.worker != instance || !job_is_at(job, &running[i])) {
            cancel_job(step, instance, running[i].key);
        }
    }
    jobs_reclaim(step, instance, running, count);
    orphans_presented(step, instance, running, count);
}

void step_worker_credit(struct step *step, uint64_t instance, uint32_t credit)
{
    const struct worker *worker = worker_find(step->core, instance);
    if (worker != NULL && worker_is_connected(worker) && worker->credit != credit) {
        emit(step, (struct event){.type = EVENT_WORKER_CREDIT_SET,
                                  .worker_credit_set = {.instance = instance, .credit = credit}});
    }
}

void step_worker_left(struct step *step, uint64_t instance)
{
    const struct worker *worker = worker_find(step->core, instance);
    if (worker != NULL && worker_is_connected(worker)) {
        emit(step, (struct event){.type = EVENT_WORKER_LEFT, .worker_left = {instance}});
    }
}
