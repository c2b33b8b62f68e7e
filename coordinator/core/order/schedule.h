/* The schedule: in which order jobs go out, and which of them were told to stop. Derived from what
 * is known, which it only reads; never journaled, never printed.
 *
 * Targets that may run stand in a line of their group (the server whose cap they
 * share), lowest number first, those that may not run beside each other in one of their
 * own; groups below their cap stand in a heap by their first target. So the next target is found in logarithmic time whatever is blocked. Those
 * that wait for a retry stand in a heap by time.
 *
 * The fold keeps it up to date while steps are taken; core_apply from outside (a replay) only marks
 * it stale, and the next step rebuilds it in one pass.
 */
#ifndef DROVER_ORDER_SCHEDULE_H
#define DROVER_ORDER_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "coordinator/core/facts/lookup.h"

struct core;
struct job;

struct schedule_line {
    uint32_t *targets; /* a heap */
    uint32_t count;
    uint32_t capacity;
};

struct schedule_group {
    struct schedule_line ready;
    struct schedule_line exclusive; /* of these one at a time: target_is_exclusive */
    struct schedule_line
        witnesses; /* asked for the timeline, which burdens a server no more than its probes do */
    uint32_t running;
    uint32_t running_exclusive;
    uint32_t identity; /* whose load counts, plus one; 0: not known */
    uint32_t position; /* in the heap of groups plus one; 0: not in it */
};

/* Numbers in no order. */
struct schedule_list {
    uint32_t *items;
    uint32_t count;
    uint32_t capacity;
};

struct schedule {
    const struct core *core; /* what it orders */
    bool valid;
    bool probed_last; /* the last job of a deploy that was given out is a probe */
    struct schedule_group *groups;
    uint32_t group_count;
    uint32_t group_capacity;
    uint32_t *server_groups; /* by server: group plus one */
    uint32_t server_capacity;
    uint32_t *identity_groups; /* by identity: group plus one */
    uint32_t identity_capacity;
    uint32_t *heap; /* of groups */
    uint32_t heap_count;
    uint32_t heap_capacity;
    uint32_t *waiting; /* heap of targets by time, then number */
    uint32_t waiting_count;
    uint32_t waiting_capacity;
    struct schedule_list parked; /* targets that may not run for now: held, or outside a window */
    struct schedule_list *away;  /* by server: targets that wait for it to be reached */
    uint32_t away_capacity;
    struct schedule_list put_off; /* targets, in line again when the round of dispatching is over */
    struct schedule_list passed;  /* groups, likewise */
    uint64_t *stopping;           /* jobs whose worker was told to stop */
    uint32_t stopping_count;
    uint32_t stopping_capacity;
    struct lookup stopping_lookup;
    uint64_t boundary_ms; /* when a window opens or closes next; 0: to be found out */
};

/* Empty and valid. `core` outlives it. */
struct schedule *schedule_create(const struct core *core);
void schedule_free(struct schedule *schedule);

/* Empties it: a rollout begins or is over. */
void schedule_clear(struct schedule *schedule);

/* It is no longer kept up; until schedule_rebuild. */
void schedule_invalidate(struct schedule *schedule);
void schedule_rebuild(struct schedule *schedule);
size_t schedule_bytes(const struct schedule *schedule);

/* ---- what the fold reports ---- */

/* A target's state changed: it stands in line, waits, or neither. */
void schedule_target_changed(struct schedule *schedule, uint32_t target);
void schedule_validation_started(struct schedule *schedule);
void schedule_job_started(struct schedule *schedule, const struct job *job);
void schedule_job_ended(struct schedule *schedule, const struct job *job);
/* The identity behind `server` became known: its line joins that of the identity. */
void schedule_identity_known(struct schedule *schedule, uint32_t server, uint32_t identity);

/* An opening is known, so that those aside may run, or those that run may not. */
void schedule_windows_changed(struct schedule *schedule);
void schedule_server_changed(struct schedule *schedule, uint32_t identity);
/* The cap of all servers changed. */
void schedule_caps_changed(struct schedule *schedule);

/* The server can be reached again: all that waits for it stands in line. */
void schedule_server_reached(struct schedule *schedule, uint32_t server);

/* ---- what deciding asks ---- */

/* Puts a target that was taken where it waits for its server to be reached. */
void schedule_put_away(struct schedule *schedule, uint32_t target);
/* Those that wait for it. */
const struct schedule_list *schedule_away(const struct schedule *schedule, uint32_t server);
/* Takes the one at that place out. */
void schedule_away_take(struct schedule *schedule, uint32_t server, uint32_t at);
/* Whether the cap of its server, and what runs there, let it run. */
bool schedule_has_room(struct schedule *schedule, uint32_t target);

/* Until schedule_round_end: puts a target that was taken off; passes over all that share the cap of
 * the lowest one. */
void schedule_put_off(struct schedule *schedule, uint32_t target);
void schedule_pass(struct schedule *schedule);
void schedule_round_end(struct schedule *schedule);

/* Puts a target that was taken aside until schedule_unpark. */
void schedule_park(struct schedule *schedule, uint32_t target);
void schedule_unpark(struct schedule *schedule);

/* Puts those in line whose time has come. */
void schedule_advance(struct schedule *schedule, uint64_t at_ms);
/* When the next one's time comes; UINT64_MAX: never. */
uint64_t schedule_deadline_ms(const struct schedule *schedule);

/* The worker of the job was told to stop it. */
void schedule_job_stopping(struct schedule *schedule, uint64_t job);
bool schedule_job_is_stopping(const struct schedule *schedule, uint64_t job);

/* The lowest target that may run, or UINT32_MAX; take removes it. */
uint32_t schedule_first(const struct schedule *schedule);
void schedule_take(struct schedule *schedule);

#endif
