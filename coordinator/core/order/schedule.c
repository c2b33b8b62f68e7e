/* The order of jobs: heaps of targets in a heap of groups; see schedule.h. */
#include "coordinator/core/order/schedule.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"
#include "common/base/impossible.h"
#include "coordinator/core/facts/job.h"
#include "coordinator/core/facts/override.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/wave.h"

/* ---- a line of targets ---- */

static void line_push(struct schedule_line *line, uint32_t target)
{
    line->targets = array_room(line->targets, line->count, &line->capacity, sizeof *line->targets);
    uint32_t at = line->count++;
    while (at > 0 && line->targets[(at - 1) / 2] > target) {
        line->targets[at] = line->targets[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    line->targets[at] = target;
}

static void line_pop(struct schedule_line *line)
{
    INVARIANT(line->count > 0);
    uint32_t last = line->targets[--line->count];
    uint32_t at = 0;
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= line->count) {
            break;
        }
        if (child + 1 < line->count && line->targets[child + 1] < line->targets[child]) {
            child++;
        }
        if (line->targets[child] >= last) {
            break;
        }
        line->targets[at] = line->targets[child];
        at = child;
    }
    line->targets[at] = last;
}

/* Those of `from` join `into`. */
static void line_move(struct schedule_line *from, struct schedule_line *into)
{
    for (uint32_t i = 0; i < from->count; i++) {
        line_push(into, from->targets[i]);
    }
    free(from->targets);
    *from = (struct schedule_line){0};
}

/* The line whose first target is the group's next; NULL when none may run. */
static struct schedule_line *group_line(struct schedule_group *group)
{
    struct schedule_line *exclusive = &group->exclusive;
    struct schedule_line *ready = &group->ready;
    if (group->witnesses.count > 0) {
        return &group->witnesses;
    }
    if (exclusive->count > 0 && group->running_exclusive == 0 &&
        (ready->count == 0 || exclusive->targets[0] < ready->targets[0])) {
        return exclusive;
    }
    return ready->count > 0 ? ready : NULL;
}

/* ---- the heap of groups below their cap ---- */

static uint32_t group_key(const struct schedule *schedule, uint32_t at)
{
    return group_line(&schedule->groups[schedule->heap[at]])->targets[0];
}

static void heap_set(struct schedule *schedule, uint32_t at, uint32_t group)
{
    schedule->heap[at] = group;
    schedule->groups[group].position = at + 1;
}

static void heap_settle(struct schedule *schedule, uint32_t at)
{
    uint32_t group = schedule->heap[at];
    uint32_t key = group_key(schedule, at);
    while (at > 0 && group_key(schedule, (at - 1) / 2) > key) {
        heap_set(schedule, at, schedule->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= schedule->heap_count) {
            break;
        }
        if (child + 1 < schedule->heap_count &&
            group_key(schedule, child + 1) < group_key(schedule, child)) {
            child++;
        }
        if (group_key(schedule, child) >= key) {
            break;
        }
        heap_set(schedule, at, schedule->heap[child]);
        at = child;
    }
    heap_set(schedule, at, group);
}

static void heap_remove(struct schedule *schedule, uint32_t group)
{
    uint32_t at = schedule->groups[group].position - 1;
    INVARIANT(at < schedule->heap_count && schedule->heap[at] == group);
    schedule->groups[group].position = 0;
    uint32_t last = schedule->heap[--schedule->heap_count];
    if (last != group) {
        heap_set(schedule, at, last);
        heap_settle(schedule, at);
    }
}

/* Jobs at once: the rollout's limit, lowered for all but witnesses by what the server's probes say. */
static uint32_t group_cap(const struct core *core, const struct schedule_group *group, bool witness)
{
    uint32_t cap = core->rollout.policy.limits.per_server;
    cap = cap == 0 ? UINT32_MAX : cap;
    if (group->identity == 0 || witness ||
        server_throttles_overridden(&core->rollout, group->identity - 1)) {
        return cap;
    }
    const struct load *load = &core->rollout.servers.loads[group->identity - 1];
    /* probes begin with the deploy: validation does not wait for them */
    if (load->verdict.over && rollout_phase(&core->rollout) == ROLLOUT_DEPLOYING) {
        return 0;
    }
    return load->verdict.cap > 0 && load->verdict.cap < cap ? load->verdict.cap : cap;
}

