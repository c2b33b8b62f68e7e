/* A session while it works for us, and what a script may leave in it.
 *
 * Own statements run with a search_path that nobody but the server's owner can put anything into:
 * a tenant's function, operator or table of a name that we use is not found. Scripts see the path
 * of their target, which is taken away before the next statement of ours.
 *
 * A session is cleaned in the transaction of the script itself: behind a pooler nothing else
 * reaches the session that the script ran in.
 */
#ifndef DROVER_SQL_SESSION_H
#define DROVER_SQL_SESSION_H

#include "worker/sql/batch.h"

/* For statements of our own, until the transaction ends. */
#define SESSION_OWN_PATH "SET LOCAL search_path = pg_catalog, pg_temp"

/* A message of our own that reads: after this, statements, and SESSION_READ_END. */
#define SESSION_READ_BEGIN "BEGIN READ ONLY; " SESSION_OWN_PATH "; "
#define SESSION_READ_END   "COMMIT;"

/* The server's timeline, as an expression; a standby has none to tell. pg_control_checkpoint() would still
 * show the old one after a promotion. */
#define SESSION_TIMELINE                                                                           \
    "pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8)"
#define SESSION_TIMELINE_OR_NONE                                                                   \
    "CASE WHEN pg_catalog.pg_is_in_recovery() THEN '' ELSE " SESSION_TIMELINE " END"

/* Ends a transaction that failed or shall not count, in one message, and what it leaves besides:
 * session locks and prepared statements outlive a ROLLBACK. */
extern const char session_rollback[];

/* A transaction of our own that reads, or writes. */
void session_own_begin(struct batch *batch, bool writes);
void session_own_end(struct batch *batch);

/* After a script: role, settings, cursors, temporary objects, prepared statements, LISTEN, what
 * sequences gave, and with `unlock` the session's advisory locks; the transaction goes on. What it
 * leaves is as new, but for settings that last until the transaction's end. */
void session_clean(struct batch *batch, bool unlock);

#endif
