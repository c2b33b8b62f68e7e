/* What the core knows. Only apply_*.c change it; everything else reads. */
#ifndef DROVER_FACTS_STATE_H
#define DROVER_FACTS_STATE_H

#include "common/base/selector.h"
#include "common/revision/digest.h"
#include "common/vocabulary/limits.h"
#include "coordinator/core/facts/bounds.h"
#include "coordinator/core/facts/event.h"
#include "coordinator/core/facts/failure.h"
#include "coordinator/core/facts/intern.h"
#include "coordinator/core/facts/ports.h"
#include "coordinator/core/facts/server.h"
#include "common/vocabulary/record.h"

#define NUMBER_NONE UINT32_MAX

/* Whether a target of a wave that is checked passed. */
enum check_state {
    CHECK_NONE,
    CHECK_WANTED,
    CHECK_RUNNING,
    CHECK_WAITING,
    CHECK_PASSED,
    CHECK_BAD
};

/* One database or schema. Texts live in the rollout's intern. */
struct target {
    const char *name;
    const char *url;
    const char *schema;
    const char *password;
    const char *note;       /* SKIPPED: by whom and why; else "" */
    uint64_t not_before_ms; /* POSTPONED, WAITING, CHECK_WAITING */
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
    uint32_t windows;       /* one bit for each window that selects it */
    uint32_t seen;          /* revisions that something else applied, and that */
    uint32_t gone;          /* it undid, as far as the history does not know it */
    uint8_t state;          /* enum target_state */
    uint8_t check;          /* enum check_state */
};

enum source_state { SOURCE_PENDING, SOURCE_RUNNING, SOURCE_WAITING, SOURCE_LISTED, SOURCE_FAILED };

/* A discovery. */
struct source {
    struct source_definition definition; /* texts in intern */
    uint64_t not_before_ms;
    uint64_t job;
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
    uint32_t targets; /* validated with it */
    uint32_t measured;
    uint64_t elapsed_sum_ms; /* of the deploys measured */
    uint64_t elapsed_max_ms;
};

struct wave {
    struct wave_definition definition; /* texts in intern */
    const struct selector *selector;   /* its select, compiled */
    bool approved;
    uint32_t first; /* its targets are wave_order[first .. first + targets) */
    uint32_t targets;
    uint32_t deployed;
    uint32_t unchanged;
    uint32_t failed;
    uint32_t skipped;
    uint32_t forgiven;  /* failures that a resume went on without */
    uint32_t ramped;    /* steps of the ramp taken */
    uint32_t allowed;   /* the first of its targets that may run */
    uint32_t open;      /* of those allowed, while there is a ramp */
    uint64_t until_ms;  /* SOAKING */
    uint32_t unchecked; /* CHECKING: targets to be checked yet */
    uint32_t bad;       /* CHECKING: targets with a check that is not true */
    enum wave_state state;
};

/* When targets may be deployed. Only the opening of now or the next is known; when it has passed
 * the one after is asked for (ports.h). */
struct window {
    struct window_definition definition; /* texts in intern */
    const struct selector *selector;     /* its select, compiled */
    uint64_t opens_ms;
    uint64_t closes_ms; /* 0: not known yet */
};

struct throttle {
    struct throttle_definition definition; /* texts in intern */
    double limit; /* its threshold as a number: from here on it is too much */
};

/* A pause of what its scope selects. */
struct hold {
    const char *scope;
    const struct selector *selector;
    const char *actor;
    const char *reason;
    uint64_t since_ms;
    uint32_t targets;
    bool now;
};

/* Targets that failed for good in the same way, on how many servers. */
struct brake {
    const char *key; /* SQLSTATE or cause, and the place in the revision */
    uint32_t servers[CORE_BRAKE_SERVERS];
    uint32_t count;
};

struct rollout {
    enum rollout_state state;
    enum rollout_state phase;            /* where a pause goes back to */
    struct event_rollout_started policy; /* texts in intern */
    const char *reason;                  /* why it is paused, cancelled; "" */
    const char *digest;
    uint64_t started_ms;
    uint64_t finished_ms;
    uint32_t left_out; /* refused when the gate opened */
    uint32_t passed;   /* targets validated */
    uint32_t to_do;    /* targets with a path that has steps */
    uint64_t seen;     /* sums over the targets validated */
    uint64_t gone;
    uint32_t unrecorded;     /* targets with either */
    uint32_t forgiven;       /* failures that a resume went on without */
    bool paused_over_budget; /* so that a resume forgives, which after other pauses it does not */
    bool paused_now;         /* running jobs are told to stop */
    bool paused_at_limit;    /* until_wave is reached */
    bool rollback_wanted;    /* begins when this one is over */
    const char *rollback_actor;
    const char *rollback_reason;
    uint64_t listed_ms; /* when its sources were last listed, or began to be */
    uint32_t found_new; /* targets found since then */
    bool listed_at_end; /* the last repetition */
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
    uint32_t placed;      /* targets in wave_order */
    uint32_t waves_started;
    uint32_t waves_running; /* RUNNING, SOAKING or CHECKING */
    const struct selector *where;
    struct window *windows;
    uint32_t window_count;
    uint32_t window_capacity;
    struct throttle *throttles;
    uint32_t throttle_count;
    uint32_t throttle_capacity;
    struct hold *holds;
    uint32_t hold_count;
    uint32_t hold_capacity;
    struct brake *brakes;
    uint32_t brake_count;
    uint32_t brake_capacity;
};

/* A lease. Those of a finished job are dropped. */
struct job {
    uint64_t id;
    uint64_t epoch;
    uint64_t worker;
    uint32_t attempt; /* from 1; 0: a gap left by an ended job */
    uint32_t subject; /* source or target */
    enum job_kind kind;
};

struct jobs {
    struct job *items; /* in order of id */
    uint32_t count;    /* with gaps */
    uint32_t capacity;
    uint32_t live;
    uint32_t probes; /* of the live ones */
};

struct worker {
    uint64_t instance;
    uint64_t lost_ms; /* LOST: since when */
    char *name;       /* owned */
    uint32_t window;
    uint32_t running;
    enum worker_state state;
};

struct schedule;

struct core {
    struct core_ports ports;
    uint64_t epoch;
    uint64_t last_job;
    struct jobs jobs;
    struct worker *workers; /* by instance */
    uint32_t worker_count;
    uint32_t worker_capacity;
    uint32_t workers_lost;
    struct rollout rollout;
    struct rollout kept; /* the last one before it that changed something: for its rollback */
    struct arena summary_arena;
    struct rollout_summary *summaries;
    uint32_t summary_count;
    uint32_t summary_capacity;
    struct schedule *schedule; /* not knowledge but an order derived from it; the door's */
    uint64_t now_ms;           /* derived: time of the last step */
    uint64_t acted_ms; /* derived: of the last step that was not refused: all was done by then */
};

#endif
