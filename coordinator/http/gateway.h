/* The gateway: HTTP of one coordinator. What is asked is routed (route.h), and who asks is known before.
 *
 *   http_server.c  libmicrohttpd on the loop: exchanges
 *   guest.c        who asks, and whether he may
 *   route.c        what there is, from routes.def
 *   relay.c        a request as a session with the coordinator, and its answer
 *   problem.c      errors as problem details; reply.c
 *   metrics.c      for Prometheus; openapi.c: the interface described
 */
#ifndef DROVER_HTTP_GATEWAY_H
#define DROVER_HTTP_GATEWAY_H

#include <stdbool.h>
#include <uv.h>

struct coordinator;
struct http_server;

/* Only coordinator/http includes its members. */
struct gateway {
    uv_loop_t *loop;
    struct coordinator *coordinator;
    struct http_server *server;
    char *token;     /* wiped; NULL: only the kernel tells who asks */
    unsigned relays; /* under way */
    unsigned slow;   /* those of them that are answered off the coordinator's loop */
    void (*closed)(void *context);
    void *closed_context;
};

/* Whether one more request may be under way at the coordinator; counts it. `slow`: it is answered off the loop, from the
 * journal or by running ahead; of these there may be few, so that the others need not wait for them. */
bool gateway_relay_begins(struct gateway *gateway, bool slow);
void gateway_relay_ended(struct gateway *gateway, bool slow);

#endif
