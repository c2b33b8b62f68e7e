/* Outages: who reaches which server.
 *
 * A connection that cannot be made is charged to the server, when no worker reaches it, or to the
 * worker, when others may. A server that is down is asked by one job after the other until it
 * answers; a worker that is blind for a server gets no jobs there but one now and then, and none at
 * all when it is blind for several.
 */
#ifndef DROVER_FACTS_OUTAGE_H
#define DROVER_FACTS_OUTAGE_H

#include <stdbool.h>

#include "coordinator/core/facts/state.h"

/* The server that a job connects to. */
uint32_t job_server(const struct core *core, const struct job *job);

/* Where it stands that the worker does not reach the server; NULL: it may. */
const struct blindness *blindness_find(const struct core *core, const struct worker *worker,
                                       uint32_t server);

/* Whether it is blind for so many servers that it is asked only for those. */
bool worker_is_aside(const struct worker *worker);

bool server_is_down(const struct rollout *rollout, uint32_t server);

/* How long a server is waited for; 0: not at all. */
uint64_t outage_patience_ms(const struct rollout *rollout);

/* Whether the target waits for its server to be reached, or would: in line, or for its time. */
bool target_awaits_server(const struct rollout *rollout, uint32_t target);

#endif
