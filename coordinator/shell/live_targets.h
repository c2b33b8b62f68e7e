/* Targets as the core knows them, with what their workers have said of them since: what a person looks for at night.
 *
 * Of many only the first are told one by one; who blocks how many is counted over all.
 */
#ifndef DROVER_SHELL_LIVE_TARGETS_H
#define DROVER_SHELL_LIVE_TARGETS_H

#include "common/vocabulary/record.h"
#include "coordinator/core/core.h"

struct session;

enum { LIVE_TARGETS_MAX = 10, LIVE_BLOCKAGES_MAX = 10, LIVE_NAMES_MAX = 5 };

/* A look at both; `sessions` may be NULL, where nobody is at work. */
struct live {
    const struct core *core;
    const struct session *sessions;
    const struct kept_activity *stumbles;
    uint64_t at_ms;
};

struct target_status live_target(const struct live *live, size_t number, struct arena *arena);

/* Those that run and wait for a lock, keep others waiting or take longer than usual, worst first. */
struct target_status_list live_running(const struct live *live, struct arena *arena);

/* Those that wait for another try, the next one first. */
struct target_status_list live_waiting(const struct live *live, struct arena *arena);

/* Who keeps targets waiting, most targets first. */
struct blockage_list live_blockages(const struct live *live, struct arena *arena);

#endif
