/* Questions about the rollout that several parts ask. */
#ifndef DROVER_FACTS_ROLLOUT_H
#define DROVER_FACTS_ROLLOUT_H

#include "coordinator/core/facts/state.h"

/* The active rollout, or the last one finished (whose targets are kept until the next START). Its
 * texts are "" when there never was one, and live until the next step. */
const struct rollout *core_rollout(const struct core *core);

/* All that it owns; it is zeroed. */
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

/* The first wave that is over its budget, the first failure that repeats on too many servers;
 * NULL when all is well. */
const struct wave *rollout_wave_over_budget(const struct rollout *rollout);
const struct brake *rollout_brake(const struct rollout *rollout);

/* The graph of its bundle, lent as ports.h says; NULL with a sentence. */
const struct graph *rollout_graph(const struct core *core, const struct rollout *rollout,
                                  struct error *error);

/* "upgrade", "downgrade", "stamp", "adopt", "validate", "survey" or "list"; of a rollout also "rollback". */
const char *request_verb(const struct rollout_request *request);
bool request_adopts(const struct rollout_request *request);
const char *rollout_verb(const struct rollout *rollout);

/* What a command ends with if it stops looking at it (README.md): 0 done, 2 failed, 3 partly, 4 the
 * gate refused, 5 paused, cancelled or not over. */
int rollout_exit_code(const struct rollout *rollout);
bool rollout_is_rollback(const struct rollout *rollout);
struct counts rollout_counts(const struct rollout *rollout);

/* "1 target is half done: shop: upgrade of 4a6053e7d18f: 1 of 3 statements done", the first of several; ""
 * when there is none. In `arena`. */
const char *rollout_half_done(const struct rollout *rollout, struct arena *arena);

/* What is told of it; texts are borrowed from it. */
struct rollout_status rollout_status(const struct rollout *rollout);
struct rollout_summary rollout_summary(const struct rollout *rollout);

/* Their numbers, or NUMBER_NONE. `from` is sorted. */
uint32_t rollout_target_by_name(const struct rollout *rollout, const char *name);
/* By URL and schema. */
uint32_t rollout_target_by_place(const struct rollout *rollout, const struct target_place *place);
uint32_t rollout_path_find(const struct rollout *rollout, struct texts from);
/* Where several ways begin at the same rows. */
uint32_t rollout_path_same(const struct rollout *rollout, struct texts from, struct texts to);

/* Over, and not because somebody cancelled it, with targets left that the same command would take
 * up. */
bool rollout_left_work(const struct rollout *rollout);

/* Who wants this target, which is at work, to be skipped once it has stopped; NULL: nobody. */
const struct skip *rollout_skip_find(const struct rollout *rollout, uint32_t target);

/* Whether it may not be deployed beside another such target of its server: both would change the same
 * rows of a catalog. */
bool target_is_exclusive(const struct rollout *rollout, const struct target *target);

/* How the lookups of paths (by the number of `from`) and of places hash. */
uint32_t path_hash(uint32_t from);
uint32_t place_hash(const struct target_place *place);

#endif
