/* Blockers: who holds the lock that a statement of ours waits for.
 *
 * PostgreSQL says that a statement gave up, and not because of whom; afterwards it may be too late to
 * ask. So a statement that is under way for half of its lock_timeout is looked at from outside: over
 * one connection for each server, whichever targets are concerned, opened when the first
 * statement takes so long, and closed when the last one is over. Whoever is seen last is named when the
 * statement fails.
 *
 * A statement that may take for ever is vouched for by the same looks: as long as the server says that it is at
 * work on it our patience begins anew, and a server that says nothing is not waited for.
 */
#ifndef DROVER_CONNECTIONS_BLOCKERS_H
#define DROVER_CONNECTIONS_BLOCKERS_H

#include <stdint.h>

#include "worker/connections/task.h"

struct blockers;
struct lock_wait; /* one task's part */

struct blockers *blockers_open(uv_loop_t *loop, struct pool *pool);

/* Frees when libuv is done. */
void blockers_close(struct blockers *blockers);

/* What is said of a session `b` of pg_stat_activity, as columns; a prepared transaction has none. */
#define BLOCKER_COLUMNS                                                                            \
    "b.pid, b.application_name, b.usename, b.state,"                                               \
    " pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() -"                                \
    " coalesce(b.xact_start, b.state_change))::pg_catalog.int8,"                                   \
    " pg_catalog.regexp_replace(pg_catalog.left(b.query, 100), '\\s+', ' ', 'g')"
enum { BLOCKER_COLUMN_COUNT = 6 };

/* Those columns from `column` on, for people: "pid 4711, application monthly-report, user report, idle in
 * transaction, for 12 s: SELECT ..." */
void blocker_append(const PGresult *result, int row, int column, struct buffer *out);

/* How the server is known to be at work on a message. */
enum vouching {
    VOUCH_NONE,    /* its own limits end it */
    VOUCH_BACKEND, /* its backend works */
    VOUCH_SERVER,  /* the server answers: behind a pooler the backend is not known */
};

/* A message of the task is on its way over `connection`; 0: it waits for ever. */
void blockers_watch(struct task *task, struct connection *connection, uint64_t lock_timeout_ms,
                    enum vouching vouching);

/* It is over; task->blocker tells who was seen. */
void blockers_unwatch(struct task *task);

#endif
