/* One message or pipeline at a time, from sending it to the end of its last result, or of our
 * patience.
 *
 * A message ends for its sender only when the server has answered everything and no PQcancel is in
 * flight: a cancel that arrives late would hit the next message. One that arrives before the server
 * has read the message is thrown away, so it is sent again, after growing pauses, until the message
 * ends.
 */
#include "common/pg/query.h"

#include <inttypes.h>
#include <string.h>

#include "common/base/impossible.h"
#include "common/pg/cancel.h"
#include "common/pg/pg_error.h"
#include "common/pg/machine.h"
#include "common/pg/pipeline.h"
#include "common/pg/socket.h"
#include "common/vocabulary/sqlstate.h"

enum { CANCEL_PAUSE_MS_MIN = 50, CANCEL_PAUSE_MS_MAX = 1000, MEBIBYTE = 1 << 20 };

static bool socket_is_gone(const struct connection *connection)
{
    return PQstatus(connection->pg) != CONNECTION_OK;
}

/* ---- ends ---- */

static void query_end(struct connection *connection)
{
    connection->answered = true;
    uv_timer_stop(&connection->timer);
    if (connection->cancel != NULL) {
        return;
    }
    uv_timer_stop(&connection->overdue);
    bool lost = socket_is_gone(connection);
    if (lost && !connection->failed) {
        fault_from_loss(connection);
    }
    if (connection->failed && (lost || connection->fault.lost)) {
        connection->fault.lost = true;
    }
    if (connection->failed && (connection->spoiled || connection->fault.lost)) {
        connection->state = CONNECTION_BROKEN;
        socket_unwatch(connection);
    } else {
        connection->state = CONNECTION_IDLE;
        INVARIANT_THAT(PQexitPipelineMode(connection->pg) == 1, "a pipeline ends before its end");
    }
    struct query_callbacks callbacks = connection->callbacks;
    callbacks.done(connection, connection->failed ? &connection->fault : NULL, callbacks.context);
}

/* The server is not listened to any more; why stands in the fault. */
static void query_give_up(struct connection *connection)
{
    if (connection->cancel != NULL) {
        cancel_abandon(connection->cancel);
        connection->cancel = NULL;
    }
    connection->fault.lost = true;
    query_end(connection);
}

static void query_overdue(uv_timer_t *timer)
{
    struct connection *connection = timer->data;
    if (!connection->failed) {
        fault_set(connection, SQLSTATE_CONNECTION_FAILURE, "no answer within %.3g s",
                  (double)connection->limits.answer_ms / 1000.0);
    }
    query_give_up(connection);
}

void query_patience_begin(struct connection *connection)
{
    if (connection->limits.answer_ms > 0) {
        uv_timer_start(&connection->overdue, query_overdue, connection->limits.answer_ms, 0);
    } else {
        uv_timer_stop(&connection->overdue);
    }
}

void connection_heard(struct connection *connection)
{
    if (connection->state == CONNECTION_BUSY && !connection->answered && !connection->cancelled) {
        query_patience_begin(connection);
    }
}

void connection_limit(struct connection *connection, struct connection_limits limits)
{
    connection->limits = limits;
    if (connection->state == CONNECTION_BUSY) {
        query_patience_begin(connection);
    }
}

/* More has come than is kept here: true, and the message is over. */
static bool answer_is_too_long(struct connection *connection)
{
    if (connection->heard) {
        connection->heard = false;
        meter_begin(&connection->meter, connection->pg);
        return false;
    }
    uint64_t most = connection->limits.answer_bytes;
    most = most > 0 ? most : (uint64_t)CONNECTION_ANSWER_BYTES_MAX;
    if (meter_bytes(&connection->meter, connection->pg) <= most) {
        return false;
    }
    fault_set(connection, SQLSTATE_PROGRAM_LIMIT_EXCEEDED,
              "the server sent more than %" PRIu64 " MiB in one answer", most / MEBIBYTE);
    query_give_up(connection);
    return true;
}

/* ---- results ---- */

/* Whether the statement in hand is one of a pipeline, and not ours. */
static bool statement_is_foreign(const struct connection *connection)
{
    return connection->pipelined && connection->result_index < connection->statements &&
           connection->pipeline[connection->result_index].foreign;
}

void query_statement_begin(struct connection *connection)
{
    query_patience_begin(connection);
    if (statement_is_foreign(connection)) {
        (void)PQsetSingleRowMode(connection->pg); /* else they would be kept together */
    }
}

