/* What the files of this folder share about one connection; nobody else includes this.
 *
 * connection.c opens and closes, query.c runs one message, pipeline.c sends it in parts, socket.c watches, resolve.c finds
 * addresses, cancel.c asks the server to stop, pg_error.c turns libpq's reports into `struct pg_error`,
 * startup.c reads the URL's options.
 */
#ifndef DROVER_PG_MACHINE_H
#define DROVER_PG_MACHINE_H

#include "common/base/buffer.h"
#include "common/pg/connection.h"
#include "common/pg/meter.h"
#include "common/pg/resolve.h"

enum connection_state {
    CONNECTION_RESOLVING,
    CONNECTION_CONNECTING,
    CONNECTION_IDLE,
    CONNECTION_BUSY,
    CONNECTION_BROKEN,  /* never opened, or lost; only connection_close may follow */
    CONNECTION_CLOSING, /* the owner has let go: no callback any more */
};

struct cancel;

struct connection {
    enum connection_state state;
    uv_loop_t *loop;
    struct arena arena; /* options and hosts */
    PGconn *pg;         /* NULL before the first PQconnectStart and after PQfinish */

    /* watching: socket.c */
    uv_poll_t *poll;     /* NULL when nothing is watched */
    int poll_descriptor; /* what `poll` watches */
    int poll_events;     /* what it waits for */
    void (*socket_ready)(struct connection *connection);

    unsigned handles;   /* of libuv: the timers below */
    uv_timer_t overdue; /* busy: the end of patience with the statement in hand */
    uv_timer_t timer; /* connecting: the limit of one host; afterwards: a fault to report later, or
                         the next cancel */

    /* opening */
    PQconninfoOption *parameters; /* the URL taken apart; libpq's memory */
    char *password;               /* wiped.h; NULL once connected, and without one */
    const char *application_name;
    const char *session_name; /* of the session as the server told it first; "" before */
    uint64_t connect_timeout_ms;
    struct host_list hosts;
    size_t host;          /* being tried */
    uint64_t deadline;    /* of the name being tried, by the loop's clock */
    uint64_t patience_ms; /* what `timer` was started with */
    struct lookup *lookup;
    struct buffer host_faults; /* messages of the hosts and addresses that failed before */
    connection_opened *opened;
    void *opened_context;

    /* the message in flight */
    struct query_callbacks callbacks;
    unsigned result_index; /* results handed out */
    struct connection_limits limits;
    struct meter meter;
    bool heard;     /* something that is not kept, or is whole, since the meter began */
    bool failed;    /* `fault` is filled in */
    bool answered;  /* the server is done with it; only a cancel may be in flight */
    bool pipelined; /* a pipeline: results come one for each statement */
    bool spoiled;   /* what the server expects and what it gets do not fit any more */
    bool copy_refused;
    bool copying_out; /* COPY ... TO STDOUT is being drained */
    bool cancelled;
    uint64_t cancel_pause_ms; /* before the next cancel */
    struct cancel *cancel;    /* in flight, or NULL */

    /* the pipeline in flight: pipeline.c */
    struct pipeline_statement *pipeline; /* owned; its texts are borrowed */
    size_t statements;
    size_t sent; /* how many of them libpq has */
    size_t
        stage_begin; /* the stage in hand: pipeline[stage_begin] up to, not including, [stage_end] */
    size_t stage_end;
    size_t data_sent;    /* bytes of the stage's data */
    unsigned parts_open; /* ends of parts that are sent and not answered */
    bool stage_sent;
    bool taking_data; /* the server waits for data, or for their end */

    struct pg_error fault;
    struct arena fault_arena; /* texts of `fault`; until the next query */
};

#endif
