/* Questions to the core: they never change it. Texts are borrowed until the next step. */
#ifndef DROVER_VIEW_VIEW_H
#define DROVER_VIEW_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/vocabulary/record.h"

struct core;

/* Reasons and until when are asked for by themselves (reason.h). */
void core_wave_view(const struct core *core, size_t wave, struct wave_status *view);

struct core_target_view {
    struct target_status status;        /* without reason and failure */
    const struct kept_failure *failure; /* or NULL */
    uint32_t windows;                   /* one bit for each window that selects it */
};
void core_target_view(const struct core *core, size_t target, struct core_target_view *view);

struct core_path_view {
    struct plan_path path;
    uint32_t measured; /* deploys */
    uint64_t mean_ms;
    uint64_t expected_ms; /* what a window must have left for it; 0: any will do */
};
void core_path_view(const struct core *core, size_t path, struct core_path_view *view);

struct core_window_view {
    struct window_definition definition;
    bool active;
    uint64_t opens_ms;
    uint64_t closes_ms;
};
void core_window_view(const struct core *core, size_t window, uint64_t at_ms,
                      struct core_window_view *view);

void core_hold_view(const struct core *core, size_t hold, struct hold_status *view);

struct core_server_view {
    struct server_status status;
    bool over;    /* a threshold */
    bool lowered; /* its cap is below the rollout's yet */
};
void core_server_view(const struct core *core, size_t server, struct core_server_view *view);

/* A failed discovery, or NULL; `origin` gets the place in the configuration. */
const struct kept_failure *core_source_failure(const struct core *core, size_t source,
                                               const char **name, const char **origin);

size_t core_worker_count(const struct core *core);
/* Whether it is connected. */
bool core_worker_view(const struct core *core, size_t worker, struct worker_status *view);

size_t core_summary_count(const struct core *core);
/* Oldest first. */
void core_summary_view(const struct core *core, size_t index, struct rollout_summary *summary);
/* Bytes held, for bench/ and the < 1 KiB per target promise. */
size_t core_memory_bytes(const struct core *core);

#endif
