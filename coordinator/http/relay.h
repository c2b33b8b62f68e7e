/* A relay: an exchange's request as a message to the coordinator, and the answer handed on. It is a session like that of any
 * command, over a socket pair: what is right for the wire is right for HTTP, and there is no second dispatch.
 */
#ifndef DROVER_HTTP_RELAY_H
#define DROVER_HTTP_RELAY_H

#include "common/vocabulary/message.h"

struct exchange;
struct gateway;

/* An answer, or all parts of it together; `message` lives until it returns. Replies to the exchange. */
typedef void relay_answered(struct exchange *exchange, const struct message *message);

/* Sends `request` and waits for `wanted`; what is refused is replied as a problem, and so is the coordinator's end. */
void relay_ask(struct gateway *gateway, struct exchange *exchange, const struct message *request,
               enum message_type wanted, relay_answered *answered);

#endif
