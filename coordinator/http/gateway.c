#include "coordinator/http/gateway.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/array.h"
#include "common/base/file.h"
#include "common/base/wiped.h"
#include "common/json/json.h"
#include "common/json/json_read.h"
#include "common/vocabulary/limits.h"
#include "coordinator/http/exchange.h"
#include "coordinator/http/guest.h"
#include "coordinator/http/http.h"
#include "coordinator/http/http_server.h"
#include "coordinator/http/problem.h"
#include "coordinator/http/relay.h"
#include "coordinator/http/reply.h"
#include "coordinator/http/route.h"

enum {
    RELAYS_MAX = 64,
    SLOW_RELAYS_MAX = 8,
    TOKEN_BYTES_MAX = 4096,
    TOKEN_LENGTH_MIN = 16, /* what can be guessed is none */
};

bool gateway_relay_begins(struct gateway *gateway, bool slow)
{
    if (gateway->relays == RELAYS_MAX || (slow && gateway->slow == SLOW_RELAYS_MAX)) {
        return false;
    }
    gateway->relays++;
    gateway->slow += slow;
    return true;
}

void gateway_relay_ended(struct gateway *gateway, bool slow)
{
    gateway->relays--;
    gateway->slow -= slow;
}

/* ---- a request as a message ---- */

static void parameter_add(const char *name, const char *value, void *context)
{
    (void)json_object_set_new(context, name, json_text(value));
}

static bool body_is_json(const struct exchange *exchange)
{
    static const char type[] = "application/json";
    const char *given = exchange_header(exchange, "Content-Type");
    return given != NULL && strncasecmp(given, type, sizeof type - 1) == 0 &&
           strchr("; ", given[sizeof type - 1]) != NULL;
}

/* What the request asks for, as an object; NULL after replying with a problem. */
static json_t *request_object(struct exchange *exchange, const struct route *route)
{
    json_t *object = json_object();
    if (route->kind != ROUTE_TELL) {
        exchange_parameters(exchange, parameter_add, object);
        return object;
    }
    struct bytes body = exchange_body(exchange);
    json_error_t fault;
    json_decref(object);
    if (!body_is_json(exchange)) { /* a form of another page cannot say that it is */
        problem_reply(exchange, HTTP_UNSUPPORTED_TYPE, ERROR_USAGE,
                      "the body must be JSON and say so",
                      "send `Content-Type: application/json` and an object, at least {}");
        return NULL;
    }
    object = json_loadb((const char *)body.data, body.length, JSON_REJECT_DUPLICATES, &fault);
    if (object == NULL || !json_is_object(object)) {
        json_decref(object);
        problem_reply(exchange, HTTP_BAD_REQUEST, ERROR_USAGE,
                      object != NULL ? "the body is not an object"
                                     : arena_printf(exchange_arena(exchange),
                                                    "the body, line %d, column %d: %s", fault.line,
                                                    fault.column, fault.text),
                      "send an object: {\"reason\": \"checkout is down\"}");
        return NULL;
    }
    return object;
}

/* `where` is what commands call the scope of a verb. */
static void where_take(json_t *object)
{
    json_t *where = json_object_get(object, "where");
    if (where != NULL) {
        (void)json_object_set(object, "scope", where);
        (void)json_object_del(object, "where");
    }
}

static int message_fill(struct exchange *exchange, const struct route *route, json_t *object,
                        struct message *message, struct error *error)
{
    const struct layout *layout = message_layout(route->request);
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        if (!route_takes(route, name)) {
            return error_set(error, ERROR_USAGE, "\"%.100s\" is not for a request to say", name);
        }
    }
    *message = (struct message){.type = route->request};
    layout_absent(layout, &message->hello); /* all bodies begin at the same place */
    if (route->kind == ROUTE_TELL) {
        message->control.verb = route->tells;
        message->control.limits = limits_kept();
        where_take(object);
    }
    if (json_read(object, layout, exchange_arena(exchange), &message->hello, error) != 0) {
        return -1;
    }
    if (route->kind == ROUTE_TELL) {
        message->control.who.actor = guest_actor(exchange);
    }
    return 0;
}

/* Probes look at nothing else: what is unknown is no yes. */
static enum http_status status_of(const struct message *message)
{
    const struct message_standing *standing = &message->standing;
    if (message->type != MESSAGE_STANDING || standing->at_least) {
        return HTTP_OK;
    }
    return standing->behind > 0 ? HTTP_CONFLICT : HTTP_UNAVAILABLE;
}

static void answer_reply(struct exchange *exchange, const struct message *message)
{
    json_t *answer = json_record(message_layout(message->type), message_body(message));
    if (message->type == MESSAGE_TARGETS) {
        json_t *targets = json_array();
        for (size_t i = 0; i < message->targets.targets.count; i++) {
            (void)json_array_append_new(targets,
                                        json_target_status(&message->targets.targets.items[i]));
        }
        (void)json_object_set_new(answer, "targets", targets);
    }
    reply_json(exchange, status_of(message), "application/json", answer);
}

