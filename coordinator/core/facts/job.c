/* Leases in order of id. New ids are always the largest, so adding is appending; an ended one
 * leaves a gap until gaps are the majority. */
#include <string.h>

#include "coordinator/core/facts/state.h"

enum { GAPS_MIN = 64 };

/* A gap keeps its id, so that binary search works; attempts count from 1. */
static bool job_is_gap(const struct job *job)
{
    return job->attempt == 0;
}

struct job *job_next(const struct core *core, uint64_t id)
{
    uint32_t low = 0;
    uint32_t high = core->jobs.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (core->jobs.items[middle].id < id) {
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

struct job *job_find(const struct core *core, uint64_t id)
{
    struct job *job = job_next(core, id);
    return job != NULL && job->id == id ? job : NULL;
}

struct job *job_add(struct jobs *jobs)
{
    jobs->items = array_room(jobs->items, jobs->count, &jobs->capacity, sizeof *jobs->items);
    jobs->live++;
    struct job *job = &jobs->items[jobs->count++];
    memset(job, 0, sizeof *job);
    return job;
}

void job_remove(struct jobs *jobs, struct job *job)
{
    job->attempt = 0;
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
