/* libmicrohttpd in the mode where its user turns it: whenever its epoll descriptor is readable, its next timeout is over, or
 * a reply was given. An exchange that waits for its reply is suspended, and costs no turn.
 */
#include "coordinator/http/http_server.h"

#include <microhttpd.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/array.h"
#include "common/base/impossible.h"
#include "common/base/log.h"
#include "common/wire/stream.h"
#include "coordinator/http/exchange.h"

enum {
    CONNECTIONS_MAX = 256,
    CONNECTION_BYTES_MAX = 32 * 1024, /* of a request's line and headers */
    SILENCE_SECONDS_MAX = 30,         /* of a peer within a request, or between two */
    HOST_BYTES = 256,
    HEADERS_MAX = 4,
};

struct http_server {
    uv_loop_t *loop;
    struct MHD_Daemon *daemon;
    struct listener *listener;
    uv_poll_t poll;   /* of the daemon's epoll descriptor */
    uv_timer_t timer; /* the daemon's next timeout */
    unsigned handles; /* open */
    struct exchange *exchanges;
    http_requested *requested;
    void *context;
    void (*closed)(void *context);
    void *closed_context;
    bool local;            /* a Unix socket */
    char own[HOST_BYTES];  /* "ann@host", of our own user */
    char root[HOST_BYTES]; /* "root@host" */
};

struct header {
    const char *name;
    const char *value;
};

struct exchange {
    struct http_server *server;
    struct exchange *next;
    struct MHD_Connection *connection;
    const char *method;
    const char *path;
    struct buffer body;
    bool asked;                         /* handed out */
    bool suspended;                     /* waits for its reply */
    struct header headers[HEADERS_MAX]; /* of the reply */
    size_t header_count;
    struct buffer reply;
    const char *type;
    enum http_status status; /* 0: no reply yet */
    void (*ended)(void *context);
    void *ended_context;
    struct arena arena;
};

/* ---- an exchange, for those who work on it ---- */

const char *exchange_method(const struct exchange *exchange)
{
    return exchange->method;
}

const char *exchange_path(const struct exchange *exchange)
{
    return exchange->path;
}

const char *exchange_header(const struct exchange *exchange, const char *name)
{
    return MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
}

struct bytes exchange_body(const struct exchange *exchange)
{
    return (struct bytes){(const uint8_t *)buffer_text(&exchange->body), exchange->body.length};
}

struct visit {
    exchange_parameter *visit;
    void *context;
};

static enum MHD_Result parameter_visit(void *context, enum MHD_ValueKind kind, const char *name,
                                       const char *value)
{
    (void)kind;
    const struct visit *visit = context;
    visit->visit(name, value != NULL ? value : "", visit->context);
    return MHD_YES;
}

void exchange_parameters(struct exchange *exchange, exchange_parameter *visit, void *context)
{
    struct visit each = {visit, context};
    (void)MHD_get_connection_values(exchange->connection, MHD_GET_ARGUMENT_KIND, parameter_visit,
                                    &each);
}

const char *exchange_peer(const struct exchange *exchange)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (!exchange->server->local || info == NULL ||
        getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) {
        return "";
    }
    return peer.uid == 0 ? exchange->server->root : exchange->server->own;
}

struct arena *exchange_arena(struct exchange *exchange)
{
    return &exchange->arena;
}

void exchange_header_add(struct exchange *exchange, const char *name, const char *value)
{
    INVARIANT_THAT(exchange->header_count < HEADERS_MAX, "a reply has too many headers");
    exchange->headers[exchange->header_count++] = (struct header){
        arena_strdup(&exchange->arena, name), arena_strdup(&exchange->arena, value)};
}

static void server_turn_soon(struct http_server *server);

void exchange_reply(struct exchange *exchange, enum http_status status, const char *type,
                    struct buffer *body)
{
    INVARIANT_THAT(exchange->status == 0, "an exchange is replied to twice");
    exchange->status = status;
    exchange->type = type;
    exchange->reply = *body;
    *body = (struct buffer){0};
    if (exchange->suspended) {
        exchange->suspended = false;
        MHD_resume_connection(exchange->connection);
        server_turn_soon(exchange->server);
    }
}