/* Throws away what COPY ... TO STDOUT sends; true when no more comes. */
static bool copy_drain(struct connection *connection)
{
    char *row = NULL;
    int length = PQgetCopyData(connection->pg, &row, 1);
    while (length > 0) {
        connection->heard = true;
        PQfreemem(row);
        length = PQgetCopyData(connection->pg, &row, 1);
    }
    return length < 0 || socket_is_gone(connection);
}

/* Data for COPY FROM STDIN is asked for. The rest of a pipeline would be read as the data. */
static void copy_refuse(struct connection *connection)
{
    static const char reason[] = "COPY FROM STDIN has no data here";
    if (connection->pipelined && !connection->failed) {
        fault_say(connection, SQLSTATE_QUERY_CANCELED, reason, sizeof reason - 1);
        connection->spoiled = true;
    } else if (!connection->copy_refused) {
        connection->copy_refused = PQputCopyEnd(connection->pg, reason) != 0;
    }
}

/* What ends the session tells more than the fault of a statement before. */
static bool ends_session(const PGresult *result)
{
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    if (severity == NULL) {
        severity = PQresultErrorField(result, PG_DIAG_SEVERITY); /* of a pooler */
    }
    return severity != NULL && strcmp(severity, "ERROR") != 0;
}

/* One result; false when the owner has closed the connection meanwhile. */
static bool result_take(struct connection *connection, PGresult *result)
{
    switch (PQresultStatus(result)) {
    case PGRES_FATAL_ERROR:
    case PGRES_BAD_RESPONSE:
        if (!connection->failed || ends_session(result)) {
            fault_from_result(connection, result);
        }
        break;
    case PGRES_COPY_IN:
        if (!connection->pipelined || !pipeline_data_wanted(connection)) {
            copy_refuse(connection);
        }
        break;
    case PGRES_PIPELINE_ABORTED:
    case PGRES_SINGLE_TUPLE: break;
    default:
        if (connection->callbacks.result != NULL) {
            connection->callbacks.result(connection, result, connection->result_index,
                                         connection->callbacks.context);
        }
        break;
    }
    PQclear(result);
    if (connection->state == CONNECTION_CLOSING) {
        return false;
    }
    connection->heard = true;
    if (!connection->pipelined) { /* there, a NULL tells of a statement's end */
        connection->result_index++;
        query_statement_begin(connection);
    }
    return true;
}

/* True when PQgetResult has an answer without waiting; a lost connection always has one. */
static bool result_is_there(struct connection *connection)
{
    if (connection->copying_out && !copy_drain(connection)) {
        return false;
    }
    connection->copying_out = false;
    bool idle = PQisBusy(connection->pg) == 0;
    return socket_is_gone(connection) ||
           (idle && (!connection->pipelined || pipeline_awaits(connection)));
}

/* Whether `result` is the end of the message or of the stage in hand; NULL also ends each statement of
 * a pipeline. */
static bool is_end(const struct connection *connection, const PGresult *result)
{
    if (connection->spoiled) {
        return true;
    }
    if (result == NULL) {
        return PQpipelineStatus(connection->pg) == PQ_PIPELINE_OFF || socket_is_gone(connection);
    }
    return PQresultStatus(result) == PGRES_PIPELINE_SYNC && connection->stage_sent &&
           connection->parts_open == 1;
}

/* Hands out what has arrived; true when the message is over or nobody listens any more. */
static bool results_take(struct connection *connection)
{
    while (result_is_there(connection)) {
        PGresult *result = PQgetResult(connection->pg);
        if (is_end(connection, result)) {
            PQclear(result);
            if (pipeline_next(connection)) {
                continue;
            }
            query_end(connection);
            return true;
        }
        if (result == NULL) {
            connection->result_index++;
            query_statement_begin(connection);
            continue;
        }
        if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            connection->parts_open--;
            query_statement_begin(connection);
            continue;
        }
        connection->copying_out = PQresultStatus(result) == PGRES_COPY_OUT;
        if (connection->copying_out) { /* what follows the data is the statement's result */
            PQclear(result);
            continue;
        }
        if (!result_take(connection, result)) {
            return true;
        }
    }
    return false;
}

/* False when libpq takes no more. */
static bool query_flush(struct connection *connection)
{
    bool pending = false;
    if (!pipeline_feed(connection, &pending)) {
        return false;
    }
    socket_watch(connection, pending ? UV_READABLE | UV_WRITABLE : UV_READABLE);
    return true;
}

