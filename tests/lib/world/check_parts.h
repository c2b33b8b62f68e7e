/* What the parts of the check share: check.c (rollouts, workers, the switch over the events),
 * check_job.c (leases), check_outage.c (servers that cannot be reached), check_wave.c (gate, waves, what keeps targets from running), check_world.c
 * (the databases' side). */
#ifndef DROVER_TESTS_WORLD_CHECK_PARTS_H
#define DROVER_TESTS_WORLD_CHECK_PARTS_H

#include <string.h>

#include "tests/lib/world/world.h"

/* Room for element `wanted` in a growing array; new elements are zeroed. */
void *check_room(void *items, uint64_t wanted, uint32_t *capacity, size_t size);
#define ROOM(check, name, wanted)                                                                  \
    ((check)->name##s = check_room((check)->name##s, (wanted), &(check)->name##_capacity,          \
                                   sizeof *(check)->name##s))

struct watched_worker *check_worker(struct check *check, uint64_t instance);
/* A zeroed job for an id that never was. */
struct watched_job *check_job(struct check *check, uint64_t id);
/* A zeroed one, and a broken promise, for a number that never was. */
struct watched_target *check_target(struct world *world, uint32_t number);
struct watched_wave *check_wave(struct world *world, uint32_t number);
void check_target_moves(struct world *world, uint32_t number, enum target_state from,
                        enum target_state or_from, enum target_state to);

/* ---- check_job.c ---- */
void check_job_leased(struct world *world, const struct event_job_leased *leased);
void check_job_released(struct world *world, uint64_t id, uint64_t at_ms);
void check_job_requeued(struct world *world, uint64_t id);
void check_job_postponed(struct world *world, const struct event_job_postponed *postponed);
/* The lease is over; a result ended it. */
void check_job_ended(struct world *world, uint64_t id);
/* The result at hand was made for this very lease. */
void check_result(struct world *world, uint64_t id);
/* Such a job takes part of its server's cap; discoveries and probes do not. */
bool check_is_of_target(const struct watched_job *job);
/* Which servers share a cap: an identity of the world's, or 1,000,000 and a host. */
uint32_t check_group(const struct world *world, const struct watched_target *target);

/* ---- check_outage.c ---- */
void check_job_unreached(struct world *world, const struct event_job_unreached *unreached,
                         uint64_t at_ms);
void check_server_reached(struct world *world, const struct event_server_reached *reached);
void check_server_unsure(struct world *world, uint32_t target, uint64_t at_ms);
void check_target_given_up(struct world *world, const struct event_target_given_up *given_up,
                           uint64_t at_ms);
/* A lease ended, maybe with its worker's death. */
void check_worker_died(struct world *world, const struct event_job_released *released);
/* An attempt that used itself up did so not because of its server or its worker. */
void check_attempt(struct world *world, const struct event_job_postponed *postponed);
/* A job shows that its target's server answered. */
void check_answered(struct world *world, uint32_t target, uint64_t at_ms);

/* ---- check_wave.c ---- */
void check_wave_defined(struct world *world, const struct event_wave_defined *defined);
void check_gate_opened(struct world *world, const struct event_gate_opened *opened);
void check_targets_joined(struct world *world, const struct event_targets_joined *joined);
void check_wave_started(struct world *world, const struct event_wave_started *started);
void check_wave_ramped(struct world *world, const struct event_wave_ramped *ramped);
void check_wave_filled(struct world *world, const struct event_wave_filled *filled);

/* Whether its server is down, or is loaded and the target does not run yet. */
bool check_stands_still(const struct world *world, const struct watched_target *target);
void check_wave_soaking(struct world *world, const struct event_wave_soaking *soaking);
void check_wave_checking(struct world *world, const struct event_wave_checking *checking);
void check_wave_finished(struct world *world, uint32_t number);
void check_wave_approved(struct world *world, const struct event_wave_approved *approved);
void check_plan_changed(struct world *world, const char *digest);
void check_target_asked(struct world *world, uint32_t number);
void check_over(struct world *world, uint64_t job, uint32_t number, bool good);
void check_target_failed(struct world *world, const struct event_target_failed *failed);
void check_target_deployed(struct world *world, const struct event_target_deployed *deployed);
void check_target_retried(struct world *world, uint32_t number);
void check_target_doubted(struct world *world, uint32_t number);
void check_target_skipped(struct world *world, uint32_t number);
void check_target_unskipped(struct world *world, uint32_t number);
bool check_over_budget(const struct check *check);
/* No failure budget is exceeded, nor has one failure shown on three servers. */
void check_budgets(struct world *world, const char *what);
void check_forgive(struct check *check);

/* ---- check_steer.c ---- */
void check_window_defined(struct world *world, const struct event_window_defined *defined);
void check_window_open(struct world *world, uint32_t number, const struct watched_target *target);
void check_overridden(struct world *world, enum safeguard safeguard, bool whole);
void check_hold_placed(struct world *world, const struct event_hold_placed *placed);
void check_hold_lifted(struct world *world, uint32_t hold);
void check_holds(struct world *world, uint32_t number, const struct watched_target *target);
void check_server_probed(struct world *world, const struct event_server_probed *probed);
void check_identity_learned(struct world *world, struct watched_target *target, uint32_t server);
/* NULL: its identity is not known. */
const struct watched_server *check_server(const struct check *check, uint32_t group);
void check_brake_count(struct world *world, const struct watched_target *target,
                       const struct event_target_failed *failed);
bool check_brake_on(const struct check *check);

#endif