/* Puts the group where it belongs after its line or its number of running jobs changed. */
static void group_settle(struct schedule *schedule, uint32_t number)
{
    struct schedule_group *group = &schedule->groups[number];
    uint32_t cap = group_cap(schedule->core, group, group->witnesses.count > 0);
    bool free_to_run = group_line(group) != NULL && group->running < cap;
    if (!free_to_run) {
        if (group->position > 0) {
            heap_remove(schedule, number);
        }
        return;
    }
    if (group->position == 0) {
        schedule->heap = array_room(schedule->heap, schedule->heap_count, &schedule->heap_capacity,
                                    sizeof *schedule->heap);
        heap_set(schedule, schedule->heap_count++, number);
    }
    heap_settle(schedule, group->position - 1);
}

/* ---- which group ---- */

static uint32_t group_of_slot(struct schedule *schedule, uint32_t **slots, uint32_t *capacity,
                              uint32_t slot)
{
    while (slot >= *capacity) {
        *slots = array_room(*slots, *capacity, capacity, sizeof **slots);
    }
    if ((*slots)[slot] == 0) {
        schedule->groups = array_room(schedule->groups, schedule->group_count,
                                      &schedule->group_capacity, sizeof *schedule->groups);
        schedule->groups[schedule->group_count] = (struct schedule_group){0};
        (*slots)[slot] = ++schedule->group_count;
    }
    return (*slots)[slot] - 1;
}

static uint32_t group_of_identity(struct schedule *schedule, uint32_t identity)
{
    uint32_t group =
        group_of_slot(schedule, &schedule->identity_groups, &schedule->identity_capacity, identity);
    schedule->groups[group].identity = identity + 1;
    return group;
}

static uint32_t group_of_server(struct schedule *schedule, uint32_t server)
{
    return group_of_slot(schedule, &schedule->server_groups, &schedule->server_capacity, server);
}

static uint32_t group_of_target(struct schedule *schedule, const struct target *target)
{
    uint32_t identity = target->identity;
    if (identity == NUMBER_NONE) {
        identity = schedule->core->rollout.servers.items[target->server].identity;
    }
    if (identity != NUMBER_NONE) {
        return group_of_identity(schedule, identity);
    }
    return group_of_server(schedule, target->server);
}

/* ---- those that wait for a retry ---- */

static bool waits_less(const struct schedule *schedule, uint32_t left, uint32_t right)
{
    uint64_t left_ms = schedule->core->rollout.targets[left].trial.not_before_ms;
    uint64_t right_ms = schedule->core->rollout.targets[right].trial.not_before_ms;
    return left_ms != right_ms ? left_ms < right_ms : left < right;
}

static void waiting_push(struct schedule *schedule, uint32_t target)
{
    schedule->waiting = array_room(schedule->waiting, schedule->waiting_count,
                                   &schedule->waiting_capacity, sizeof *schedule->waiting);
    uint32_t at = schedule->waiting_count++;
    while (at > 0 && waits_less(schedule, target, schedule->waiting[(at - 1) / 2])) {
        schedule->waiting[at] = schedule->waiting[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    schedule->waiting[at] = target;
}

static void waiting_pop(struct schedule *schedule)
{
    INVARIANT(schedule->waiting_count > 0);
    uint32_t last = schedule->waiting[--schedule->waiting_count];
    uint32_t at = 0;
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= schedule->waiting_count) {
            break;
        }
        if (child + 1 < schedule->waiting_count &&
            waits_less(schedule, schedule->waiting[child + 1], schedule->waiting[child])) {
            child++;
        }
        if (!waits_less(schedule, schedule->waiting[child], last)) {
            break;
        }
        schedule->waiting[at] = schedule->waiting[child];
        at = child;
    }
    schedule->waiting[at] = last;
}

/* ---- what the fold reports ---- */

/* Rather than for an inspection or a check. */
static bool target_waits_to_deploy(const struct target *target)
{
    return target->state == TARGET_PENDING || target->state == TARGET_WAITING;
}

static bool target_is_witness(const struct rollout *rollout, uint32_t target)
{
    return rollout->servers.items[rollout->targets[target].server].witness == target;
}