void exchange_on_end(struct exchange *exchange, void (*ended)(void *context), void *context)
{
    exchange->ended = ended;
    exchange->ended_context = context;
}

/* ---- an exchange, for the library ---- */

static struct exchange *exchange_begin(struct http_server *server,
                                       struct MHD_Connection *connection, const char *method,
                                       const char *path)
{
    struct exchange *exchange = memory_alloc(sizeof *exchange);
    exchange->server = server;
    exchange->connection = connection;
    exchange->method = arena_strdup(&exchange->arena, method);
    exchange->path = arena_strdup(&exchange->arena, path);
    exchange->next = server->exchanges;
    server->exchanges = exchange;
    return exchange;
}

static void exchange_end(struct exchange *exchange)
{
    void (*ended)(void *) = exchange->ended;
    exchange->ended = NULL;
    if (ended != NULL) {
        ended(exchange->ended_context);
    }
}

/* The library is done with it. */
static void exchange_completed(void *context, struct MHD_Connection *connection, void **held,
                               enum MHD_RequestTerminationCode code)
{
    (void)connection;
    (void)code;
    struct http_server *server = context;
    struct exchange *exchange = *held;
    if (exchange == NULL) {
        return;
    }
    exchange_end(exchange);
    struct exchange **at = &server->exchanges;
    while (*at != exchange) {
        at = &(*at)->next;
    }
    *at = exchange->next;
    buffer_free(&exchange->body);
    buffer_free(&exchange->reply);
    arena_free(&exchange->arena);
    free(exchange);
}

/* On every reply: nothing of it is kept, guessed at, framed, or run by a browser. */
static const struct header guards[] = {
    {"Cache-Control", "no-store"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"},
};

static enum MHD_Result exchange_send(struct exchange *exchange)
{
    /* The response owns the bytes from here on. */
    struct MHD_Response *response = MHD_create_response_from_buffer(
        exchange->reply.length, exchange->reply.data, MHD_RESPMEM_MUST_FREE);
    if (response == NULL) {
        return MHD_NO; /* the connection is closed */
    }
    exchange->reply = (struct buffer){0};
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, exchange->type);
    for (size_t i = 0; i < LENGTH(guards); i++) {
        (void)MHD_add_response_header(response, guards[i].name, guards[i].value);
    }
    for (size_t i = 0; i < exchange->header_count; i++) {
        (void)MHD_add_response_header(response, exchange->headers[i].name,
                                      exchange->headers[i].value);
    }
    enum MHD_Result result = MHD_queue_response(exchange->connection, exchange->status, response);
    MHD_destroy_response(response);
    return result;
}

/* Called with the headers first, then with each part of the body, then once more; and again after a suspension. */
static enum MHD_Result request_came(void *context, struct MHD_Connection *connection,
                                    const char *path, const char *method, const char *version,
                                    const char *part, size_t *part_length, void **held)
{
    (void)version;
    struct http_server *server = context;
    struct exchange *exchange = *held;
    if (exchange == NULL) {
        *held = exchange_begin(server, connection, method, path);
        return MHD_YES;
    }
    if (*part_length > 0) {
        buffer_append(&exchange->body, part, *part_length);
        *part_length = 0;
        /* Nothing that is taken here is so long: the connection is closed. */
        return exchange->body.length > EXCHANGE_BODY_BYTES_MAX ? MHD_NO : MHD_YES;
    }
    if (!exchange->asked) {
        exchange->asked = true;
        server->requested(exchange, server->context);
    }
    if (exchange->status != 0) {
        return exchange_send(exchange);
    }
    exchange->suspended = true;
    MHD_suspend_connection(connection);
    return MHD_YES;
}

/* ---- the loop ---- */

static void timer_due(uv_timer_t *timer);

static void server_turn(struct http_server *server)
{
    if (server->daemon == NULL) {
        return;
    }
    (void)MHD_run(server->daemon);
    MHD_UNSIGNED_LONG_LONG milliseconds = 0;
    if (MHD_get_timeout(server->daemon, &milliseconds) == MHD_YES) {
        (void)uv_timer_start(&server->timer, timer_due, milliseconds, 0);
    } else {
        (void)uv_timer_stop(&server->timer);
    }
}

