/* What the sentences of events need of those before them. */
#include "coordinator/shell/moves.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct known_job {
    struct event_job_leased leased;
    UT_hash_handle hh;
};

struct known_worker {
    uint64_t instance;
    char name[64]; /* cut */
    UT_hash_handle hh;
};

static struct known_job *job_find(const struct moves *moves, uint64_t number)
{
    struct known_job *job = NULL;
    HASH_FIND(hh, moves->jobs, &number, sizeof number, job);
    return job;
}

static void job_add(struct moves *moves, const struct event_job_leased *leased)
{
    struct known_job *job = job_find(moves, leased->job);
    bool known = job != NULL;
    job = known ? job : memory_alloc(sizeof *job);
    job->leased = *leased;
    if (!known) {
        HASH_ADD(hh, moves->jobs, leased.job, sizeof job->leased.job, job);
    }
}

static void job_drop(struct moves *moves, uint64_t number)
{
    struct known_job *job = job_find(moves, number);
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
        if (all || (job->leased.kind == JOB_DISCOVER && job->leased.subject == source)) {
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
        *worker = (struct known_worker){joined->instance, "", {0}};
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

static const struct field *field_find(const struct layout *layout, const void *value,
                                      const char *name, size_t length, const void **at)
{
    for (size_t i = 0; i < layout->field_count; i++) {
        const struct field *field = &layout->fields[i];
        const struct field *found = field;
        *at = field_at(field, value);
        if (strncmp(field->name, name, length) != 0 || field->name[length] != '\0') {
            found = field->type == FIELD_PART ? field_find(field->layout(), *at, name, length, at)
                                              : NULL;
        }
        if (found != NULL) {
            return found;
        }
    }
    return NULL;
}

const struct field *event_field(const struct event *event, const char *name, size_t length,
                                const void **at)
{
    return field_find(event_layout(event->type), event_body(event), name, length, at);
}

void moves_remember(struct moves *moves, const struct event *event)
{
    const void *job;
    switch (event->type) {
    case EVENT_WORKER_JOINED: worker_add(moves, &event->worker_joined); break;
    case EVENT_WORKER_LEFT: workers_drop(moves, event->worker_left.instance, false); break;
    case EVENT_JOB_LEASED: job_add(moves, &event->job_leased); break;
    case EVENT_SOURCE_LISTED: jobs_drop(moves, event->source_listed.source, false); break;
    case EVENT_SOURCE_FAILED: jobs_drop(moves, event->source_failed.source, false); break;
    case EVENT_ROLLOUT_FINISHED: jobs_drop(moves, 0, true); break;
    default: /* whatever else tells of a job ends it */
        if (event_field(event, "job", 3, &job) != NULL) {
            job_drop(moves, *(const uint64_t *)job);
        }
    }
}

void moves_free(struct moves *moves)
{
    jobs_drop(moves, 0, true);
    workers_drop(moves, 0, true);
}

const struct event_job_leased *moves_job(const struct moves *moves, uint64_t number)
{
    const struct known_job *job = job_find(moves, number);
    return job != NULL ? &job->leased : NULL;
}

const struct event_job_leased *moves_event_job(const struct moves *moves, const struct event *event)
{
    const void *job;
    if (event->type == EVENT_JOB_LEASED) {
        return &event->job_leased;
    }
    return event_field(event, "job", 3, &job) != NULL ? moves_job(moves, *(const uint64_t *)job)
                                                      : NULL;
}

const char *moves_worker(const struct moves *moves, uint64_t instance)
{
    const struct known_worker *worker = worker_find(moves, instance);
    return worker != NULL ? worker->name : "";
}
