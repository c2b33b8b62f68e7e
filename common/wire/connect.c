/* Connecting: one heap object walks the addresses of a host (or the one path) until one answers.
 *
 * Each attempt is a non-blocking connect watched by a poll handle, bounded by a timer. The
 * attempt's poll handle is closed before the next one or the stream takes over, so a file
 * descriptor has one watcher. A Unix socket goes the same way, begun by the timer at once, so that
 * `connected` is never called from within stream_connect.
 */
#include "common/wire/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/wire/address.h"

enum { ATTEMPT_MS = 10 * 1000 };

struct connection {
    uv_loop_t *loop;
    uv_getaddrinfo_t lookup;
    uv_poll_t poll;
    uv_timer_t timer;
    struct address address;
    char name[512];              /* the address as given, for messages */
    struct addrinfo *found;      /* by the lookup; NULL for a path */
    const struct addrinfo *next; /* the address to try after this one */
    int file_descriptor;         /* of the attempt under way; -1 when there is none */
    int fault;                   /* errno of the last attempt; 0 when it is connected */
    stream_connected *connected;
    void *context;
    struct stream *stream; /* the outcome; NULL with `error` */
    struct error error;
};

static void connection_over(uv_handle_t *timer)
{
    struct connection *connection = timer->data;
    if (connection->found != NULL) {
        uv_freeaddrinfo(connection->found);
    }
    connection->connected(connection->stream,
                          connection->stream != NULL ? NULL : &connection->error,
                          connection->context);
    free(connection);
}

/* Reports the outcome; the timer is the last handle open. */
static void connection_finish(struct connection *connection)
{
    uv_close((uv_handle_t *)&connection->timer, connection_over);
}

static void attempt_next(struct connection *connection);

static void attempt_closed(uv_handle_t *poll)
{
    struct connection *connection = poll->data;
    int file_descriptor = connection->file_descriptor;
    connection->file_descriptor = -1;
    if (connection->fault != 0) {
        (void)close(file_descriptor);
        attempt_next(connection);
        return;
    }
    connection->stream = stream_open(connection->loop, file_descriptor, NULL, &connection->error);
    connection_finish(connection);
}

/* Ends the attempt under way; what follows happens in attempt_closed. */
static void attempt_end(struct connection *connection, int fault)
{
    connection->fault = fault;
    (void)uv_timer_stop(&connection->timer);
    uv_close((uv_handle_t *)&connection->poll, attempt_closed);
}

static void attempt_answered(uv_poll_t *poll, int status, int events)
{
    (void)events;
    struct connection *connection = poll->data;
    int fault = 0; /* the socket knows better than `status`, which is EBADF for any fault */
    socklen_t length = sizeof fault;
    if (getsockopt(connection->file_descriptor, SOL_SOCKET, SO_ERROR, &fault, &length) != 0) {
        fault = errno;
    }
    attempt_end(connection, fault == 0 && status < 0 ? -status : fault);
}

static void attempt_expired(uv_timer_t *timer)
{
    attempt_end(timer->data, ETIMEDOUT);
}

/* Begins one attempt; false, and the fault, when it failed at once. */
static bool attempt_begin(struct connection *connection, const struct sockaddr *name,
                          socklen_t length)
{
    int file_descriptor = socket(name->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (file_descriptor < 0) {
        connection->fault = errno;
        return false;
    }
    if (connect(file_descriptor, name, length) != 0 && errno != EINPROGRESS) {
        connection->fault = errno;
        (void)close(file_descriptor);
        return false;
    }
    int status = uv_poll_init(connection->loop, &connection->poll, file_descriptor);
    if (status < 0) {
        connection->fault = -status;
        (void)close(file_descriptor);
        return false;
    }
    connection->file_descriptor = file_descriptor;
    connection->poll.data = connection;
    (void)uv_timer_start(&connection->timer, attempt_expired, ATTEMPT_MS, 0);
    status = uv_poll_start(&connection->poll, UV_WRITABLE, attempt_answered);
    if (status < 0) {
        attempt_end(connection, -status);
    }
    return true;
}

/* Tries the addresses left until an attempt is under way, or gives up. */
static void attempt_next(struct connection *connection)
{
    while (connection->next != NULL) {
        const struct addrinfo *candidate = connection->next;
        connection->next = candidate->ai_next;
        if (attempt_begin(connection, candidate->ai_addr, candidate->ai_addrlen)) {
            return;
        }
    }
    (void)error_set(&connection->error, ERROR_IO, "connect to %s: %s", connection->name,
                    strerror(connection->fault));
    connection_finish(connection);
}

static void path_begin(uv_timer_t *timer)
{
    struct connection *connection = timer->data;
    if (!attempt_begin(connection, (const struct sockaddr *)&connection->address.path,
                       sizeof connection->address.path)) {
        attempt_next(connection);
    }
}

static void lookup_done(uv_getaddrinfo_t *lookup, int status, struct addrinfo *found)
{
    struct connection *connection = lookup->data;
    if (status < 0) {
        (void)error_set(&connection->error, ERROR_IO, "look up the host of %s: %s",
                        connection->name, uv_strerror(status));
        connection_finish(connection);
        return;
    }
    connection->found = found;
    connection->next = found;
    attempt_next(connection);
}

int stream_connect(uv_loop_t *loop, const char *address, stream_connected *connected, void *context,
                   struct error *error)
{
    struct connection *connection = memory_alloc(sizeof *connection);
    if (address_parse(address, &connection->address, error) != 0) {
        free(connection);
        return -1;
    }
    connection->loop = loop;
    connection->file_descriptor = -1;
    connection->connected = connected;
    connection->context = context;
    size_t length = strlen(address);
    size_t room = sizeof connection->name - 1;
    memcpy(connection->name, address, length < room ? length : room);
    (void)uv_timer_init(loop, &connection->timer);
    connection->timer.data = connection;
    connection->lookup.data = connection;
    if (connection->address.local) {
        (void)uv_timer_start(&connection->timer, path_begin, 0, 0);
        return 0;
    }
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    int status = uv_getaddrinfo(loop, &connection->lookup, lookup_done, connection->address.host,
                                connection->address.port, &hints);
    if (status < 0) {
        /* Reported like every other failure to connect: through `connected`. */
        (void)error_set(&connection->error, ERROR_IO, "look up the host of %s: %s", address,
                        uv_strerror(status));
        connection_finish(connection);
    }
    return 0;
}
