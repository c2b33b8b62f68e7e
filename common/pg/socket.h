/* Watching libpq's present socket: when it has something to say, connection->socket_ready is
 * called. */
#ifndef DROVER_PG_SOCKET_H
#define DROVER_PG_SOCKET_H

#include "common/pg/connection.h"

/* For these events (UV_READABLE, UV_WRITABLE); does nothing when it waits for them already. */
void socket_watch(struct connection *connection, int events);

/* The same, also when nothing seems to have changed: libpq may have closed the socket. */
void socket_rewatch(struct connection *connection, int events);

void socket_unwatch(struct connection *connection);

#endif
