/* Leases in order of id. New ids are always the largest, so adding is appending; an ended one
 * leaves a gap until gaps are the majority. */
#include "coordinator/core/facts/job.h"

#include "common/base/array.h"
#include "common/base/impossible.h"

enum { GAPS_MIN = 64 };

/* A gap keeps its id, so that binary search works; attempts count from 1. */
static bool job_is_gap(const struct job *job)
{
    return job->lease.attempt == 0;
}

const struct job *job_next(const struct core *core, uint64_t id)
{
    uint32_t low = 0;
    uint32_t high = core->jobs.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (core->jobs.items[middle].lease.job < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    while (low < core->jobs.count && job_is_gap(&core->jobs.items[low])) {
        low++;
    }
    return low < core->jobs.count ? &core->jobs.items[low] : NULL;
}

const struct job *job_find(const struct core *core, uint64_t id)
{
    const struct job *job = job_next(core, id);
    return job != NULL && job->lease.job == id ? job : NULL;
}

const struct job *job_leased(const struct core *core, uint64_t id)
{
    const struct job *job = job_find(core, id);
    INVARIANT_THAT(job != NULL, "job %llu is not leased", (unsigned long long)id);
    return job;
}

struct job_key job_key_of(const struct job *job)
{
    return (struct job_key){job->lease.job, job->claim};
}

bool job_is_at(const struct job *job, const struct job_attempt *attempt)
{
    return job_key_equal(job_key_of(job), attempt->key) && job->lease.attempt == attempt->attempt;
}

const struct job *job_add(struct jobs *jobs, struct job job)
{
    INVARIANT(jobs->count == 0 || jobs->items[jobs->count - 1].lease.job < job.lease.job);
    INVARIANT(!job_is_gap(&job));
    jobs->items = array_room(jobs->items, jobs->count, &jobs->capacity, sizeof *jobs->items);
    jobs->live++;
    jobs->items[jobs->count] = job;
    return &jobs->items[jobs->count++];
}

void job_remove(struct jobs *jobs, const struct job *job)
{
    INVARIANT(jobs->live > 0 && !job_is_gap(job));
    jobs->items[job - jobs->items].lease.attempt = 0;
    jobs->live--;
    if (jobs->count - jobs->live < GAPS_MIN || jobs->live > jobs->count / 2) {
        return;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < jobs->count; i++) {
        if (!job_is_gap(&jobs->items[i])) {
            jobs->items[kept++] = jobs->items[i];
        }
    }
    jobs->count = kept;
}

bool job_is_of_target(const struct job *job)
{
    return job->lease.kind != JOB_DISCOVER && job->lease.kind != JOB_PROBE;
}

bool is_last_try(uint32_t losses)
{
    return losses + 1 >= CORE_WORKER_LOSSES;
}
