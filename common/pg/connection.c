/* Opening and closing a connection.
 *
 * Hosts are tried in the URL's order, each with its own time limit, which covers the name lookup.
 * The addresses of a name are tried one by one in the resolver's order and share its limit: a
 * silent one leaves the others their part. An address that refuses (class 08, or 57P03: starting
 * up) gives way to the next one; any other refusal is final, as in libpq. The socket is watched
 * anew after every PQconnectPoll, because libpq may have closed it and got the same number again.
 */
#include "common/pg/connection.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"
#include "common/base/impossible.h"
#include "common/base/wiped.h"
#include "common/pg/cancel.h"
#include "common/pg/pg_error.h"
#include "common/pg/machine.h"
#include "common/pg/query.h"
#include "common/pg/socket.h"
#include "common/vocabulary/sqlstate.h"

/* What every connection gets unless its URL says otherwise; the
 * network is noticed within seconds. */
static const char *const default_parameters[][2] = {
    {"gssencmode", "disable"},     {"client_encoding", "UTF8"},  {"keepalives", "1"},
    {"keepalives_idle", "5"},      {"keepalives_interval", "2"}, {"keepalives_count", "3"},
    {"tcp_user_timeout", "10000"}, /* milliseconds */
};

enum { PARAMETERS_MAX = 80 };

static void host_next(struct connection *connection);
static void address_next(struct connection *connection);

/* ---- opening ---- */

static void connect_abandon(struct connection *connection)
{
    uv_timer_stop(&connection->timer);
    socket_unwatch(connection);
    if (connection->lookup != NULL) {
        lookup_abandon(connection->lookup);
        connection->lookup = NULL;
    }
    PQfinish(connection->pg);
    connection->pg = NULL;
}

static const struct host *host_present(const struct connection *connection)
{
    return &connection->hosts.items[connection->host];
}

static void open_refused(struct connection *connection)
{
    connect_abandon(connection);
    connection->state = CONNECTION_BROKEN;
    if (connection->host_faults.length > 0) {
        buffer_printf(&connection->host_faults, "; %s", connection->fault.message);
        char sqlstate[6];
        memcpy(sqlstate, connection->fault.sqlstate, sizeof sqlstate);
        fault_say(connection, sqlstate, connection->host_faults.data,
                  connection->host_faults.length);
    }
    connection->fault.lost = true;
    connection->opened(connection, &connection->fault, connection->opened_context);
}

/* The present host or address has failed with `fault`. */
static void host_failed(struct connection *connection)
{
    const char *sqlstate = connection->fault.sqlstate;
    bool another = sqlstate_is(sqlstate, SQLSTATE_CLASS_CONNECTION_EXCEPTION) ||
                   sqlstate_is(sqlstate, SQLSTATE_CANNOT_CONNECT_NOW);
    if (!another || connection->host + 1 >= connection->hosts.count) {
        open_refused(connection);
        return;
    }
    buffer_printf(&connection->host_faults, "%s%s", connection->host_faults.length > 0 ? "; " : "",
                  connection->fault.message);
    bool sibling = host_present(connection)->siblings > 0;
    connection->host++;
    connect_abandon(connection);
    if (sibling) {
        address_next(connection);
    } else {
        host_next(connection);
    }
}

static const char *host_name(const struct connection *connection)
{
    const struct host *host = host_present(connection);
    if (host->name != NULL) {
        return host->name;
    }
    return host->address != NULL ? host->address : "the local socket";
}

static void host_too_slow(uv_timer_t *timer)
{
    struct connection *connection = timer->data;
    const struct host *host = host_present(connection);
    bool resolved = host->name != NULL && host->address != NULL;
    fault_set(connection, SQLSTATE_CANNOT_CONNECT, "%s \"%s\"%s%s%s: no answer within %.3g s",
              connection->state == CONNECTION_RESOLVING ? "looking up host" : "connecting to",
              host_name(connection), resolved ? " (" : "", resolved ? host->address : "",
              resolved ? ")" : "", (double)connection->patience_ms / 1000.0);
    host_failed(connection);
}

/* As the server last told it; "" before connected. */
static const char *parameter(const struct connection *connection, const char *name)
{
    const char *value = connection->pg == NULL ? NULL : PQparameterStatus(connection->pg, name);
    return value != NULL ? value : "";
}

static void connected(struct connection *connection)
{
    uv_timer_stop(&connection->timer);
    wiped_drop(&connection->password);
    (void)PQsetnonblocking(connection->pg, 1);
    connection->session_name =
        arena_strdup(&connection->arena, parameter(connection, "application_name"));
    connection->state = CONNECTION_IDLE;
    connection->socket_ready = query_ready;
    fault_clear(connection);
    socket_rewatch(connection, UV_READABLE);
    connection->opened(connection, NULL, connection->opened_context);
}

