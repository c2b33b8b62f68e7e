/* A connection's fault, filled in from what libpq reports; it lives until the next query. */
#ifndef DROVER_PG_PG_ERROR_H
#define DROVER_PG_PG_ERROR_H

#include "common/pg/connection.h"

void fault_clear(struct connection *connection);

/* `text` becomes one line of its own; it must not be one of the fault's, which are freed. */
void fault_say(struct connection *connection, const char *sqlstate, const char *text,
               size_t length);

/* A fault of our own, likewise. */
void fault_set(struct connection *connection, const char *sqlstate, const char *format, ...)
    PRINTF_LIKE(3, 4);

void fault_from_result(struct connection *connection, const PGresult *result);
void fault_from_connect(struct connection *connection); /* after PGRES_POLLING_FAILED */
void fault_from_loss(struct connection *connection);    /* the socket is gone */

#endif
