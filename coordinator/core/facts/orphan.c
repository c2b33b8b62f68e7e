/* A lost worker may be stopped, cut off or dead: until somebody knows, what it had in hand may come
 * to an end on the database. */
#include "coordinator/core/facts/orphan.h"

#include <string.h>

#include "coordinator/core/facts/job.h"
#include "coordinator/core/facts/state.h"
#include "coordinator/core/facts/worker.h"

enum { NAMES_MAX = 5 };

uint32_t orphan_find(const struct core *core, struct job_key key)
{
    const struct rollout *rollout = &core->rollout;
    for (uint32_t i = 0; i < rollout->orphan_count; i++) {
        if (job_key_equal(rollout->orphans[i].key, key)) {
            return i;
        }
    }
    return NUMBER_NONE;
}

/* Whether it is a deploy that nobody can tell to stop. */
static bool job_is_loose(const struct core *core, const struct job *job)
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

bool orphans_have(const struct core *core, uint32_t target)
{
    const struct rollout *rollout = &core->rollout;
    const struct job *job = job_find(core, rollout->targets[target].trial.job);
    bool has = job != NULL && job_is_loose(core, job);
    for (uint32_t i = 0; i < rollout->orphan_count; i++) {
        has = has || rollout->orphans[i].target == target;
    }
    return has;
}

struct orphan_status_list orphans_status(const struct core *core, struct arena *arena)
{
    const struct rollout *rollout = &core->rollout;
    uint32_t loose = jobs_loose(core);
    struct orphan_status_list list = {
        arena_array(arena, loose + rollout->orphan_count, sizeof *list.items), 0};
    for (const struct job *job = job_next(core, 0); list.count < loose && job != NULL;
         job = job_next(core, job->lease.job + 1)) {
        if (job_is_loose(core, job)) {
            const struct worker *worker = worker_find(core, job->lease.worker);
            list.items[list.count++] = (struct orphan_status){
                rollout->targets[job->lease.subject].place.name, worker->name, worker->lost_ms};
        }
    }
    for (uint32_t i = 0; i < rollout->orphan_count; i++) {
        const struct orphan *orphan = &rollout->orphans[i];
        list.items[list.count++] = (struct orphan_status){
            rollout->targets[orphan->target].place.name, orphan->name, orphan->lost_ms};
    }
    return list;
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

const char *orphans_sentence(const struct core *core, struct arena *arena)
{
    struct orphan_status_list orphans = orphans_status(core, arena);
    struct buffer text = {0};
    struct names names = {.out = &text};
    for (size_t i = 0; i < orphans.count; i++) {
        name_append(&names, orphans.items[i].worker, orphans.items[i].target);
    }
    more_append(&names);
    const char *sentence = arena_strdup(arena, buffer_text(&text));
    buffer_free(&text);
    return sentence;
}