static void stand_in_line(struct schedule *schedule, uint32_t target)
{
    const struct rollout *rollout = &schedule->core->rollout;
    uint32_t number = group_of_target(schedule, &rollout->targets[target]);
    struct schedule_group *group = &schedule->groups[number];
    bool exclusive = target_waits_to_deploy(&rollout->targets[target]) &&
                     target_is_exclusive(rollout, &rollout->targets[target]);
    struct schedule_line *line = exclusive ? &group->exclusive : &group->ready;
    line_push(target_is_witness(rollout, target) ? &group->witnesses : line, target);
    group_settle(schedule, number);
}

void schedule_target_changed(struct schedule *schedule, uint32_t number)
{
    if (!schedule->valid) {
        return;
    }
    const struct rollout *rollout = &schedule->core->rollout;
    const struct target *target = &rollout->targets[number];
    switch (target->state) {
    case TARGET_ADDED:
        if (rollout_phase(rollout) == ROLLOUT_VALIDATING ||
            rollout_phase(rollout) == ROLLOUT_DEPLOYING) {
            stand_in_line(schedule, number);
        }
        break;
    case TARGET_PENDING:
        if (wave_is_active(&rollout->waves[target->wave - 1]) && wave_allows(rollout, number)) {
            stand_in_line(schedule, number);
        }
        break;
    case TARGET_POSTPONED:
    case TARGET_WAITING: waiting_push(schedule, number); break;
    case TARGET_DEPLOYED:
    case TARGET_UNCHANGED:
        if (target->check == CHECK_WANTED) {
            stand_in_line(schedule, number);
        } else if (target->check == CHECK_WAITING) {
            waiting_push(schedule, number);
        }
        break;
    default: break;
    }
}

void schedule_validation_started(struct schedule *schedule)
{
    for (uint32_t i = 0; i < schedule->core->rollout.target_count; i++) {
        schedule_target_changed(schedule, i);
    }
}

/* Whether it takes part of its server's cap. */
static bool job_counts(const struct schedule *schedule, const struct job *job)
{
    return schedule->valid && job_is_of_target(job);
}

/* Counts a job that begins (1) or ends (-1). */
static void job_count(struct schedule *schedule, const struct job *job, int change)
{
    if (!job_counts(schedule, job)) {
        return;
    }
    const struct rollout *rollout = &schedule->core->rollout;
    const struct target *target = &rollout->targets[job->lease.subject];
    uint32_t number = group_of_target(schedule, target);
    struct schedule_group *group = &schedule->groups[number];
    bool exclusive = job->lease.kind == JOB_DEPLOY && target_is_exclusive(rollout, target);
    INVARIANT(change > 0 || group->running > 0);
    INVARIANT(change > 0 || !exclusive || group->running_exclusive > 0);
    group->running += (uint32_t)change;
    group->running_exclusive += exclusive ? (uint32_t)change : 0;
    group_settle(schedule, number);
}

void schedule_job_started(struct schedule *schedule, const struct job *job)
{
    job_count(schedule, job, 1);
}

void schedule_job_ended(struct schedule *schedule, const struct job *job)
{
    job_count(schedule, job, -1);
}

void schedule_identity_known(struct schedule *schedule, uint32_t server, uint32_t identity)
{
    if (!schedule->valid) {
        return;
    }
    uint32_t into = group_of_identity(schedule, identity);
    uint32_t from = group_of_server(schedule, server);
    INVARIANT(from != into);
    struct schedule_group *group = &schedule->groups[from];
    struct schedule_group *whole = &schedule->groups[into];
    line_move(&group->ready, &whole->ready);
    line_move(&group->exclusive, &whole->exclusive);
    line_move(&group->witnesses, &whole->witnesses);
    whole->running += group->running;
    whole->running_exclusive += group->running_exclusive;
    group->running = 0;
    group->running_exclusive = 0;
    group_settle(schedule, from);
    group_settle(schedule, into);
}

/* ---- what dispatch asks ---- */

/* Not so when it was skipped meanwhile. */
static bool target_waits(const struct target *target)
{
    return target->state == TARGET_WAITING || target->state == TARGET_POSTPONED ||
           target->check == CHECK_WAITING;
}

