/* What must hold (docs/design/contract.md, section 2), watched from outside: a fold over the events that knows nothing of
 * the core's own state, and questions to the databases, which know the truth.
 *
 * After the coordinator's death the fold begins anew from the journal, as the core does.
 */
#ifndef DROVER_TESTS_WORLD_CHECK_H
#define DROVER_TESTS_WORLD_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "coordinator/core/facts/machine.h"

struct world;
struct item;
struct event;
struct command;
struct transaction;

struct watched_target {
    enum target_state state;
    uint32_t database;
    uint32_t wave; /* from 0; NONE before it has one */
    uint32_t rank; /* in its wave, from 0 */
    uint32_t path;
    uint32_t identity; /* or NONE */
    bool ahead;        /* of its step of the ramp */
    bool leaving;      /* somebody wants it to be skipped once it has stopped */
    uint64_t job;
    uint64_t not_before_ms;
    uint32_t unreached;    /* jobs that did not reach its server */
    uint32_t losses;       /* workers lost at it, one after the other */
    uint32_t lost_attempt; /* the last at which one was */
    bool asked;            /* its check is of no wave: it tells the server's timeline */
};

struct watched_source {
    uint64_t job;
    bool over;
};

struct watched_job {
    uint64_t claim;
    uint64_t worker;
    uint32_t attempt;
    uint32_t subject;
    uint32_t position; /* in `live` plus one; 0: ended */
    uint8_t kind;      /* enum job_kind */
};

struct watched_worker {
    bool there; /* joined and not left */
    bool lost;
    uint32_t credit;
    uint32_t running;
    uint64_t lost_ms;
};

struct watched_wave {
    char ramp[2][8]; /* "5", "20%" */
    uint32_t ramp_count;
    uint32_t ramped; /* how far */
    uint32_t targets;
    uint32_t over;
    uint32_t deployed;
    uint32_t unchanged;
    uint32_t failed;
    uint32_t forgiven;
    uint32_t allowed; /* by its ramp */
    uint32_t unchecked;
    uint32_t bad;
    uint64_t soak_ms;
    uint64_t until_ms;
    uint32_t failures_count;
    uint32_t failures_percent;
    bool started;
    bool finished;
    bool checks;
    bool checking;
    bool approve;
    bool approved;
    bool budget;
};

struct watched_window {
    bool deny;
    uint32_t ring; /* that it selects, or NONE: all */
};

struct watched_hold {
    char scope[64]; /* canonical */
};

/* A worker that was not asked for a server that is down, though it is idle. */
struct watched_idler {
    uint64_t worker;
    uint32_t asks; /* of others since */
};

/* A server by its host name. */
struct watched_host {
    uint64_t answered_ms;
    uint64_t unsure_ms; /* when it was named as one that did not tell its timeline */
    uint64_t down_ms;   /* nobody reaches it since; 0: somebody may */
    uint64_t blind[3];  /* the first workers that did not reach it */
    uint32_t blind_count;
    struct watched_idler idlers[8]; /* the first ones */
    uint32_t idler_count;
    uint64_t down_job; /* the last that was leased before */
};

/* A server by its identity, in the order in which the rollout learned of them. */
struct watched_server {
    uint32_t server; /* of the world */
    uint32_t cap;
    bool over;
    bool probed;
};

/* The same failure, and on which servers. */
struct watched_brake {
    char key[64];
    uint32_t servers[3];
    uint32_t count;
};

struct watched_path {
    uint32_t from; /* head sets */
    uint32_t to;
    bool empty;
    bool exclusive; /* changes rows that all databases of a server share */
};

struct watched_policy {
    uint64_t patience_ms;
    uint32_t concurrency;
    uint32_t per_server;
    uint32_t failures_count;
    uint32_t failures_percent;
    uint32_t validate_failures_count;
    uint32_t validate_failures_percent;
};

/* Growing arrays; `*_count` in use, `*_capacity` there. */
struct check {
    bool failed;
    char promise[80];
    char detail[400];

    bool refolding;           /* the events are old: the world has gone on since */
    const struct item *cause; /* of the events that come, or NULL */
    int64_t set_ms;           /* by how much the clock of the events is ahead of the world's time */
    bool alone;               /* the epoch began without any worker */
    uint64_t epoch;
    uint64_t claim; /* drawn with it */
    uint64_t job_last;
    bool active;
    bool validating;
    bool gate_open;
    bool paused;
    bool paused_over_budget;
    bool paused_by_person;
    bool cancelling;
    bool only_validates;
    bool rollback;
    bool repeated; /* discoveries, so that targets may come late */
    bool throttled;
    char digest[80];
    struct watched_window windows[32];
    uint32_t window_count;
    uint32_t rollout; /* number in the world, from the name */
    uint64_t started_ms;
    uint64_t asking_ms; /* since when servers are asked for their timelines; 0: not */
    uint32_t reverts;   /* the rollout that this one rolls back */
    struct watched_policy policy;
    uint32_t failed_targets;
    uint32_t refused_targets;
    uint32_t failed_sources;
    uint32_t forgiven;
    uint32_t to_do;
    uint32_t passed;

    struct watched_target *targets;
    uint32_t target_count;
    uint32_t target_capacity;
    struct watched_source *sources;
    uint32_t source_count;
    uint32_t source_capacity;
    struct watched_job *jobs; /* by id */
    uint32_t job_capacity;
    uint64_t *live; /* ids */
    uint32_t live_count;
    uint32_t probes; /* of them, which take no place of the fleet's cap */
    uint32_t live_capacity;
    struct watched_worker *workers; /* by instance */
    uint32_t worker_capacity;
    struct watched_wave *waves;
    uint32_t wave_count;
    uint32_t wave_capacity;
    struct watched_path *paths;
    uint32_t path_count;
    uint32_t path_capacity;
    bool overridden[SAFEGUARD_THROTTLES + 1]; /* for the whole rollout */
    struct watched_hold *holds;
    uint32_t hold_count;
    uint32_t hold_capacity;
    struct watched_server *servers;
    uint32_t server_count;
    uint32_t server_capacity;
    struct watched_brake *brakes;
    uint32_t brake_count;
    uint32_t brake_capacity;
    uint32_t *database_targets; /* by database: its first target, or NONE */
    uint32_t *host_identities;  /* by host: the first one seen, or NONE */
    struct watched_host *hosts;
};

/* Notes the first promise that is broken; the world stops. */
void check_fail(struct world *world, const char *promise, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Forgets everything folded: a replay follows. */
void check_begin(struct world *world);
void check_free(struct world *world);

/* The world's time of what an event says by the clock. */
uint64_t check_time(const struct world *world, uint64_t clock_ms);

/* One event, already applied to the core. */
void check_event(struct world *world, const struct event *event);
/* One command, when it is released. */
void check_command(struct world *world, const struct command *command);
/* A transaction of ours commits: may it, and is it the first time? Called before it takes effect.
 */
void check_commit(struct world *world, const struct transaction *transaction);
/* What the core takes for the opening of a window is that of the clock. */
void check_windows(struct world *world);
/* A rollout has finished: the databases stand where the core says. */
void check_finished(struct world *world);
/* Everything is healed and over: nothing is left behind anywhere. */
void check_end(struct world *world);

#endif