static void message_ask(struct gateway *gateway, struct exchange *exchange,
                        const struct route *route)
{
    json_t *object = request_object(exchange, route);
    if (object == NULL) {
        return;
    }
    struct message message;
    struct error error = {0};
    int result = message_fill(exchange, route, object, &message, &error);
    json_decref(object);
    if (result != 0) {
        problem_reply(exchange, HTTP_BAD_REQUEST, error.code, error.message, error.hint);
        return;
    }
    relay_ask(gateway, exchange, &message, route->answer, answer_reply);
}

/* ---- requests ---- */

static bool method_is(const struct exchange *exchange, const struct route *route)
{
    const char *method = exchange_method(exchange);
    return strcmp(method, route_method(route)) == 0 ||
           (route->kind != ROUTE_TELL && strcmp(method, "HEAD") == 0);
}

static void gateway_requested(struct exchange *exchange, void *context)
{
    struct gateway *gateway = context;
    const struct route *route = route_find(exchange_path(exchange));
    if ((route == NULL || route->page != page_healthz) &&
        !guest_is_welcome(exchange, gateway->token)) {
        return;
    }
    if (route == NULL) {
        problem_reply(exchange, HTTP_NOT_FOUND, ERROR_USAGE, "there is nothing at this path",
                      "GET /openapi.json tells what there is");
    } else if (!method_is(exchange, route)) {
        exchange_header_add(exchange, "Allow", route_method(route));
        problem_reply(exchange, HTTP_METHOD_NOT_ALLOWED, ERROR_USAGE,
                      route->kind == ROUTE_TELL ? "this changes something: POST it"
                                                : "this is only to be read: GET it",
                      "");
    } else if (route->kind == ROUTE_PAGE) {
        route->page(gateway, exchange);
    } else {
        message_ask(gateway, exchange, route);
    }
}

void page_healthz(struct gateway *gateway, struct exchange *exchange)
{
    (void)gateway;
    struct buffer body = {0};
    buffer_text_append(&body, "ok\n");
    exchange_reply(exchange, HTTP_OK, "text/plain; charset=utf-8", &body);
}

/* ---- opening and closing ---- */

/* The first line of the file. */
static char *token_read(const char *path, struct error *error)
{
    struct buffer content = {0};
    const char *why = NULL;
    char *token = NULL;
    buffer_reserve(&content, TOKEN_BYTES_MAX + 1);
    if (file_read_ordinary(path, TOKEN_BYTES_MAX, &content, &why) != 0) {
        (void)error_set(error, ERROR_CONFIG, "read the HTTP token in %s: %s", path, why);
    } else {
        char *text = content.data != NULL ? content.data : "";
        size_t length = strcspn(text, "\r\n");
        if (length < TOKEN_LENGTH_MIN || content.length > TOKEN_BYTES_MAX) {
            (void)error_set(error, ERROR_CONFIG,
                            "the HTTP token in %s is no line of %d to %d characters", path,
                            TOKEN_LENGTH_MIN, TOKEN_BYTES_MAX);
            (void)error_hint(error, "openssl rand -hex 32 > %s", path);
        } else {
            text[length] = '\0';
            token = wiped_copy(text);
        }
    }
    buffer_free_wiped(&content);
    return token;
}

static int gateway_open(struct gateway *gateway, const struct http_options *options,
                        struct error *error)
{
    bool local = strncmp(options->address, "unix:", strlen("unix:")) == 0;
    if (!local && options->token_file[0] == '\0') {
        (void)error_set(error, ERROR_CONFIG,
                        "serve HTTP on %s: over TCP nobody says who asks, so a token is needed",
                        options->address);
        return error_hint(error, "http_token: PATH of a file with one line, or a Unix socket");
    }
    if (!local) {
        gateway->token = token_read(options->token_file, error);
    }
    if (!local && gateway->token == NULL) {
        return -1;
    }
    gateway->server =
        http_server_open(gateway->loop, options->address, gateway_requested, gateway, error);
    return gateway->server != NULL ? 0 : error_wrap(error, "serve HTTP");
}

static void gateway_free(struct gateway *gateway)
{
    wiped_drop(&gateway->token);
    free(gateway);
}

struct gateway *http_open(uv_loop_t *loop, struct coordinator *coordinator,
                          const struct http_options *options, struct error *error)
{
    struct gateway *gateway = memory_alloc(sizeof *gateway);
    gateway->loop = loop;
    gateway->coordinator = coordinator;
    if (gateway_open(gateway, options, error) != 0) {
        gateway_free(gateway);
        return NULL;
    }
    return gateway;
}

const char *http_address(const struct gateway *gateway)
{
    return http_server_address(gateway->server);
}

static void server_closed(void *context)
{
    struct gateway *gateway = context;
    void (*closed)(void *) = gateway->closed;
    void *closed_context = gateway->closed_context;
    gateway_free(gateway);
    if (closed != NULL) {
        closed(closed_context);
    }
}

void http_close(struct gateway *gateway, void (*closed)(void *context), void *context)
{
    gateway->closed = closed;
    gateway->closed_context = context;
    http_server_close(gateway->server, server_closed, gateway);
}
