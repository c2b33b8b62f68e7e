/* One PostgreSQL connection as a state machine on a libuv loop, only
 * through libpq's non-blocking calls.
 *
 *   RESOLVING -> CONNECTING -> IDLE <-> BUSY -> CLOSING
 *        \____________\__________\________/
 *
 * RESOLVING looks host names up in libuv's pool (PQconnectStart would block); several hosts are
 * tried in order with their own timers. BUSY is one simple-protocol message, which may hold many
 * statements, or one pipeline of messages that hold a statement each; each result is handed out as
 * it arrives. PQcancel blocks, so it runs on a thread of
 * its own; no new query is sent before it has returned (docs/design/postgres.md, section 10).
 *
 * A server is not trusted: one that is silent for too long, or says more at once than is kept here,
 * loses its connection (connection_limit).
 */
#ifndef DROVER_PG_CONNECTION_H
#define DROVER_PG_CONNECTION_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "common/base/arena.h"
#include "common/vocabulary/field.h"

struct connection;

/* What went wrong, in PostgreSQL's words, which the connection owns until the next query. sqlstate
 * is never "": what libpq reports without a code gets 08001 (could not connect), 08006 (connection
 * lost), 28P01 and so on by connection phase. */
struct pg_error {
    char sqlstate[6];
    bool lost;           /* the connection is gone: whether a COMMIT took effect is unknown */
    const char *message; /* one line, without "ERROR: " */
    const char *detail;  /* "" when absent */
    const char *hint;
    const char *context;   /* PL/pgSQL call stack, or "" */
    const char *schema;    /* of the table it is about, or "" */
    const char *routine;   /* the server's function that reports it, or "" */
    unsigned position;     /* in characters from 1 of the message sent, in a pipeline of the
                              statement's own; 0 unknown */
    unsigned result_index; /* how many results came before it: which statement failed */
};

enum {
    CONNECTION_TEXT_BYTES_MAX = 8192,               /* of a text in a pg_error; the rest is cut */
    CONNECTION_ANSWER_BYTES_MAX = 16 * 1024 * 1024, /* of an answer, unless it is told otherwise */
    CONNECTION_STOP_MS_MAX = 10000,                 /* for the end of a message after its cancel */
};

/* What a server is held to by ourselves, whatever it does. */
struct connection_limits {
    uint64_t answer_ms;    /* from result to result; 0, as at first: for ever */
    uint64_t answer_bytes; /* of a result, and of any one message; 0: CONNECTION_ANSWER_BYTES_MAX */
};

/* A statement of a pipeline. */
struct pipeline_statement {
    const char *sql;
    bool foreign; /* not ours: its rows are thrown away as they come, however many, and the server
                     is asked to tell its end at once */
    bool parted;  /* begins another part (connection_pipeline) */
    bool parsed;  /* only parsed, and never run */
    struct bytes data; /* for COPY ... FROM STDIN, as it wants them; data NULL: none */
};

struct connection_options {
    const char *url;      /* without a password */
    const char *password; /* NULL: libpq's own ways */
    const char *application_name;
    uint64_t connect_timeout_ms; /* per host, name lookup and all its addresses included */
};

/* `fault` is NULL when connected; otherwise only connection_close may follow. */
typedef void connection_opened(struct connection *connection, const struct pg_error *fault,
                               void *context);

/* What a server says besides results; borrowed during the call. */
struct pg_notice {
    const char *severity; /* "WARNING", "NOTICE", "INFO", ..., in no language */
    const char *message;
    const char *file; /* of the server's source, that says it */
    const char *function;
};

struct query_callbacks {
    /* Each result that is not an error, in order (PGRES_TUPLES_OK, PGRES_COMMAND_OK, ...);
     * borrowed. May be NULL. */
    void (*result)(struct connection *connection, const PGresult *result, unsigned index,
                   void *context);
    /* Each notice, with the number of the result that it comes before; the connection must not be
     * closed here. May be NULL. */
    void (*notice)(struct connection *connection, const struct pg_notice *notice, unsigned index,
                   void *context);
    /* Exactly once; `fault` is NULL when every statement succeeded. A new
     * query may be sent from here. */
    void (*done)(struct connection *connection, const struct pg_error *fault, void *context);
    void *context;
};

/* Starts connecting; texts are copied. Never NULL: faults come through
 * `opened`, on a later loop turn. */
struct connection *connection_open(uv_loop_t *loop, const struct connection_options *options,
                                   connection_opened *opened, void *context);

/* Sends one simple-protocol message; the connection must be idle. `sql` is copied by libpq. COPY
 * FROM STDIN asked for by the script is refused at once with 57014. */
void connection_query(struct connection *connection, const char *sql,
                      const struct query_callbacks *callbacks);

/* Sends `count` (at least 1) statements in one go, each in a message of its own, so that the server
 * refuses a text that holds two (42601); after a fault the rest is skipped. Each statement has one
 * result, numbered like the statements. One that is `parted` begins another part: a part without BEGIN is a
 * transaction of its own, and runs also when one before it has failed; the fault is that of the first.
 * A statement with data is a part of its own; without data, COPY FROM STDIN ends the connection, with 57014.
 * The array is copied; texts and data are borrowed until the message is over. */
void connection_pipeline(struct connection *connection, const struct pipeline_statement *statements,
                         size_t count, const struct query_callbacks *callbacks);

/* For the message in flight and those to come: one that breaks a limit ends, and so does the
 * connection, with 08006 or 54000. The results of statements of our own come together, with the end of
 * their message. */
void connection_limit(struct connection *connection, struct connection_limits limits);
/* Somebody else has heard that the server is at work on the message in flight: it has all its time again. */
void connection_heard(struct connection *connection);

/* Asks the server to cancel what runs, again and again until it ends: with 57014, or well when it
 * had ended before, or lost after CONNECTION_STOP_MS_MAX. Harmless when idle. */
void connection_cancel(struct connection *connection);

bool connection_is_idle(const struct connection *connection); /* connected, no query in flight */
/* Reads what the server may have said since and tells whether an idle connection still stands. */
bool connection_is_alive(struct connection *connection);
/* PQTRANS_INTRANS or INERROR. */
bool connection_in_transaction(const struct connection *connection);
bool connection_was_cancelled(const struct connection *connection); /* the last query, by us */
int connection_server_version(const struct connection *connection); /* 150020; 0 before connected */
/* As it calls itself: "15.20 (Debian ...)"; "" before connected. */
const char *connection_server_name(const struct connection *connection);
/* What the session is called, as the server told it when it began; "" before connected. */
const char *connection_application_name(const struct connection *connection);
/* Whether it is called otherwise by now: a pooler's session knows no name of ours to go back to at RESET ALL. */
bool connection_has_lost_name(const struct connection *connection);
int connection_backend_pid(const struct connection *connection);

/* What the URL's `options` ask the server to set this setting to when the session begins
 * (-c name=value, --name=value; the last one counts), in `arena`; NULL when they do not. A pooler may
 * have kept it from the server. */
const char *connection_asks_for(const struct connection *connection, const char *name,
                                struct arena *arena);

/* Quotes by the connection's encoding into `arena` (PQescapeIdentifier, PQescapeLiteral). */
char *connection_quote_identifier(struct connection *connection, const char *name,
                                  struct arena *arena);
char *connection_quote_literal(struct connection *connection, const char *text,
                               struct arena *arena);

/* Closes in any state; no callback is called afterwards; memory is freed when libuv is done. A
 * cancel in flight is waited for off the loop. NULL is fine. */
void connection_close(struct connection *connection);

#endif