void query_ready(struct connection *connection)
{
    (void)PQconsumeInput(connection->pg); /* a loss becomes a result of its own */
    if (connection->state == CONNECTION_IDLE) {
        (void)PQisBusy(connection->pg); /* parses notices and a farewell */
        if (socket_is_gone(connection)) {
            fault_from_loss(connection);
            connection->state = CONNECTION_BROKEN;
            socket_unwatch(connection);
        }
        return;
    }
    if (connection->answered) {
        if (socket_is_gone(connection)) {
            socket_unwatch(connection);
        }
        return;
    }
    if (results_take(connection) || answer_is_too_long(connection) || query_flush(connection)) {
        return;
    }
    if (!connection->failed) {
        fault_from_loss(connection);
    }
    query_give_up(connection);
}

static const char *notice_field(const PGresult *result, int field)
{
    const char *value = PQresultErrorField(result, field);
    return value != NULL ? value : "";
}

void query_notice(void *context, const PGresult *result)
{
    struct connection *connection = context;
    if (connection->state != CONNECTION_BUSY) {
        return;
    }
    if (statement_is_foreign(connection)) {
        connection->heard = true; /* a script may say as much as it likes */
    }
    if (connection->callbacks.notice != NULL) {
        const struct pg_notice notice = {
            .severity = notice_field(result, PG_DIAG_SEVERITY_NONLOCALIZED),
            .message = notice_field(result, PG_DIAG_MESSAGE_PRIMARY),
            .file = notice_field(result, PG_DIAG_SOURCE_FILE),
            .function = notice_field(result, PG_DIAG_SOURCE_FUNCTION),
        };
        connection->callbacks.notice(connection, &notice, connection->result_index,
                                     connection->callbacks.context);
    }
}

/* ---- messages ---- */

/* The message could not be sent: its sender hears of it on a turn of the loop of its own. */
static void query_unsent(uv_timer_t *timer)
{
    query_end(timer->data);
}

/* Gets ready for a message; false when there is no server any more. */
static bool query_begin(struct connection *connection, const struct query_callbacks *callbacks)
{
    INVARIANT_THAT(connection->state == CONNECTION_IDLE || connection->state == CONNECTION_BROKEN,
                   "a message is sent over a connection that is not idle");
    connection->callbacks = *callbacks;
    connection->result_index = 0;
    connection->answered = false;
    connection->pipelined = false;
    connection->copy_refused = false;
    connection->copying_out = false;
    connection->cancelled = false;
    connection->cancel_pause_ms = CANCEL_PAUSE_MS_MIN;
    bool idle = connection->state == CONNECTION_IDLE;
    connection->state = CONNECTION_BUSY;
    query_patience_begin(connection);
    if (idle) {
        fault_clear(connection);
        meter_begin(&connection->meter, connection->pg);
    }
    return idle;
}

static void query_sent(struct connection *connection, bool sent)
{
    if (sent && query_flush(connection)) {
        return;
    }
    if (!connection->failed) {
        fault_from_loss(connection);
    }
    connection->fault.lost = true;
    socket_unwatch(connection);
    uv_timer_start(&connection->timer, query_unsent, 0, 0);
}

void connection_query(struct connection *connection, const char *sql,
                      const struct query_callbacks *callbacks)
{
    query_sent(connection,
               query_begin(connection, callbacks) && PQsendQuery(connection->pg, sql) == 1);
}

void connection_pipeline(struct connection *connection, const struct pipeline_statement *statements,
                         size_t count, const struct query_callbacks *callbacks)
{
    query_sent(connection,
               query_begin(connection, callbacks) && pipeline_begin(connection, statements, count));
}

/* ---- cancels ---- */

static void cancel_send(struct connection *connection);

static void cancel_again(uv_timer_t *timer)
{
    cancel_send(timer->data);
}

static void cancel_later(struct connection *connection)
{
    uv_timer_start(&connection->timer, cancel_again, connection->cancel_pause_ms, 0);
    if (connection->cancel_pause_ms < CANCEL_PAUSE_MS_MAX) {
        connection->cancel_pause_ms *= 2;
    }
}

static void cancel_came_back(void *context)
{
    struct connection *connection = context;
    connection->cancel = NULL;
    if (connection->answered) {
        query_end(connection);
    } else {
        cancel_later(connection);
    }
}

static void cancel_send(struct connection *connection)
{
    connection->cancel =
        cancel_start(connection->loop, connection->pg, cancel_came_back, connection);
    if (connection->cancel == NULL) {
        cancel_later(connection);
    }
}

void connection_cancel(struct connection *connection)
{
    if (connection->state != CONNECTION_BUSY || connection->answered || connection->cancelled) {
        return;
    }
    connection->cancelled = true;
    connection->limits.answer_ms = CONNECTION_STOP_MS_MAX;
    query_patience_begin(connection);
    if (!uv_is_active((uv_handle_t *)&connection->timer)) { /* else query_unsent is due */
        cancel_send(connection);
    }
}
