/* A worker from within: its life, its link to the coordinator, and what the work in hand (job.h)
 * needs of both. */
#ifndef DROVER_LINK_AGENT_H
#define DROVER_LINK_AGENT_H

#include "common/wire/stream.h"
#include "worker/connections/pool.h"
#include "worker/link/bundle_cache.h"
#include "worker/link/ledger.h"
#include "worker/link/states.h"
#include "worker/link/worker.h"

enum {
    HEARTBEAT_MS = 2000,
    SILENCE_MS = 10000, /* without a word from the coordinator the link is given up */
    RECONNECT_MS_MIN = 100,
    RECONNECT_MS_MAX = 2000,
};

struct worker {
    uv_loop_t *loop;
    struct arena arena; /* texts of the options */
    struct worker_options options;
    uint64_t instance;
    worker_stopped *stopped; /* NULL once called or closed */
    void *context;

    enum life_state life;
    enum link_state link;
    struct stream *stream; /* NULL unless greeting or joined */
    unsigned failures;     /* of connecting, in a row */
    uint64_t heard_ms;     /* uv_now of the last message */
    uint64_t journal;      /* of the last coordinator; 0: none yet */
    bool followed;         /* it takes ACTIVITY */
    uv_timer_t heartbeat;
    uv_timer_t reconnect;
    uv_timer_t rest;  /* worker_rest_later */
    unsigned handles; /* timers not yet closed */

    struct pool *pool;
    struct python *processes; /* of Python */
    struct bundle_cache *bundles;
    struct ledger ledger; /* jobs in hand */
};

void worker_send(struct worker *worker, const struct message *message); /* dropped unless joined */

/* Neither closing nor closed. */
bool worker_is_open(const struct worker *worker);

/* A job is gone: drained? closed? The second does it on a turn of the loop of its own. */
void worker_rest(struct worker *worker);
void worker_rest_later(struct worker *worker);

#endif
