/* What the core knows. Only apply_*.c change it; everything else reads.
 *
 * `schedule` is not knowledge but an order derived from it (schedule.h), rebuilt after a replay.
 */
#ifndef DROVER_CORE_STATE_H
#define DROVER_CORE_STATE_H

#include "coordinator/core/core.h"
#include "coordinator/core/intern.h"
#include "coordinator/core/machine.h"
#include "coordinator/core/schedule.h"
#include "coordinator/core/server.h"

#define NUMBER_NONE UINT32_MAX

/* One database or schema. Texts live in the rollout's intern. */
struct target {
    const char *name;
    const char *url;
    const char *schema;
    const char *password;
    uint64_t not_before_ms; /* POSTPONED, WAITING */
    uint64_t worker;        /* instance that validated it and keeps the connection */
    uint64_t job;           /* INSPECTING, RUNNING; else 0 */
    uint32_t labels;        /* set */
    uint32_t heads;         /* set as last seen, or INTERN_NONE */
    uint32_t path;          /* or NUMBER_NONE */
    uint32_t failure;       /* or INTERN_NONE */
    uint32_t server;        /* index in servers */
    uint32_t identity;      /* index in servers' identities, or NUMBER_NONE */
    uint32_t attempt;       /* of the phase: jobs so far */
    uint32_t tries;         /* of the phase: attempts that failed */
    uint32_t wave;          /* from 1; 0 before the gate */
    uint8_t state;          /* enum target_state */
};

enum source_state { SOURCE_PENDING, SOURCE_RUNNING, SOURCE_WAITING, SOURCE_LISTED, SOURCE_FAILED };

/* A discovery. */
struct source {
    const char *name;
    const char *url;
    const char *password;
    const char *databases;
    const char *schemas;
    const char *query;
    const char *origin;
    uint64_t not_before_ms;
    uint64_t job;
    uint32_t labels;
    uint32_t failure;
    uint32_t attempt;
    uint32_t tries;
    uint32_t found;
    enum source_state state;
};

/* One way from heads to heads, shared by all targets that stand at `from`. Sets. */
struct path {
    uint32_t from;
    uint32_t to;
    uint32_t steps;
};

struct wave {
    const char *name;
    uint32_t select; /* set of labels */
    uint32_t count;
    uint32_t percent;
    uint32_t first; /* its targets are wave_order[first .. first + targets) */
    uint32_t targets;
    uint32_t deployed;
    uint32_t unchanged;
    uint32_t failed;
    enum wave_state state;
};

struct rollout {
    enum rollout_state state;
    enum rollout_state phase; /* where a pause goes back to */
    enum purpose purpose;
    enum direction direction;
    struct event_rollout_started policy; /* texts in intern */
    const char *reason;                  /* why it is paused, cancelled; "" */
    const char *digest;
    uint64_t started_ms;
    uint64_t finished_ms;
    uint32_t left_out;       /* refused when the gate opened */
    uint32_t passed;         /* targets validated */
    uint32_t to_do;          /* targets with a path that has steps */
    uint32_t forgiven;       /* failures that a resume went on without */
    bool paused_over_budget; /* so that a resume forgives; a pause for other reasons forgives
                                nothing */
    uint32_t counts[TARGET_STATE_COUNT];
    uint32_t sources_open;
    uint32_t sources_failed;
    struct intern intern;
    struct servers servers;
    struct target *targets;
    uint32_t target_count;
    uint32_t target_capacity;
    struct lookup names;  /* targets by name */
    struct lookup places; /* targets by url and schema */
    struct source *sources;
    uint32_t source_count;
    uint32_t source_capacity;
    struct path *paths;
    uint32_t path_count;
    uint32_t path_capacity;
    struct lookup path_lookup; /* by `from` */
    struct wave *waves;
    uint32_t wave_count;
    uint32_t wave_capacity;
    uint32_t *wave_order; /* targets by wave, each in order; NULL before the gate */
    uint32_t waves_started;
    uint32_t waves_running;
};

/* A lease. Those of a finished job are dropped. */
struct job {
    uint64_t id;
    uint64_t epoch;
    uint64_t worker;
    uint32_t attempt; /* from 1; 0: a gap left by an ended job */
    uint32_t subject; /* source or target */
    uint32_t group;   /* derived: whose per-server cap it takes; NUMBER_NONE for discoveries */
    enum job_kind kind;
};

struct jobs {
    struct job *items; /* in order of id */
    uint32_t count;    /* with gaps */
    uint32_t capacity;
    uint32_t live;
};

struct worker {
    uint64_t instance;
    uint64_t lost_ms; /* LOST: since when */
    char *name;       /* owned */
    uint32_t window;
    uint32_t running;
    enum worker_state state;
};

struct core {
    uint64_t epoch;
    uint64_t last_job;
    struct jobs jobs;
    struct worker *workers; /* by instance */
    uint32_t worker_count;
    uint32_t worker_capacity;
    uint32_t workers_lost;
    struct rollout rollout;
    struct arena summary_arena;
    struct core_summary *summaries;
    uint32_t summary_count;
    uint32_t summary_capacity;
    char graph_bundle[80];
    const struct graph *graph; /* borrowed */
    struct schedule schedule;
};

/* ---- jobs (job.c) ---- */
struct job *job_find(const struct core *core, uint64_t id); /* NULL: ended or never was */
struct job *job_add(struct jobs *jobs); /* zeroed; the caller sets a growing id */
void job_remove(struct jobs *jobs, struct job *job);
/* The first lease with an id of at least `id`, in order; NULL at the end. */
struct job *job_next(const struct core *core, uint64_t id);

/* ---- workers (worker.c) ---- */
struct worker *worker_find(const struct core *core, uint64_t instance);
struct worker *worker_add(struct core *core, uint64_t instance, const char *name);
void worker_remove(struct core *core, struct worker *worker);
bool worker_is_connected(const struct worker *worker);

/* ---- rollout (state.c) ---- */
void rollout_free(struct rollout *rollout);
bool rollout_is_active(const struct rollout *rollout);
/* The state, seen through a pause. */
enum rollout_state rollout_phase(const struct rollout *rollout);
/* Whether new jobs may be given out. */
bool rollout_is_running(const struct rollout *rollout);
uint32_t rollout_open_inspections(const struct rollout *rollout);
uint32_t rollout_open_deploys(const struct rollout *rollout);
/* How many targets may fail in the deploy, and whether more did. */
uint32_t rollout_allowed_failures(const struct rollout *rollout);
bool rollout_is_over_budget(const struct rollout *rollout);
struct core_counts rollout_counts(const struct rollout *rollout);

uint32_t rollout_target_by_name(const struct rollout *rollout, const char *name);
uint32_t rollout_target_by_place(const struct rollout *rollout, const char *url,
                                 const char *schema);
uint32_t rollout_path_find(const struct rollout *rollout, struct texts from); /* or NUMBER_NONE */
uint32_t path_hash(uint32_t from);
uint32_t place_hash(const char *url, const char *schema);
uint32_t wave_open(const struct wave *wave); /* targets that are not over */

/* ---- moves (apply_*.c) ---- */
void rollout_move(struct core *core, enum event_type event, enum rollout_state to);
void wave_move(struct core *core, struct wave *wave, enum event_type event, enum wave_state to);
void target_move(struct core *core, uint32_t target, enum event_type event, enum target_state to);
void worker_move(struct core *core, struct worker *worker, enum event_type event,
                 enum worker_state to);

/* Ends a lease; its subject is moved by the caller. Aborts if there is no such job. */
void job_end(struct core *core, uint64_t id, enum event_type event);

#endif
