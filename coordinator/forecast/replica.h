/* A second core with the active or last rollout of a journal, made to be run ahead of the first:
 * nothing leaves it, and it is never journaled.
 *
 * It is filled with the journal's events, some of them changed so that what follows can be
 * foreseen: a validation that opened its gate goes on as the deploy it was made for; sources are
 * not listed again; throttles do not probe, and the lowered caps of servers stay as they are.
 */
#ifndef DROVER_FORECAST_REPLICA_H
#define DROVER_FORECAST_REPLICA_H

#include "coordinator/core/core.h"
#include "coordinator/forecast/durations.h"
#include "coordinator/forecast/timeline.h"
#include "coordinator/forecast/window_openings.h"
#include "coordinator/journal/bundles.h"
#include "coordinator/journal/journal.h"

struct replica {
    struct core *core; /* asks this replica: it must stay where it is */
    struct timeline timeline;
    struct durations durations; /* of the rollouts before */
    bool validation;            /* the rollout is one */
    bool end_withheld;          /* and its end is kept from the core */
    struct event end;
    uint64_t last_ms;                /* time of the last event */
    const struct openings *openings; /* borrowed; set before it is run ahead */
    bool *throttled; /* servers by identity, `throttled_count` of them: over a threshold */
    size_t throttled_count;
    struct journal *journal; /* borrowed */
    struct bundles bundles;
};

/* Replays the journal; -1 when that cannot be read. replica_free in any case. */
int replica_read(struct replica *replica, struct journal *journal, struct error *error) MUST_CHECK;
/* Whether a server is over a threshold, as its last probe said; the replica's core knows nothing of it. */
bool replica_is_throttled(const struct replica *replica, uint32_t identity);

void replica_free(struct replica *replica);

#endif