void schedule_advance(struct schedule *schedule, uint64_t at_ms)
{
    while (schedule->waiting_count > 0 &&
           schedule->core->rollout.targets[schedule->waiting[0]].trial.not_before_ms <= at_ms) {
        uint32_t target = schedule->waiting[0];
        waiting_pop(schedule);
        if (target_waits(&schedule->core->rollout.targets[target])) {
            stand_in_line(schedule, target);
        }
    }
}

uint64_t schedule_deadline_ms(const struct schedule *schedule)
{
    if (!schedule->valid || schedule->waiting_count == 0) {
        return UINT64_MAX;
    }
    return schedule->core->rollout.targets[schedule->waiting[0]].trial.not_before_ms;
}

uint32_t schedule_first(const struct schedule *schedule)
{
    return schedule->heap_count > 0 ? group_key(schedule, 0) : NUMBER_NONE;
}

void schedule_take(struct schedule *schedule)
{
    uint32_t group = schedule->heap[0];
    line_pop(group_line(&schedule->groups[group]));
    group_settle(schedule, group);
}

/* ---- aside ---- */

static void list_add(struct schedule_list *list, uint32_t number)
{
    list->items = array_room(list->items, list->count, &list->capacity, sizeof *list->items);
    list->items[list->count++] = number;
}

/* Empties the list: its targets stand in line again. */
static void list_stand_in_line(struct schedule *schedule, struct schedule_list *list)
{
    while (list->count > 0) {
        stand_in_line(schedule, list->items[--list->count]);
    }
}

void schedule_park(struct schedule *schedule, uint32_t target)
{
    list_add(&schedule->parked, target);
}

void schedule_unpark(struct schedule *schedule)
{
    list_stand_in_line(schedule, &schedule->parked);
}

/* ---- servers that are not reached ---- */

void schedule_put_away(struct schedule *schedule, uint32_t target)
{
    uint32_t server = schedule->core->rollout.targets[target].server;
    while (server >= schedule->away_capacity) {
        schedule->away = array_room(schedule->away, schedule->away_capacity,
                                    &schedule->away_capacity, sizeof *schedule->away);
    }
    list_add(&schedule->away[server], target);
}

const struct schedule_list *schedule_away(const struct schedule *schedule, uint32_t server)
{
    static const struct schedule_list none;
    return server < schedule->away_capacity ? &schedule->away[server] : &none;
}

void schedule_away_take(struct schedule *schedule, uint32_t server, uint32_t at)
{
    struct schedule_list *away = &schedule->away[server];
    away->items[at] = away->items[--away->count];
}

void schedule_server_reached(struct schedule *schedule, uint32_t server)
{
    if (schedule->valid && server < schedule->away_capacity) {
        list_stand_in_line(schedule, &schedule->away[server]);
    }
}

bool schedule_has_room(struct schedule *schedule, uint32_t target)
{
    const struct target *asked = &schedule->core->rollout.targets[target];
    const struct schedule_group *group = &schedule->groups[group_of_target(schedule, asked)];
    bool alone = target_is_exclusive(&schedule->core->rollout, asked);
    bool witness = target_is_witness(&schedule->core->rollout, target);
    return group->running < group_cap(schedule->core, group, witness) &&
           (!alone || group->running_exclusive == 0);
}

/* ---- a round ---- */

void schedule_put_off(struct schedule *schedule, uint32_t target)
{
    list_add(&schedule->put_off, target);
}

void schedule_pass(struct schedule *schedule)
{
    list_add(&schedule->passed, schedule->heap[0]);
    heap_remove(schedule, schedule->heap[0]);
}

void schedule_round_end(struct schedule *schedule)
{
    struct schedule_list *passed = &schedule->passed;
    while (passed->count > 0) {
        group_settle(schedule, passed->items[--passed->count]);
    }
    list_stand_in_line(schedule, &schedule->put_off);
}

void schedule_windows_changed(struct schedule *schedule)
{
    schedule->boundary_ms = 0;
}

void schedule_server_changed(struct schedule *schedule, uint32_t identity)
{
    if (schedule->valid) {
        group_settle(schedule, group_of_identity(schedule, identity));
    }
}

void schedule_caps_changed(struct schedule *schedule)
{
    for (uint32_t i = 0; i < schedule->group_count; i++) {
        group_settle(schedule, i);
    }
}

