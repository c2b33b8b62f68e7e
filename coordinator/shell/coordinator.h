/* The coordinator's shell: sessions, the pump, timers and the journal
 * around the core, on one libuv loop.
 *
 * Callbacks only enqueue inputs; each loop turn the pump steps the core, appends the events in one
 * batch and releases commands and answers once they are durable.
 */
#ifndef DROVER_SHELL_COORDINATOR_H
#define DROVER_SHELL_COORDINATOR_H

#include <stdbool.h>
#include <uv.h>

#include "common/config/config.h"
#include "coordinator/journal/journal.h"

struct coordinator;

struct coordinator_options {
    const struct config *config; /* the fleet and the limits; borrowed, outlives the coordinator */
    struct journal *journal;     /* ownership passes */
    const char *listen;    /* "unix:PATH", "tcp:127.0.0.1:0", or NULL: nobody but embedded peers */
    struct bundle *bundle; /* one that this process has already, or NULL */
    bool alone;            /* embedded: workers of earlier epochs are gone for certain */
    bool reloads;          /* a service: the configuration's file may be read again */
};

/* The coordinator cannot go on (the journal failed); the process must end with an error. */
typedef void coordinator_failed(const struct error *reason, void *context);

/* Replays the journal, claims an epoch, listens. Takes the journal also on failure. */
struct coordinator *coordinator_start(uv_loop_t *loop, const struct coordinator_options *options,
                                      coordinator_failed *failed, void *context,
                                      struct error *error);

/* A connected socket whose other end is in this process (stream_pair): a session like any other. */
int coordinator_adopt(struct coordinator *coordinator, int file_descriptor,
                      struct error *error) MUST_CHECK;

/* Where it listens, with the real port; "" when it does not. */
const char *coordinator_address(const struct coordinator *coordinator);

/* Reads the configuration's file again, for `actor`; its mistakes are logged, and what was in force stays. */
void coordinator_reload(struct coordinator *coordinator, const char *actor);

/* Stops taking anything in, waits for the append in flight, closes everything, calls `closed`. A
 * running rollout stays as it is in the journal. */
typedef void coordinator_closed(void *context);
void coordinator_close(struct coordinator *coordinator, coordinator_closed *closed, void *context);

#endif
