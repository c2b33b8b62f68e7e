/* What the files of this folder share about one connection; nobody else includes this.
 *
 * connection.c opens and closes, query.c runs one message, resolve.c finds addresses, cancel.c asks
 * the server to stop, fault.c turns libpq's reports into `struct pg_fault`.
 */
#ifndef DROVER_PG_MACHINE_H
#define DROVER_PG_MACHINE_H

#include "common/base/buffer.h"
#include "common/pg/connection.h"

enum connection_state {
    CONNECTION_RESOLVING,
    CONNECTION_CONNECTING,
    CONNECTION_IDLE,
    CONNECTION_BUSY,
    CONNECTION_BROKEN,  /* never opened, or lost; only connection_close may follow */
    CONNECTION_CLOSING, /* the owner has let go: no callback any more */
};

/* One of the hosts a URL names. NULL where the URL says nothing. */
struct host {
    const char *name;    /* a name, a socket folder, or a numeric address */
    const char *address; /* numeric */
    const char *port;
    size_t siblings; /* further addresses of the same name, right after it */
};

struct host_list {
    struct host *items;
    size_t count; /* at least 1 */
};

struct lookup;
struct cancel;

struct connection {
    enum connection_state state;
    uv_loop_t *loop;
    struct arena arena; /* options and hosts */
    PGconn *pg;         /* NULL before the first PQconnectStart and after PQfinish */
    uv_poll_t *poll; /* on the heap: it may outlive its socket by a loop turn; NULL without one */
    int poll_descriptor; /* what `poll` watches */
    int poll_events;     /* what it waits for */
    uv_timer_t timer;    /* connecting: the limit of one host; afterwards: faults to report later */

    /* opening */
    PQconninfoOption *parameters; /* the URL taken apart; libpq's memory */
    char *password;               /* wiped.h; NULL once connected, and without one */
    const char *application_name;
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
    bool failed;           /* `fault` is filled in */
    bool answered;         /* the server is done with it; only a cancel may be in flight */
    bool copy_refused;
    bool copying_out; /* COPY ... TO STDOUT is being drained */
    bool cancelled;
    struct cancel *cancel; /* in flight, or NULL */

    struct pg_fault fault;
    struct arena fault_arena; /* texts of `fault`; until the next query */
};

/* ---- connection.c ---- */
void connection_poll(struct connection *connection,
                     int events); /* watches libpq's present socket */
void connection_poll_stop(struct connection *connection);

/* ---- query.c ---- */
void query_ready(struct connection *connection); /* the socket has something to say */

/* ---- resolve.c ---- */

/* The hosts of a parsed URL, in order, in `arena`; PGHOST, PGHOSTADDR and PGPORT fill what is
 * absent. -1 when the numbers of hosts and ports do not fit. */
int host_list_read(const PQconninfoOption *parameters, struct arena *arena,
                   struct host_list *hosts);

/* The value of a URL parameter, or NULL. */
const char *parameter_value(const PQconninfoOption *parameters, const char *keyword);

/* True when connecting to the host needs a name lookup first. */
bool host_needs_lookup(const struct host *host);

/* Puts the host at `at` in the place of itself once for each of `addresses` (comma separated). */
void host_spread(struct host_list *hosts, size_t at, const char *addresses, struct arena *arena);

/* `addresses` is a comma separated list, or NULL with the `problem`. */
typedef void lookup_done(const char *addresses, const char *problem, void *context);
struct lookup *lookup_start(uv_loop_t *loop, const char *name, lookup_done *done, void *context);
void lookup_abandon(struct lookup *lookup); /* no callback afterwards */

/* ---- cancel.c ---- */
typedef void cancel_returned(void *context);

/* Runs PQcancel on a thread of its own; NULL when it could not be started. */
struct cancel *cancel_start(uv_loop_t *loop, PGconn *pg, cancel_returned *returned, void *context);
void cancel_abandon(struct cancel *cancel); /* it goes on, without a callback */

/* ---- fault.c ---- */
void fault_clear(struct connection *connection);

/* `text` becomes one line of its own; it must not be one of the fault's, which are freed. */
void fault_say(struct connection *connection, const char *sqlstate, const char *text,
               size_t length);
void fault_set(struct connection *connection, const char *sqlstate, const char *format, ...)
    PRINTF_LIKE(3, 4);
void fault_from_result(struct connection *connection, const PGresult *result);
void fault_from_connect(struct connection *connection); /* after PGRES_POLLING_FAILED */
void fault_from_loss(struct connection *connection);    /* the socket is gone */

#endif