/* ---- jobs that were told to stop ---- */

static uint32_t id_hash(uint64_t id)
{
    return (uint32_t)(id ^ id >> 32) * 2654435761u;
}

static bool id_matches(const void *owner, uint32_t at, const void *key)
{
    return ((const struct schedule *)owner)->stopping[at] == *(const uint64_t *)key;
}

bool schedule_job_is_stopping(const struct schedule *schedule, uint64_t job)
{
    return lookup_find(&schedule->stopping_lookup, id_hash(job), id_matches, schedule, &job) !=
           LOOKUP_NONE;
}

void schedule_job_stopping(struct schedule *schedule, uint64_t job)
{
    schedule->stopping = array_room(schedule->stopping, schedule->stopping_count,
                                    &schedule->stopping_capacity, sizeof *schedule->stopping);
    lookup_add(&schedule->stopping_lookup, id_hash(job), schedule->stopping_count);
    schedule->stopping[schedule->stopping_count++] = job;
}

/* ---- whole ---- */

struct schedule *schedule_create(const struct core *core)
{
    struct schedule *schedule = memory_alloc(sizeof *schedule);
    schedule->core = core;
    schedule->valid = true;
    return schedule;
}

void schedule_clear(struct schedule *schedule)
{
    for (uint32_t i = 0; i < schedule->group_count; i++) {
        free(schedule->groups[i].ready.targets);
        free(schedule->groups[i].exclusive.targets);
        free(schedule->groups[i].witnesses.targets);
    }
    for (uint32_t i = 0; i < schedule->away_capacity; i++) {
        free(schedule->away[i].items);
    }
    free(schedule->away);
    free(schedule->put_off.items);
    free(schedule->passed.items);
    free(schedule->groups);
    free(schedule->server_groups);
    free(schedule->identity_groups);
    free(schedule->heap);
    free(schedule->waiting);
    free(schedule->parked.items);
    free(schedule->stopping);
    lookup_free(&schedule->stopping_lookup);
    const struct core *core = schedule->core;
    bool valid = schedule->valid;
    *schedule = (struct schedule){.core = core, .valid = valid};
}

void schedule_invalidate(struct schedule *schedule)
{
    if (schedule->valid) {
        schedule_clear(schedule);
        schedule->valid = false;
    }
}

void schedule_free(struct schedule *schedule)
{
    schedule_clear(schedule);
    free(schedule);
}

void schedule_rebuild(struct schedule *schedule)
{
    const struct core *core = schedule->core;
    schedule_clear(schedule);
    schedule->valid = true;
    for (const struct job *job = job_next(core, 0); job != NULL;
         job = job_next(core, job->lease.job + 1)) {
        schedule_job_started(schedule, job);
    }
    for (uint32_t i = 0; i < core->rollout.target_count; i++) {
        schedule_target_changed(schedule, i);
    }
}

size_t schedule_bytes(const struct schedule *schedule)
{
    size_t bytes = sizeof *schedule + lookup_bytes(&schedule->stopping_lookup) +
                   schedule->stopping_capacity * sizeof *schedule->stopping +
                   schedule->group_capacity * sizeof *schedule->groups +
                   schedule->server_capacity * sizeof(uint32_t) +
                   schedule->identity_capacity * sizeof(uint32_t) +
                   schedule->heap_capacity * sizeof(uint32_t) +
                   schedule->waiting_capacity * sizeof(uint32_t) +
                   schedule->parked.capacity * sizeof(uint32_t) +
                   schedule->away_capacity * sizeof *schedule->away +
                   schedule->put_off.capacity * sizeof(uint32_t) +
                   schedule->passed.capacity * sizeof(uint32_t);
    for (uint32_t i = 0; i < schedule->away_capacity; i++) {
        bytes += schedule->away[i].capacity * sizeof(uint32_t);
    }
    for (uint32_t i = 0; i < schedule->group_count; i++) {
        bytes += schedule->groups[i].ready.capacity * sizeof(uint32_t);
        bytes += schedule->groups[i].exclusive.capacity * sizeof(uint32_t);
        bytes += schedule->groups[i].witnesses.capacity * sizeof(uint32_t);
    }
    return bytes;
}
