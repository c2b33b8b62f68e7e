/* Stages (pipeline.h). */
#include "common/pg/pipeline.h"

#include <string.h>

#include "common/base/impossible.h"
#include "common/pg/machine.h"
#include "common/pg/pg_error.h"
#include "common/pg/query.h"
#include "common/vocabulary/sqlstate.h"

enum {
    CHUNK_BYTES = 64 * 1024,      /* handed over between two looks at the socket */
    TURN_BYTES_MAX = 1024 * 1024, /* in one turn of the loop */
};

static bool stage_has_data(const struct connection *connection)
{
    return connection->pipeline[connection->stage_end - 1].data.data != NULL;
}

/* With the statement that is sent next. */
static bool stage_begin(struct connection *connection)
{
    size_t end = connection->sent + 1;
    if (connection->pipeline[connection->sent].data.data == NULL) {
        while (end < connection->statements && connection->pipeline[end].data.data == NULL) {
            end++;
        }
    }
    connection->stage_begin = connection->sent;
    connection->stage_end = end;
    connection->stage_sent = false;
    connection->parts_open = 0;
    connection->data_sent = 0;
    connection->taking_data = false;
    return stage_has_data(connection) || PQenterPipelineMode(connection->pg) == 1;
}

bool pipeline_begin(struct connection *connection, const struct pipeline_statement *statements,
                    size_t count)
{
    connection->pipeline =
        memory_resize(connection->pipeline, count * sizeof *connection->pipeline);
    memcpy(connection->pipeline, statements, count * sizeof *statements);
    connection->statements = count;
    connection->sent = 0;
    connection->pipelined = stage_begin(connection);
    return connection->pipelined;
}

static bool part_end(struct connection *connection)
{
    connection->parts_open++;
    return PQpipelineSync(connection->pg) == 1;
}

static bool statement_send(struct connection *connection)
{
    const struct pipeline_statement *statement = &connection->pipeline[connection->sent];
    bool data = stage_has_data(connection);
    bool sent = true;
    if (statement->parted && connection->sent > connection->stage_begin) {
        sent = part_end(connection);
    }
    if (statement->parsed) {
        sent = sent && PQsendPrepare(connection->pg, "", statement->sql, 0, NULL) == 1;
    } else {
        sent = sent &&
               PQsendQueryParams(connection->pg, statement->sql, 0, NULL, NULL, NULL, NULL, 0) == 1;
    }
    if (sent && connection->sent == connection->result_index) {
        query_statement_begin(connection);
    }
    connection->sent++;
    connection->stage_sent = connection->sent == connection->stage_end;
    if (!data && statement->foreign) {
        sent = sent && PQsendFlushRequest(connection->pg) == 1;
    }
    if (!data && connection->stage_sent) {
        sent = sent && part_end(connection);
    }
    return sent;
}

/* A piece of the data, or its end; *sent: how much, 0 when libpq has no room. */
static bool data_send(struct connection *connection, size_t *sent)
{
    const struct pipeline_statement *statement = &connection->pipeline[connection->sent - 1];
    size_t left = statement->data.length - connection->data_sent;
    size_t length = left < CHUNK_BYTES ? left : CHUNK_BYTES;
    bool over = length == 0 || connection->cancelled;
    int answer = over ? PQputCopyEnd(connection->pg, connection->cancelled ? "cancelled" : NULL)
                      : PQputCopyData(connection->pg,
                                      (const char *)statement->data.data + connection->data_sent,
                                      (int)length);
    if (answer == 1) {
        connection->data_sent += over ? 0 : length;
        connection->taking_data = !over;
        query_patience_begin(connection);
        *sent = length;
    }
    return answer >= 0;
}

static bool has_more(const struct connection *connection)
{
    return connection->pipelined && (!connection->stage_sent || connection->taking_data);
}

/* About a chunk; false when libpq takes no more. */
static bool chunk_send(struct connection *connection, size_t *queued)
{
    while (*queued < CHUNK_BYTES && has_more(connection)) {
        if (connection->taking_data) {
            size_t length = 0;
            if (!data_send(connection, &length)) {
                return false;
            }
            *queued = CHUNK_BYTES;
        } else {
            *queued += strlen(connection->pipeline[connection->sent].sql);
            if (!statement_send(connection)) {
                return false;
            }
        }
    }
    return true;
}

bool pipeline_feed(struct connection *connection, bool *pending)
{
    int left = PQflush(connection->pg); /* a failure shows when reading */
    for (size_t turn = 0; left == 0 && turn < TURN_BYTES_MAX && has_more(connection);) {
        size_t queued = 0;
        if (!chunk_send(connection, &queued)) {
            return false;
        }
        turn += queued;
        left = PQflush(connection->pg);
    }
    *pending = left == 1 || has_more(connection);
    return true;
}

bool pipeline_awaits(const struct connection *connection)
{
    return !connection->taking_data &&
           (connection->result_index < connection->sent || connection->parts_open > 0);
}

bool pipeline_data_wanted(struct connection *connection)
{
    connection->taking_data = stage_has_data(connection);
    return connection->taking_data;
}

bool pipeline_next(struct connection *connection)
{
    if (!connection->pipelined || connection->spoiled ||
        PQstatus(connection->pg) != CONNECTION_OK) {
        return false;
    }
    size_t next = connection->stage_end;
    if (connection->cancelled && !connection->failed && next < connection->statements) {
        static const char reason[] = "cancelled between two statements";
        fault_say(connection, SQLSTATE_QUERY_CANCELED, reason, sizeof reason - 1);
    }
    while (connection->failed && next < connection->statements &&
           !connection->pipeline[next].parted) {
        next++;
    }
    if (next == connection->statements) {
        return false;
    }
    INVARIANT_THAT(PQexitPipelineMode(connection->pg) == 1, "a pipeline ends before its end");
    connection->sent = next;
    connection->result_index = (unsigned)next;
    INVARIANT_THAT(stage_begin(connection), "a pipeline begins before another one has ended");
    return true;
}
