/* Replies of a kind. */
#ifndef DROVER_HTTP_REPLY_H
#define DROVER_HTTP_REPLY_H

#include <jansson.h>

#include "coordinator/http/exchange.h"

/* `value` is released; `type` is static. */
void reply_json(struct exchange *exchange, enum http_status status, const char *type,
                json_t *value);

#endif
