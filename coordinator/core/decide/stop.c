/* Which running jobs must stop. */
#include "coordinator/core/decide/stop.h"

#include "coordinator/core/decide/emit.h"
#include "coordinator/core/decide/step.h"
#include "coordinator/core/facts/job.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/scope.h"
#include "coordinator/core/facts/window.h"
#include "coordinator/core/facts/worker.h"

bool job_must_stop(const struct core *core, const struct job *job, uint64_t at_ms)
{
    const struct rollout *rollout = &core->rollout;
    if (rollout->state == ROLLOUT_CANCELLING) {
        return true;
    }
    if (job->lease.kind == JOB_PROBE) {
        return false;
    }
    if (rollout->state == ROLLOUT_PAUSED && rollout->paused_now) {
        return true;
    }
    if (job->lease.kind == JOB_DISCOVER) {
        return false;
    }
    return target_hold(core, job->lease.subject, true) != NULL ||
           rollout_skip_find(rollout, job->lease.subject) != NULL ||
           (job->lease.kind == JOB_DEPLOY && target_is_outside(core, job->lease.subject, at_ms));
}

void jobs_stop(struct step *step)
{
    const struct core *core = step->core;
    for (const struct job *job = job_next(core, 0); job != NULL;
         job = job_next(core, job->lease.job + 1)) {
        const struct worker *worker = worker_find(core, job->lease.worker);
        if (!schedule_job_is_stopping(step->schedule, job->lease.job) && worker != NULL &&
            worker_is_connected(worker) && job_must_stop(core, job, step->at_ms)) {
            cancel_job(step, job->lease.worker, job_key_of(job));
            schedule_job_stopping(step->schedule, job->lease.job);
        }
    }
}