static void timer_due(uv_timer_t *timer)
{
    server_turn(timer->data);
}

static void server_turn_soon(struct http_server *server)
{
    (void)uv_timer_start(&server->timer, timer_due, 0, 0);
}

static void poll_ready(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    server_turn(poll->data);
}

static void peer_accepted(int file_descriptor, void *context)
{
    struct http_server *server = context;
    struct sockaddr_storage name;
    socklen_t length = sizeof name;
    /* The library closes what it does not take: more connections than CONNECTIONS_MAX. */
    if (getpeername(file_descriptor, (struct sockaddr *)&name, &length) != 0) {
        (void)close(file_descriptor);
    } else if (MHD_add_connection(server->daemon, file_descriptor, (struct sockaddr *)&name,
                                  length) != MHD_YES) {
        log_write(LOG_WARNING, "an HTTP connection was not taken: %d are open", CONNECTIONS_MAX);
    }
    server_turn_soon(server);
}

/* ---- opening and closing ---- */

static void names_find(struct http_server *server)
{
    char host[HOST_BYTES / 2] = "";
    (void)gethostname(host, sizeof host - 1);
    const struct passwd *known = getpwuid(geteuid());
    (void)snprintf(server->own, sizeof server->own, "%.100s@%s",
                   known != NULL ? known->pw_name : "unknown", host);
    (void)snprintf(server->root, sizeof server->root, "root@%s", host);
}

static int daemon_start(struct http_server *server, struct error *error)
{
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
        request_came, server, MHD_OPTION_NOTIFY_COMPLETED, exchange_completed, server,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_BYTES_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SILENCE_SECONDS_MAX,
        MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        server->daemon != NULL ? MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)
                               : NULL;
    if (info == NULL || uv_poll_init(server->loop, &server->poll, info->epoll_fd) != 0) {
        return error_set(error, ERROR_IO, "serve HTTP: the library does not start");
    }
    server->handles++;
    server->poll.data = server;
    return uv_poll_start(&server->poll, UV_READABLE, poll_ready) == 0
               ? 0
               : error_set(error, ERROR_IO, "serve HTTP: its events cannot be watched");
}

struct http_server *http_server_open(uv_loop_t *loop, const char *address,
                                     http_requested *requested, void *context, struct error *error)
{
    struct http_server *server = memory_alloc(sizeof *server);
    server->loop = loop;
    server->requested = requested;
    server->context = context;
    server->local = strncmp(address, "unix:", strlen("unix:")) == 0;
    names_find(server);
    (void)uv_timer_init(loop, &server->timer);
    server->timer.data = server;
    server->handles = 1;
    if (daemon_start(server, error) == 0) {
        server->listener = listener_open(loop, address, peer_accepted, server, error);
    }
    if (server->listener == NULL) {
        http_server_close(server, NULL, NULL);
        return NULL;
    }
    return server;
}

const char *http_server_address(const struct http_server *server)
{
    return listener_address(server->listener);
}

static void handle_closed(uv_handle_t *handle)
{
    struct http_server *server = handle->data;
    if (--server->handles > 0) {
        return;
    }
    void (*closed)(void *) = server->closed;
    void *context = server->closed_context;
    free(server);
    if (closed != NULL) {
        closed(context);
    }
}

void http_server_close(struct http_server *server, void (*closed)(void *context), void *context)
{
    server->closed = closed;
    server->closed_context = context;
    listener_close(server->listener);
    for (struct exchange *exchange = server->exchanges; exchange != NULL;
         exchange = exchange->next) {
        exchange_end(exchange);
        if (exchange->suspended) { /* the library asks for it before its end */
            exchange->suspended = false;
            MHD_resume_connection(exchange->connection);
        }
    }
    bool polls = server->handles > 1;
    struct MHD_Daemon *daemon = server->daemon;
    server->daemon = NULL;
    if (polls) {
        uv_close((uv_handle_t *)&server->poll, handle_closed);
    }
    uv_close((uv_handle_t *)&server->timer, handle_closed);
    if (daemon != NULL) {
        MHD_stop_daemon(daemon);
    }
}
