/* Jobs that virtual workers have in hand, in the order in which they will be done. */
#ifndef DROVER_FORECAST_VIRTUAL_JOBS_H
#define DROVER_FORECAST_VIRTUAL_JOBS_H

#include "common/vocabulary/job.h"
#include "coordinator/core/facts/event.h"

struct virtual_due {
    uint64_t at_ms;
    uint64_t job;
    bool cancelled; /* its worker was told to stop */
};

/* Zeroed: empty. */
struct virtual_jobs {
    struct event_job_leased *items; /* all that were leased, by number from the first */
    size_t count;
    size_t capacity;
    struct virtual_due *heap; /* a job that was cancelled stands in it twice */
    size_t due_count;
    size_t due_capacity;
};

/* A JOB_LEASED; numbers grow by one. Borrowed until the next. */
const struct event_job_leased *virtual_jobs_add(struct virtual_jobs *jobs,
                                                const struct event *event);

const struct event_job_leased *virtual_jobs_find(const struct virtual_jobs *jobs, uint64_t job);

void virtual_jobs_push(struct virtual_jobs *jobs, struct virtual_due due);
/* When the first is due; UINT64_MAX: none is. */
uint64_t virtual_jobs_first_ms(const struct virtual_jobs *jobs);
struct virtual_due virtual_jobs_pop(struct virtual_jobs *jobs);

void virtual_jobs_free(struct virtual_jobs *jobs);

#endif
