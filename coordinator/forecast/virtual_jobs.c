/* An array of leases and a heap of ends. */
#include "coordinator/forecast/virtual_jobs.h"

#include <stdlib.h>

#include "common/base/array.h"
#include "common/base/impossible.h"

const struct event_job_leased *virtual_jobs_add(struct virtual_jobs *jobs,
                                                const struct event *event)
{
    const struct event_job_leased *leased = &event->job_leased;
    INVARIANT_THAT(jobs->count == 0 || leased->job == jobs->items[0].job + jobs->count,
                   "job %llu is not the one after the last of %zu", (unsigned long long)leased->job,
                   jobs->count);
    jobs->items = array_room(jobs->items, jobs->count, &jobs->capacity, sizeof *jobs->items);
    jobs->items[jobs->count] = *leased;
    return &jobs->items[jobs->count++];
}

const struct event_job_leased *virtual_jobs_find(const struct virtual_jobs *jobs, uint64_t job)
{
    INVARIANT_THAT(jobs->count > 0 && job >= jobs->items[0].job &&
                       job - jobs->items[0].job < jobs->count,
                   "job %llu was not leased in this run", (unsigned long long)job);
    return &jobs->items[job - jobs->items[0].job];
}

static bool due_before(const struct virtual_due *left, const struct virtual_due *right)
{
    return left->at_ms != right->at_ms ? left->at_ms < right->at_ms : left->job < right->job;
}

void virtual_jobs_push(struct virtual_jobs *jobs, struct virtual_due due)
{
    jobs->heap = array_room(jobs->heap, jobs->due_count, &jobs->due_capacity, sizeof *jobs->heap);
    size_t at = jobs->due_count++;
    while (at > 0 && due_before(&due, &jobs->heap[(at - 1) / 2])) {
        jobs->heap[at] = jobs->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    jobs->heap[at] = due;
}

uint64_t virtual_jobs_first_ms(const struct virtual_jobs *jobs)
{
    return jobs->due_count > 0 ? jobs->heap[0].at_ms : UINT64_MAX;
}

struct virtual_due virtual_jobs_pop(struct virtual_jobs *jobs)
{
    struct virtual_due first = jobs->heap[0];
    struct virtual_due last = jobs->heap[--jobs->due_count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= jobs->due_count) {
            break;
        }
        if (child + 1 < jobs->due_count && due_before(&jobs->heap[child + 1], &jobs->heap[child])) {
            child++;
        }
        if (!due_before(&jobs->heap[child], &last)) {
            break;
        }
        jobs->heap[at] = jobs->heap[child];
        at = child;
    }
    jobs->heap[at] = last;
    return first;
}

void virtual_jobs_free(struct virtual_jobs *jobs)
{
    free(jobs->items);
    free(jobs->heap);
    *jobs = (struct virtual_jobs){0};
}
