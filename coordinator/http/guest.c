#include "coordinator/http/guest.h"

#include <string.h>

#include "common/base/array.h"
#include "coordinator/http/exchange.h"
#include "coordinator/http/problem.h"

/* Takes the same time wherever the two differ. */
static bool same_secret(const char *given, const char *token)
{
    size_t length = strlen(token);
    if (strlen(given) != length) {
        return false;
    }
    unsigned char differs = 0;
    for (size_t i = 0; i < length; i++) {
        differs = (unsigned char)(differs | (given[i] ^ token[i]));
    }
    return differs == 0;
}

/* "127.0.0.1:7480", "[::1]:7480", "localhost" */
static bool host_is_loopback(const char *host)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    for (size_t i = 0; i < LENGTH(names); i++) {
        size_t length = strlen(names[i]);
        if (strncmp(host, names[i], length) == 0 && (host[length] == '\0' || host[length] == ':')) {
            return true;
        }
    }
    return false;
}

static bool origin_is_ours(const char *origin, const char *host)
{
    static const char scheme[] = "http://";
    return strncmp(origin, scheme, sizeof scheme - 1) == 0 &&
           strcmp(origin + sizeof scheme - 1, host) == 0;
}

static bool token_is_shown(const struct exchange *exchange, const char *token)
{
    static const char scheme[] = "Bearer ";
    const char *given = exchange_header(exchange, "Authorization");
    return given != NULL && strncmp(given, scheme, sizeof scheme - 1) == 0 &&
           same_secret(given + sizeof scheme - 1, token);
}

bool guest_is_welcome(struct exchange *exchange, const char *token)
{
    if (token == NULL) {
        return true;
    }
    const char *host = exchange_header(exchange, "Host");
    const char *origin = exchange_header(exchange, "Origin");
    if (host == NULL || !host_is_loopback(host)) {
        problem_reply(exchange, HTTP_FORBIDDEN, ERROR_USAGE,
                      "the Host of the request is not a loopback address",
                      "ask by 127.0.0.1, [::1] or localhost");
        return false;
    }
    if (origin != NULL && !origin_is_ours(origin, host)) {
        problem_reply(exchange, HTTP_FORBIDDEN, ERROR_USAGE, "a page of another origin asks here",
                      "");
        return false;
    }
    if (!token_is_shown(exchange, token)) {
        exchange_header_add(exchange, "WWW-Authenticate", "Bearer realm=\"drover\"");
        problem_reply(exchange, HTTP_UNAUTHORIZED, ERROR_USAGE,
                      "the bearer token is missing or wrong",
                      "send `Authorization: Bearer TOKEN` with the first line of the file that "
                      "http_token names");
        return false;
    }
    return true;
}

const char *guest_actor(struct exchange *exchange)
{
    const char *peer = exchange_peer(exchange);
    return peer[0] != '\0' ? arena_printf(exchange_arena(exchange), "%s over HTTP", peer)
                           : "the holder of the HTTP token";
}
