/* Servers that nobody reaches, and workers that do not reach what others can. */
#ifndef DROVER_FOLD_APPLY_OUTAGE_H
#define DROVER_FOLD_APPLY_OUTAGE_H

#include "coordinator/core/facts/event.h"

struct core;
struct job;
struct rollout;
struct target;
struct worker;

/* A rollout begins: nothing is known of its servers. */
void workers_see(struct core *core);

/* A worker is forgotten, and what it did not reach with it. */
void worker_forgotten(struct core *core, const struct worker *worker);

/* A job that is given to a worker may ask for a server that was not reached before; it has ended. */
void ask_begun(struct core *core, const struct job *job, uint64_t at_ms);
void ask_ended(struct core *core, const struct job *job);

/* A target's connection through the worker has failed. */
void target_leaves(struct target *target, uint64_t worker);

/* Servers that nobody reaches are asked at that time: somebody joins who may. */
void servers_ask_at(struct rollout *rollout, uint64_t at_ms);

/* A person wants it: a server that nobody reaches is asked at once, and waited for as long again. */
void server_ask_anew(struct rollout *rollout, uint32_t server, uint64_t at_ms);

#endif
