/* One message on a connection: what comes after connection_query. */
#ifndef DROVER_PG_QUERY_H
#define DROVER_PG_QUERY_H

#include "common/pg/connection.h"

/* The socket has something to say. */
void query_ready(struct connection *connection);

/* The next statement is in hand. */
void query_statement_begin(struct connection *connection);

/* The server has taken or given something: it has its time again. */
void query_patience_begin(struct connection *connection);

/* libpq's receiver of notices; `context` is the connection. */
void query_notice(void *context, const PGresult *result);

#endif
