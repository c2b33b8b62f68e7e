/* Who asks, and whether he may.
 *
 * Over a Unix socket the kernel says who it is, and only our user and root are let in. Over TCP a bearer token must be shown,
 * and a browser is kept from being used by a page of another origin: the Host must be loopback's (or a name that points here
 * would do), an Origin must be our own.
 */
#ifndef DROVER_HTTP_GUEST_H
#define DROVER_HTTP_GUEST_H

#include <stdbool.h>

struct exchange;

/* `token` NULL: the peer is known to the kernel. False after replying with a problem. */
bool guest_is_welcome(struct exchange *exchange, const char *token);

/* Whom the journal names for what he does. */
const char *guest_actor(struct exchange *exchange);

#endif