static void connect_step(struct connection *connection)
{
    if (connection->poll != NULL) {
        uv_poll_stop(connection->poll); /* libpq may close the socket and open another */
    }
    switch (PQconnectPoll(connection->pg)) {
    case PGRES_POLLING_OK: connected(connection); break;
    case PGRES_POLLING_READING: socket_rewatch(connection, UV_READABLE); break;
    case PGRES_POLLING_WRITING: socket_rewatch(connection, UV_WRITABLE); break;
    default:
        fault_from_connect(connection);
        host_failed(connection);
        break;
    }
}

struct parameter_list {
    const char *keywords[PARAMETERS_MAX + 1];
    const char *values[PARAMETERS_MAX + 1];
    size_t count;
};

static void parameter_add(struct parameter_list *list, const char *keyword, const char *value)
{
    if (value != NULL && list->count < PARAMETERS_MAX) {
        list->keywords[list->count] = keyword;
        list->values[list->count++] = value;
    }
}

static bool parameter_is_ours(const struct connection *connection, const char *keyword)
{
    return strcmp(keyword, "host") == 0 || strcmp(keyword, "hostaddr") == 0 ||
           strcmp(keyword, "port") == 0 || strcmp(keyword, "connect_timeout") == 0 ||
           (strcmp(keyword, "password") == 0 && connection->password != NULL);
}

static void connect_start(struct connection *connection)
{
    const struct host *host = host_present(connection);
    struct parameter_list list = {.count = 0};
    const PQconninfoOption *option = connection->parameters;
    for (size_t i = 0; i < LENGTH(default_parameters); i++) {
        if (parameter_value(option, default_parameters[i][0]) == NULL) {
            parameter_add(&list, default_parameters[i][0], default_parameters[i][1]);
        }
    }
    for (; option->keyword != NULL; option++) {
        if (!parameter_is_ours(connection, option->keyword)) {
            parameter_add(&list, option->keyword, option->val);
        }
    }
    parameter_add(&list, "fallback_application_name", connection->application_name);
    parameter_add(&list, "password", connection->password);
    parameter_add(&list, "host", host->name);
    parameter_add(&list, "hostaddr", host->address);
    parameter_add(&list, "port", host->port);
    connection->pg = PQconnectStartParams(list.keywords, list.values, 0);
    connection->state = CONNECTION_CONNECTING;
}

static void connect_watch(struct connection *connection)
{
    INVARIANT_THAT(connection->pg != NULL, "no memory is left for a connection");
    PQsetErrorVerbosity(connection->pg, PQERRORS_VERBOSE);
    PQsetNoticeReceiver(connection->pg, query_notice, connection);
    if (PQstatus(connection->pg) == CONNECTION_BAD) {
        fault_from_connect(connection);
        host_failed(connection);
        return;
    }
    socket_rewatch(connection, UV_WRITABLE);
}

static void patience_start(struct connection *connection, uint64_t milliseconds)
{
    connection->patience_ms = milliseconds;
    uv_timer_start(&connection->timer, host_too_slow, milliseconds, 0);
}

/* An even part of the time that is left to its name. */
static void address_next(struct connection *connection)
{
    uint64_t now = uv_now(connection->loop);
    uint64_t left = connection->deadline > now ? connection->deadline - now : 0;
    patience_start(connection, left / (host_present(connection)->siblings + 1));
    connect_start(connection);
    connect_watch(connection);
}

static void looked_up(const char *addresses, const char *problem, void *context)
{
    struct connection *connection = context;
    connection->lookup = NULL;
    if (addresses == NULL) {
        fault_set(connection, SQLSTATE_CANNOT_CONNECT, "host name \"%s\" cannot be resolved: %s",
                  host_name(connection), problem);
        host_failed(connection);
        return;
    }
    host_spread(&connection->hosts, connection->host, addresses, &connection->arena);
    address_next(connection);
}

static void host_next(struct connection *connection)
{
    const struct host *host = host_present(connection);
    connection->deadline = uv_now(connection->loop) + connection->connect_timeout_ms;
    if (!host_needs_lookup(host)) {
        address_next(connection);
        return;
    }
    patience_start(connection, connection->connect_timeout_ms);
    connection->state = CONNECTION_RESOLVING;
    connection->lookup = lookup_start(connection->loop, host->name, looked_up, connection);
    if (connection->lookup == NULL) {
        fault_set(connection, SQLSTATE_CANNOT_CONNECT, "host name \"%s\" is not valid", host->name);
        host_failed(connection);
    }
}

