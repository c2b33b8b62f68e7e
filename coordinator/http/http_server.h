/* An HTTP server on a libuv loop: libmicrohttpd, turned through its epoll descriptor. It has no thread; what is asked is
 * handed to one function, which replies at once or later.
 */
#ifndef DROVER_HTTP_HTTP_SERVER_H
#define DROVER_HTTP_HTTP_SERVER_H

#include <uv.h>

#include "common/base/error.h"

struct exchange;
struct http_server;

/* A whole request. Must lead to one exchange_reply. */
typedef void http_requested(struct exchange *exchange, void *context);

/* Listens as the wire does (common/wire/stream.h: "unix:PATH" for our user and root, "tcp:HOST:PORT" on loopback). NULL with
 * an error. */
struct http_server *http_server_open(uv_loop_t *loop, const char *address,
                                     http_requested *requested, void *context, struct error *error);

const char *http_server_address(const struct http_server *server); /* with the real port */

/* Ends every exchange, closes, and calls `closed` when libuv is done. */
void http_server_close(struct http_server *server, void (*closed)(void *context), void *context);

#endif
