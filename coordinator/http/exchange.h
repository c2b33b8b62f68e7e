/* One HTTP request and its reply. It lives until the reply is written or the peer is gone; whoever works on it asks to be told
 * of that (exchange_on_end).
 */
#ifndef DROVER_HTTP_EXCHANGE_H
#define DROVER_HTTP_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/base/texts.h"

enum { EXCHANGE_BODY_BYTES_MAX = 64 * 1024 };

/* Statuses of RFC 9110 that are given here. */
enum http_status {
    HTTP_OK = 200,
    HTTP_BAD_REQUEST = 400,
    HTTP_UNAUTHORIZED = 401,
    HTTP_FORBIDDEN = 403,
    HTTP_NOT_FOUND = 404,
    HTTP_METHOD_NOT_ALLOWED = 405,
    HTTP_CONFLICT = 409,
    HTTP_UNSUPPORTED_TYPE = 415,
    HTTP_ERROR = 500,
    HTTP_UNAVAILABLE = 503,
};

struct exchange;

const char *exchange_method(const struct exchange *exchange);
const char *exchange_path(const struct exchange *exchange); /* decoded, without the query */
const char *exchange_header(const struct exchange *exchange, const char *name); /* or NULL */
struct bytes exchange_body(const struct exchange *exchange);

/* Each `name=value` of the query, decoded; a name without a value has "". */
typedef void exchange_parameter(const char *name, const char *value, void *context);
void exchange_parameters(struct exchange *exchange, exchange_parameter *visit, void *context);

/* Who the kernel says is at the other end of a Unix socket, as "user@host"; "" over TCP. */
const char *exchange_peer(const struct exchange *exchange);

/* What is allocated here lives as long as the exchange. */
struct arena *exchange_arena(struct exchange *exchange);

/* A header of the reply; before exchange_reply. Both texts are copied. */
void exchange_header_add(struct exchange *exchange, const char *name, const char *value);

/* The reply, once. `body` is taken and left empty; `type` is static. */
void exchange_reply(struct exchange *exchange, enum http_status status, const char *type,
                    struct buffer *body);

/* `ended` is called once when the exchange ends, whether it was replied to or not; the exchange must not be used after. */
void exchange_on_end(struct exchange *exchange, void (*ended)(void *context), void *context);

#endif
