/* Bookkeeping: the tables that Drover keeps in a target, and the SQL that reads and writes them.
 *
 *   alembic_version  the version rows, with Alembic's own shape and meaning; the project may name
 *                    it otherwise
 *   drover_history   one row per applied step (history.h), numbered from 1 under the deploy lock
 *   drover_progress  how far a non-transactional revision has come (progress.h); rows of a finished
 *                    revision are deleted in the transaction that moves the version rows
 *
 * All tables live in one schema. They are created when missing. Every name here is qualified, and the statements are for a session with
 * our own search_path (session.h), by which operators are found. Version tables of several projects in one schema share the history, so the deploy
 * lock is the schema's: it is what numbers the rows of the history.
 */
#ifndef DROVER_SQL_BOOKKEEPING_H
#define DROVER_SQL_BOOKKEEPING_H

#include "common/base/buffer.h"
#include "common/pg/connection.h"
#include "common/revision/bundle.h"
#include "common/vocabulary/field.h"
#include "common/wire/message.h"
#include "worker/sql/batch.h"

/* Members of a set of the tables above. */
enum bookkeeping_table {
    TABLE_VERSION = 1,
    TABLE_HISTORY = 2,
    TABLE_PROGRESS = 4,
};

enum { BOOKKEEPING_HEADS_MAX = 1000 };

/* Whether a version row is the one of a literal. With both types named: to weigh which `=` is meant costs a new
 * session a tenth of the whole deploy. */
#define BOOKKEEPING_ROW_IS "version_num::pg_catalog.text = %s::pg_catalog.text"

/* Names ready for SQL; all texts live in the arena given to bookkeeping_name. */
struct bookkeeping {
    const char *schema;          /* as it is, unquoted */
    const char *schema_quoted;   /* "tenant 7" */
    const char *version_name;    /* as it is: alembic_version unless the project says otherwise */
    const char *version;         /* "public"."alembic_version" */
    const char *version_key;     /* "alembic_version_pkc": its primary key, as Alembic names it */
    const char *version_literal; /* 'alembic_version' */
    bool keyless;                /* the version table is made without a primary key */
    unsigned characters;         /* that a column for ids takes */
    const char *history;         /* "public".drover_history */
    const char *relations[3];    /* '"public"."alembic_version"' and so on, in the order of enum
                                    bookkeeping_table */
    const char *history_old_key; /* '"public".drover_history_pkc': the deferrable primary key that
                                    older histories have */
    const char *progress;        /* "public".drover_progress */
    const char *schema_literal;  /* 'tenant 7' */
    const char *lock_key;        /* SQL expression of type bigint: the advisory lock's key */
};

/* Where a job says that the tables are: job->schema, else job->version_schema, else "public". */
const char *bookkeeping_schema(const struct message_job *job);

/* The version table is job->version_table, else alembic_version; it takes the ids of `bundle`, which may
 * be NULL. `connection` is connected; it only lends its encoding for quoting. */
void bookkeeping_name(struct bookkeeping *tables, const char *schema, const struct message_job *job,
                      const struct bundle *bundle, struct connection *connection,
                      struct arena *arena);

/* ---- reading; each appends one statement with its semicolon ---- */

/* One row: schema, version, history, progress, each 't' or 'f': whether it exists. */
void bookkeeping_present_sql(struct buffer *sql, const struct bookkeeping *tables);

/* The version rows: one column, in no order; see bookkeeping_heads_read. One more than may be
 * (BOOKKEEPING_HEADS_MAX) tells that there are too many. The version table must exist. */
void bookkeeping_heads_sql(struct buffer *sql, const struct bookkeeping *tables);

/* The rows of that answer, sorted bytewise, in `arena`. Sorting is left to the reader: on a new
 * session a plain scan costs half of what a sort does. */
struct texts bookkeeping_heads_read(const PGresult *result, struct arena *arena);

/* Every step ever applied, in no order: number, revision, direction, checksum; the last row of a
 * revision tells how it stands. Sorting is left to the reader here as well. drover_history must
 * exist. */
void bookkeeping_steps_sql(struct buffer *sql, const struct bookkeeping *tables);

/* The last step: number, revision, direction, rollout, server_identity, the timeline of now; no row when
 * nothing was ever applied. drover_history must exist. */
void bookkeeping_last_sql(struct buffer *sql, const struct bookkeeping *tables);

/* Non-transactional revisions under way, once for each row (progress.h), by revision, direction and
 * statement: revision, direction ("upgrade", "downgrade"), checksum, statement, state. drover_progress
 * must exist. */
void bookkeeping_unfinished_sql(struct buffer *sql, const struct bookkeeping *tables);

/* Names of invalid indexes that nobody is at work on, of the schema or of the whole database: what a concurrent
 * build left. */
void bookkeeping_invalid_sql(struct buffer *sql, const struct bookkeeping *tables, bool of_schema);

/* ---- writing: see transaction.h for the order ---- */

struct bookkeeping_opening {
    struct texts heads;          /* the version rows expected, sorted bytewise */
    const char *server_identity; /* "" : not asserted */
    bool alone; /* one of many transactions of a revision: the version rows are locked before they
                   are compared */
    const char
        *stamped_by; /* not NULL: this rollout has not stamped here before; what leaves the rows
                               as they were cannot be told by them */
    /* Make these tables if they are missing; asks for CREATE on the schema in any case. */
    bool create_version;
    bool create_history;
    bool create_progress;
    bool foreign; /* a table belongs to another role: it is looked at closely (ownership.h) */
};

/* Statements that take the deploy lock (without waiting), make missing tables, lock them all, so that
 * they stay what they are, and assert that they hold nothing of another role's that runs, and where
 * the target stands. No row of ours is written: nothing is pending while a script runs. */
void bookkeeping_open(struct batch *batch, const struct bookkeeping *tables,
                      const struct bookkeeping_opening *opening, struct connection *connection,
                      struct arena *arena);

/* Asserts that these are the version rows, sorted bytewise; it is a fault like any other (22P02) when they are not. */
void bookkeeping_rows_assert(struct batch *batch, const struct bookkeeping *tables,
                             struct texts rows, struct connection *connection, struct arena *arena);

/* Parts of the opening: the deploy lock, without waiting; drover_progress made if it is missing. */
void bookkeeping_lock(struct batch *batch, const struct bookkeeping *tables);
void bookkeeping_progress_create(struct batch *batch, const struct bookkeeping *tables);

/* An assertion is this, the condition, the next and the rest of the query. */
void bookkeeping_assert_begin(struct buffer *sql);
void bookkeeping_assert_end(struct buffer *sql, const char *sentence);

/* Gives a history the plain primary key. */
void bookkeeping_rekey(struct batch *batch, const struct bookkeeping *tables);

#endif
