/* HTTP of a coordinator: what commands can ask and tell it, for browsers, scripts and Prometheus. Routes stand in routes.def;
 * GET /openapi.json describes them.
 */
#ifndef DROVER_HTTP_HTTP_H
#define DROVER_HTTP_HTTP_H

#include <uv.h>

#include "common/base/error.h"

struct coordinator;
struct gateway;

struct http_options {
    const char *address; /* "unix:PATH" or, on loopback, "tcp:HOST:PORT" */
    const char *
        token_file; /* its first line lets a peer in over TCP, where the kernel does not say who it is; or "" */
};

/* Listens, for a coordinator that is borrowed and closed after us. NULL with an error, also when TCP is asked for and there
 * is no token. */
struct gateway *http_open(uv_loop_t *loop, struct coordinator *coordinator,
                          const struct http_options *options, struct error *error);

const char *http_address(const struct gateway *gateway); /* with the real port */

/* Ends what is being answered; `closed` is called when libuv is done. */
void http_close(struct gateway *gateway, void (*closed)(void *context), void *context);

#endif
