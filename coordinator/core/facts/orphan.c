/* A lost worker may be stopped, cut off or dead: until somebody knows, what it had in hand may come
 * to an end on the database. */
#include "coordinator/core/facts/orphan.h"

#include <string.h>

#include "coordinator/core/facts/job.h"
#include "coordinator/core/facts/state.h"
#include "coordinator/core/facts/worker.h"

enum { NAMES_MAX = 5 };

uint32_t orphan_find(const struct core *core, uint64_t job, uint64_t claim)
{
    const struct rollout *rollout = &core->rollout;
    for (uint32_t i = 0; i < rollout->orphan_count; i++) {
        if (rollout->orphans[i].job == job && rollout->orphans[i].claim == claim) {
            return i;
        }
    }
    return NUMBER_NONE;
}

bool job_is_loose(const struct core *core, const struct job *job)
{
    const struct worker *worker = worker_find(core, job->lease.worker);
    return job->lease.kind == JOB_DEPLOY && worker != NULL && worker->state == WORKER_LOST;
}

uint32_t jobs_loose(const struct core *core)
{
    uint32_t count = 0;
    for (const struct job *job = job_next(core, 0); core->workers_lost > 0 && job != NULL;
         job = job_next(core, job->lease.job + 1)) {
        count += job_is_loose(core, job);
    }
    return count;
}

/* Names by worker, in the order in which they come. */
struct names {
    struct buffer *out;
    const char *worker; /* whose names are told; NULL: nobody's yet */
    uint32_t count;     /* of them */
};

static void more_append(const struct names *names)
{
    if (names->count > NAMES_MAX) {
        buffer_printf(names->out, " and %u more", names->count - NAMES_MAX);
    }
}

static void name_append(struct names *names, const char *worker, const char *target)
{
    if (names->worker == NULL || strcmp(names->worker, worker) != 0) {
        more_append(names);
        buffer_printf(names->out, "%sworker %s, which is lost, may still commit on ",
                      names->worker == NULL ? "" : "; ", worker);
        names->worker = worker;
        names->count = 0;
    }
    if (names->count < NAMES_MAX) {
        buffer_printf(names->out, "%s%s", names->count == 0 ? "" : ", ", target);
    }
    names->count++;
}

void orphans_append(const struct core *core, struct buffer *out)
{
    const struct rollout *rollout = &core->rollout;
    struct names names = {.out = out};
    for (const struct job *job = job_next(core, 0); job != NULL;
         job = job_next(core, job->lease.job + 1)) {
        if (job_is_loose(core, job)) {
            name_append(&names, worker_find(core, job->lease.worker)->name,
                        rollout->targets[job->lease.subject].place.name);
        }
    }
    for (uint32_t i = 0; i < rollout->orphan_count; i++) {
        const struct orphan *orphan = &rollout->orphans[i];
        name_append(&names, orphan->name, rollout->targets[orphan->target].place.name);
    }
    more_append(&names);
}
