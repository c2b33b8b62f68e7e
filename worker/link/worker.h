/* A worker: takes jobs from a coordinator, works on targets, reports. Everything runs on the
 * caller's libuv loop.
 */
#ifndef DROVER_LINK_WORKER_H
#define DROVER_LINK_WORKER_H

#include <stdint.h>
#include <uv.h>

#include "common/base/error.h"
#include "common/revision/bundle.h"
#include "worker/python/python.h"

struct worker;

struct worker_options {
    const char *address; /* coordinator's "unix:PATH" or "tcp:HOST:PORT"; reconnects for ever with
                            jittered pauses; NULL in an embedded run */
    int file_descriptor; /* embedded: our end of a socketpair; -1 otherwise */
    const char *name;    /* for people; default "host:pid" */
    uint32_t credit;     /* jobs at once, 1..4096 */
    uint32_t kept_connections; /* at most so many idle ones are kept between validation and deploy;
                                  what a server can spare is found out (server_room.h) */
    struct bundle *bundle;     /* one that this process has already, or NULL */
    const struct python_options *python; /* where the Alembic project is; NULL: nowhere */
};

typedef void worker_stopped(struct worker *worker, const struct error *reason, void *context);

/* Starts; `stopped` is called once when the worker has drained or cannot go on (embedded: the
 * coordinator's end closed; services: handshake refused for good). */
struct worker *worker_start(uv_loop_t *loop, const struct worker_options *options,
                            worker_stopped *stopped, void *context, struct error *error);

/* No new jobs; jobs in hand finish, their results are acknowledged, then `stopped`. */
void worker_drain(struct worker *worker);

/* Of a worker that drains: cancels what it has in hand; what rolled back is reported as cancelled,
 * so that the coordinator gives it to another worker at once. Then `stopped`, as worker_drain. */
void worker_hand_back(struct worker *worker);

/* Closes everything at once (running statements are cancelled where that is quick); frees when
 * libuv is done. No callback afterwards. NULL is fine. */
void worker_close(struct worker *worker);

#endif
