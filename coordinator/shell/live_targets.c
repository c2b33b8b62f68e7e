/* One walk over the jobs that run, which are at most as many as the rollout's concurrency. */
#include "coordinator/shell/live_targets.h"

#include <stdlib.h>
#include <string.h>

#include "coordinator/core/facts/job.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/window.h"
#include "coordinator/core/view/view.h"
#include "coordinator/shell/activities.h"
#include "coordinator/shell/session.h"

/* False: its worker has said nothing of it. */
static bool activity_of(const struct live *live, const struct job *job, struct arena *arena,
                        struct activity *activity)
{
    const struct session *session = live->sessions;
    while (session != NULL &&
           (session->role != ROLE_WORKER || session->instance != job->lease.worker)) {
        session = session->next;
    }
    return session != NULL &&
           activities_find(session->activities, job_key_of(job), live->at_ms, arena, activity);
}

/* It waits for another attempt. */
static bool is_again(enum target_state state)
{
    return state == TARGET_WAITING || state == TARGET_POSTPONED;
}

struct target_status live_target(const struct live *live, size_t number, struct arena *arena)
{
    struct target_status status = core_target_status(live->core, number, arena);
    const struct job *job =
        job_find(live->core, core_rollout(live->core)->targets[number].trial.job);
    if (job != NULL && activity_of(live, job, arena, &status.activity)) {
        status.begun_ms = live->at_ms - status.activity.running_ms;
    } else if (is_again(status.state)) {
        (void)activities_find_target(live->stumbles, status.place.name, live->at_ms, arena,
                                     &status.activity);
    }
    return status;
}

static struct target_status_list targets_of(const struct live *live, const uint32_t *numbers,
                                            size_t count, struct arena *arena)
{
    struct target_status_list list = {arena_array(arena, count, sizeof *list.items), count};
    for (size_t i = 0; i < count; i++) {
        list.items[i] = live_target(live, numbers[i], arena);
    }
    return list;
}

/* ---- the first of many ---- */

/* The first LIVE_TARGETS_MAX by rank, largest first. */
struct first {
    uint32_t numbers[LIVE_TARGETS_MAX];
    uint64_t ranks[LIVE_TARGETS_MAX];
    size_t count;
};

static void first_add(struct first *first, uint32_t number, uint64_t rank)
{
    size_t at = first->count;
    if (at == LIVE_TARGETS_MAX) {
        if (first->ranks[at - 1] >= rank) {
            return;
        }
        at--;
    } else {
        first->count++;
    }
    for (; at > 0 && first->ranks[at - 1] < rank; at--) {
        first->ranks[at] = first->ranks[at - 1];
        first->numbers[at] = first->numbers[at - 1];
    }
    first->ranks[at] = rank;
    first->numbers[at] = number;
}

/* ---- running ---- */

/* 0: nothing about it is worth a look. Who waits or keeps others waiting comes before all that only take long. */
static uint64_t rank_of(const struct rollout *rollout, uint32_t number,
                        const struct activity *activity)
{
    const uint64_t in_the_way = UINT64_C(1) << 62;
    uint32_t path = rollout->targets[number].path;
    uint64_t usual_ms = path != NUMBER_NONE ? path_expected_ms(rollout, path) : 0;
    if (activity->blocker_count > 0 || activity->behind_count > 0 || activity->gave_way > 0) {
        return in_the_way + activity->running_ms;
    }
    return activity->running_ms > usual_ms ? activity->running_ms : 0;
}

struct target_status_list live_running(const struct live *live, struct arena *arena)
{
    struct first first = {.count = 0};
    struct arena scratch = {0};
    for (const struct job *job = live->sessions != NULL ? job_next(live->core, 0) : NULL;
         job != NULL; job = job_next(live->core, job->lease.job + 1)) {
        struct activity activity;
        if (job_is_of_target(job) && activity_of(live, job, &scratch, &activity)) {
            uint64_t rank = rank_of(core_rollout(live->core), job->lease.subject, &activity);
            if (rank > 0) {
                first_add(&first, job->lease.subject, rank);
            }
        }
    }
    arena_free(&scratch);
    return targets_of(live, first.numbers, first.count, arena);
}

/* ---- waiting ---- */

struct target_status_list live_waiting(const struct live *live, struct arena *arena)
{
    const struct rollout *rollout = core_rollout(live->core);
    struct first first = {.count = 0};
    uint32_t waiting = rollout->counts[TARGET_WAITING] + rollout->counts[TARGET_POSTPONED];
    for (uint32_t i = 0; waiting > 0 && i < rollout->target_count; i++) {
        const struct target *target = &rollout->targets[i];
        if (is_again(target->state)) {
            first_add(&first, i, UINT64_MAX - target->trial.not_before_ms);
            waiting--;
        }
    }
    return targets_of(live, first.numbers, first.count, arena);
}

/* ---- blockages ---- */

static bool is_same(const struct blockage *blockage, const char *server,
                    const struct blocker *blocker)
{
    return blockage->blocker.pid == blocker->pid && strcmp(blockage->server, server) == 0;
}

static void name_add(struct blockage *blockage, const char *name)
{
    if (blockage->targets.count < LIVE_NAMES_MAX) {
        ((const char **)(uintptr_t)blockage->targets.items)[blockage->targets.count++] = name;
    }
}

static void blockage_count(struct blockage_list *list, const char *server, const char *name,
                           const struct blocker *blocker, struct arena *arena)
{
    size_t at = 0;
    while (at < list->count && !is_same(&list->items[at], server, blocker)) {
        at++;
    }
    if (at == LIVE_BLOCKAGES_MAX) {
        return;
    }
    if (at == list->count) {
        list->items[list->count++] = (struct blockage){
            .server = server,
            .blocker = *blocker,
            .targets = {arena_array(arena, LIVE_NAMES_MAX, sizeof(const char *)), 0}};
    }
    list->items[at].count++;
    name_add(&list->items[at], name);
}

static void blocked_count(const struct rollout *rollout, uint32_t number,
                          const struct activity *activity, struct blockage_list *list,
                          struct arena *arena)
{
    const struct target *target = &rollout->targets[number];
    if (activity->blockers.count > 0) {
        blockage_count(list, rollout->servers.items[target->server].key, target->place.name,
                       &activity->blockers.items[0], arena);
    }
}

static int most_first(const void *left, const void *right)
{
    uint32_t one = ((const struct blockage *)left)->count;
    uint32_t other = ((const struct blockage *)right)->count;
    return one < other ? 1 : one > other ? -1 : 0;
}

struct blockage_list live_blockages(const struct live *live, struct arena *arena)
{
    const struct rollout *rollout = core_rollout(live->core);
    struct blockage_list list = {arena_array(arena, LIVE_BLOCKAGES_MAX, sizeof *list.items), 0};
    for (const struct job *job = live->sessions != NULL ? job_next(live->core, 0) : NULL;
         job != NULL; job = job_next(live->core, job->lease.job + 1)) {
        struct activity activity;
        if (job_is_of_target(job) && activity_of(live, job, arena, &activity)) {
            blocked_count(rollout, job->lease.subject, &activity, &list, arena);
        }
    }
    for (uint32_t i = 0; live->stumbles != NULL && i < rollout->target_count; i++) {
        struct activity activity;
        const struct target *target = &rollout->targets[i];
        if (is_again(target->state) && activities_find_target(live->stumbles, target->place.name,
                                                              live->at_ms, arena, &activity)) {
            blocked_count(rollout, i, &activity, &list, arena);
        }
    }
    qsort(list.items, list.count, sizeof *list.items, most_first);
    return list;
}
