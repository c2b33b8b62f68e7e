/* Errors as problem details (RFC 9457): application/problem+json with what is wrong and what to do. */
#ifndef DROVER_HTTP_PROBLEM_H
#define DROVER_HTTP_PROBLEM_H

#include "coordinator/http/exchange.h"

struct message_refused;

/* Replies with {"status", "title", "detail", "hint", "code"}; `hint` may be "". */
void problem_reply(struct exchange *exchange, enum http_status status, enum error_code code,
                   const char *detail, const char *hint);

/* What the coordinator refused. */
void problem_refused(struct exchange *exchange, const struct message_refused *refused);

#endif
