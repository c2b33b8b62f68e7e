/* Sending a pipeline: what connection_pipeline began.
 *
 * libpq lets no COPY FROM STDIN into a pipeline, so that one with data is cut into stages: statements up to the
 * next one with data, or that one alone, as a message of the same kind, outside of libpq's pipeline mode. A stage is
 * begun when the one before has been answered.
 */
#ifndef DROVER_PG_PIPELINE_H
#define DROVER_PG_PIPELINE_H

#include "common/pg/connection.h"

/* Takes the statements over and begins the first stage. False when there is no server any more. */
bool pipeline_begin(struct connection *connection, const struct pipeline_statement *statements,
                    size_t count);

/* Hands libpq as much as the socket takes, of any message; *pending: something is left for later. False
 * when libpq takes no more. */
bool pipeline_feed(struct connection *connection, bool *pending);

/* Whether libpq has been given something whose answer is still to come. */
bool pipeline_awaits(const struct connection *connection);

/* The server is ready for the data of the stage in hand; false when that has none. */
bool pipeline_data_wanted(struct connection *connection);

/* The stage in hand has been answered: begins the next one; false when nothing is left to be sent. */
bool pipeline_next(struct connection *connection);

#endif
