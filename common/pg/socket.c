/* Watching the socket that libpq has at present.
 *
 * The handle is on the heap because it may outlive its socket by a turn of the loop. libpq closes
 * sockets as it likes: whoever lets it do so watches anew afterwards.
 */
#include "common/pg/socket.h"

#include <stdlib.h>

#include "common/pg/machine.h"

static void poll_freed(uv_handle_t *handle)
{
    free(handle);
}

void socket_unwatch(struct connection *connection)
{
    if (connection->poll != NULL) {
        uv_poll_stop(connection->poll);
        uv_close((uv_handle_t *)connection->poll, poll_freed);
        connection->poll = NULL;
        connection->poll_events = 0;
    }
}

/* A negative status (UV_EBADF: refused) has stopped the handle; libpq finds out by itself. */
static void poll_ready(uv_poll_t *poll, int status, int events)
{
    (void)events;
    struct connection *connection = poll->data;
    if (status < 0) {
        connection->poll_events = 0;
    }
    connection->socket_ready(connection);
}

void socket_rewatch(struct connection *connection, int events)
{
    int descriptor = PQsocket(connection->pg);
    if (connection->poll != NULL && connection->poll_descriptor != descriptor) {
        socket_unwatch(connection);
    }
    if (descriptor < 0) {
        return;
    }
    if (connection->poll == NULL) {
        uv_poll_t *poll = memory_alloc(sizeof *poll);
        if (uv_poll_init(connection->loop, poll, descriptor) != 0) {
            free(poll);
            return;
        }
        poll->data = connection;
        connection->poll = poll;
        connection->poll_descriptor = descriptor;
    }
    uv_poll_start(connection->poll, events, poll_ready);
    connection->poll_events = events;
}

void socket_watch(struct connection *connection, int events)
{
    if (connection->poll_events != events) {
        socket_rewatch(connection, events);
    }
}
