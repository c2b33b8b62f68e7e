/* Questions to the core: they never change it. Texts are borrowed until the next step. */
#ifndef DROVER_VIEW_VIEW_H
#define DROVER_VIEW_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/vocabulary/rollout.h"
#include "coordinator/core/facts/failure.h"
#include "coordinator/core/facts/summary.h"

struct core;

struct core_rollout_view {
    const char *rollout; /* "" when there never was one */
    enum purpose purpose;
    enum direction direction;
    const char *spec;
    const char *bundle;
    const char *actor;
    const char *version_schema;
    const char *version_table;
    bool purge;
    enum rollout_state state;
    const char *digest; /* of the plan; "" before the gate */
    bool active;        /* neither finished nor none */
    bool paused;
    uint64_t started_ms;
    uint64_t finished_ms;
    struct core_counts counts;
    size_t wave_count;
    size_t target_count;
    size_t source_count;
    size_t window_count;
    size_t path_count;
    size_t hold_count;
    size_t server_count; /* system identifiers */
    const char *reverts; /* the rollout that it rolls back, or "" */
    const char *verb;    /* "upgrade", "downgrade", "rollback", "validate", ... */
    const char *where;   /* selector of the targets that take part; "" for all */
    uint32_t waves_started;
    bool at_limit; /* paused because until_wave is reached */
    uint64_t seen; /* sums over the targets validated */
    uint64_t gone;
    uint32_t unrecorded; /* targets with either */
    int exit_code;       /* what a command ends with if it stops looking at the rollout */
};

/* The active rollout, or the last one finished (whose targets are kept until the next START). */
void core_rollout_view(const struct core *core, struct core_rollout_view *view);

struct core_wave_view {
    const char *name;
    enum wave_state state;
    uint32_t targets;
    uint32_t deployed;
    uint32_t unchanged;
    uint32_t failed;
    uint32_t skipped;
    uint32_t allowed; /* by the ramp */
    const char *select;
    uint64_t soak_ms;
    bool approve;
    size_t check_count;
};
void core_wave_view(const struct core *core, size_t wave, struct core_wave_view *view);

struct core_target_view {
    const char *name;
    const char *url;
    const char *server; /* "host:port" */
    const char *schema;
    enum target_state state;
    struct texts labels;
    struct texts heads;
    bool heads_known;
    uint32_t wave; /* from 1; 0 before waves are formed */
    uint32_t seen; /* as in core_result */
    uint32_t gone;
    const struct core_failure *failure; /* or NULL */
    uint32_t path;                      /* from 1; 0: none yet */
    uint32_t attempt;
    uint32_t windows; /* one bit for each window that selects it */
};
void core_target_view(const struct core *core, size_t target, struct core_target_view *view);

struct core_path_view {
    struct texts from;
    struct texts to;
    struct texts steps;
    uint32_t targets;
    uint32_t measured; /* deploys */
    uint64_t mean_ms;
    uint64_t expected_ms; /* what a window must have left for it; 0: any will do */
};
void core_path_view(const struct core *core, size_t path, struct core_path_view *view);

struct core_window_view {
    bool deny;
    const char *schedule;
    uint64_t duration_ms;
    const char *time_zone;
    const char *select;
    bool sync_overrun;
    bool active;
    uint64_t opens_ms;
    uint64_t closes_ms;
};
void core_window_view(const struct core *core, size_t window, uint64_t at_ms,
                      struct core_window_view *view);

struct core_hold_view {
    const char *scope;
    const char *actor;
    const char *reason;
    uint64_t since_ms;
    uint32_t targets;
};
void core_hold_view(const struct core *core, size_t hold, struct core_hold_view *view);

struct core_server_view {
    const char *name;     /* "host:port" */
    const char *identity; /* system identifier */
    uint32_t running;     /* jobs on its targets */
    uint32_t cap;         /* 0: none */
    bool over;            /* a threshold */
    bool lowered;         /* its cap is below the rollout's yet */
    const char *reason;
};
void core_server_view(const struct core *core, size_t server, struct core_server_view *view);

/* A failed discovery, or NULL; `origin` gets the place in the configuration. */
const struct core_failure *core_source_failure(const struct core *core, size_t source,
                                               const char **name, const char **origin);

size_t core_worker_count(const struct core *core);
void core_worker_view(const struct core *core, size_t worker, const char **name, uint32_t *window,
                      uint32_t *running, bool *connected);

size_t core_summary_count(const struct core *core);
void core_summary_view(const struct core *core, size_t index,
                       struct core_summary *summary); /* oldest first */
/* Bytes held, for bench/ and the < 1 KiB per target promise. */
size_t core_memory_bytes(const struct core *core);

#endif
