/* Embedded: coordinator and worker in this process, on the caller's loop.
 *
 * They talk over socket pairs with the same messages as services do. While it runs, it listens
 * where a coordinator would, so that `drover status -w` works from another terminal.
 */
#ifndef DROVER_CLIENT_EMBEDDED_H
#define DROVER_CLIENT_EMBEDDED_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "common/base/error.h"
#include "common/config/config.h"

struct bundle;
struct embedded;
struct python_options;

struct embedded_options {
    const struct config *config;         /* borrowed */
    const char *listen;                  /* an address, or NULL: nowhere */
    bool question;                       /* journal in memory: leaves no trace and takes no lock */
    uint32_t credit;                     /* targets at once */
    struct bundle *known;                /* one that the command has, which both share; or NULL */
    const struct python_options *python; /* borrowed; as struct worker_options */
    void (*failed)(const struct error *reason, void *context); /* it cannot go on; close it */
    void *context;
};

/* Starts both; *file_descriptor is the command's end of its session. */
struct embedded *embedded_open(uv_loop_t *loop, const struct embedded_options *options,
                               int *file_descriptor, struct error *error);

/* Closes both in order, calls `closed`, frees. */
void embedded_close(struct embedded *embedded, void (*closed)(void *context), void *context);

/* How many idle connections a worker keeps at most; what each server can spare it asks
 * the server (worker/connections/server_room.h). */
enum { KEPT_CONNECTIONS_MAX = 1024 };

#endif