/* First turn of the loop after connection_open. */
static void open_begin(uv_timer_t *timer)
{
    struct connection *connection = timer->data;
    if (connection->parameters == NULL) {
        fault_set(connection, SQLSTATE_CANNOT_CONNECT, "the connection URL is malformed");
        open_refused(connection);
    } else if (host_list_read(connection->parameters, &connection->arena, &connection->hosts) !=
               0) {
        fault_set(connection, SQLSTATE_CANNOT_CONNECT,
                  "the connection URL names more ports than hosts, or fewer");
        open_refused(connection);
    } else {
        host_next(connection);
    }
}

struct connection *connection_open(uv_loop_t *loop, const struct connection_options *options,
                                   connection_opened *opened, void *context)
{
    struct connection *connection = memory_alloc(sizeof *connection);
    struct arena *arena = &connection->arena;
    connection->state = CONNECTION_RESOLVING;
    connection->loop = loop;
    connection->socket_ready = connect_step;
    connection->opened = opened;
    connection->opened_context = context;
    connection->connect_timeout_ms = options->connect_timeout_ms;
    connection->parameters = PQconninfoParse(options->url, NULL); /* its error repeats the URL */
    connection->password = options->password != NULL ? wiped_copy(options->password) : NULL;
    connection->application_name =
        options->application_name != NULL ? arena_strdup(arena, options->application_name) : NULL;
    connection->session_name = "";
    fault_clear(connection);
    uv_timer_init(loop, &connection->timer);
    uv_timer_init(loop, &connection->overdue);
    connection->timer.data = connection->overdue.data = connection;
    connection->handles = 2;
    uv_timer_start(&connection->timer, open_begin, 0, 0);
    return connection;
}

/* ---- questions ---- */

bool connection_is_idle(const struct connection *connection)
{
    return connection->state == CONNECTION_IDLE;
}

bool connection_is_alive(struct connection *connection)
{
    /* A farewell and the end of the stream may need one read each. */
    for (int i = 0; i < 2 && connection->state == CONNECTION_IDLE; i++) {
        query_ready(connection);
    }
    return connection->state == CONNECTION_IDLE;
}

bool connection_in_transaction(const struct connection *connection)
{
    PGTransactionStatusType status = PQtransactionStatus(connection->pg);
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

bool connection_was_cancelled(const struct connection *connection)
{
    return connection->cancelled;
}

int connection_server_version(const struct connection *connection)
{
    return connection->pg == NULL ? 0 : PQserverVersion(connection->pg);
}

const char *connection_server_name(const struct connection *connection)
{
    return parameter(connection, "server_version");
}

const char *connection_application_name(const struct connection *connection)
{
    return connection->session_name;
}

bool connection_has_lost_name(const struct connection *connection)
{
    return strcmp(parameter(connection, "application_name"), connection->session_name) != 0;
}

int connection_backend_pid(const struct connection *connection)
{
    return connection->pg == NULL ? 0 : PQbackendPID(connection->pg);
}

char *connection_quote_identifier(struct connection *connection, const char *name,
                                  struct arena *arena)
{
    char *quoted = PQescapeIdentifier(connection->pg, name, strlen(name));
    char *copy = arena_strdup(arena, quoted != NULL ? quoted : "\"\""); /* refused by the server */
    PQfreemem(quoted);
    return copy;
}

char *connection_quote_literal(struct connection *connection, const char *text, struct arena *arena)
{
    char *quoted = PQescapeLiteral(connection->pg, text, strlen(text));
    char *copy = arena_strdup(arena, quoted != NULL ? quoted : "''");
    PQfreemem(quoted);
    return copy;
}

/* ---- closing ---- */

static void connection_freed(uv_handle_t *handle)
{
    struct connection *connection = handle->data;
    if (--connection->handles > 0) {
        return;
    }
    PQconninfoFree(connection->parameters);
    wiped_drop(&connection->password);
    buffer_free(&connection->host_faults);
    free(connection->pipeline);
    arena_free(&connection->fault_arena);
    arena_free(&connection->arena);
    free(connection);
}

void connection_close(struct connection *connection)
{
    if (connection == NULL || connection->state == CONNECTION_CLOSING) {
        return;
    }
    connection->state = CONNECTION_CLOSING;
    if (connection->cancel != NULL) {
        cancel_abandon(connection->cancel);
        connection->cancel = NULL;
    }
    connect_abandon(connection);
    uv_close((uv_handle_t *)&connection->overdue, connection_freed);
    uv_close((uv_handle_t *)&connection->timer, connection_freed);
}
