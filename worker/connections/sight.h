/* What a server says of sessions of ours, asked over another connection: whom they wait for, who waits for them, how
 * far the build of an index is. One message of several questions, whose answers are told apart by their first column.
 *
 * What a role may not see of another's session is not there. A text is cut by the server, and what follows a word like
 * "password" in a query stays there.
 */
#ifndef DROVER_CONNECTIONS_SIGHT_H
#define DROVER_CONNECTIONS_SIGHT_H

#include <libpq-fe.h>

#include "common/base/buffer.h"
#include "common/vocabulary/record.h"

enum { SIGHT_SESSIONS_MAX = 3 }; /* of those in the way of one, and of those behind it */

/* What is said of a session `b` of pg_stat_activity, as columns; a prepared transaction has none. */
#define BLOCKER_COLUMNS                                                                            \
    "b.pid, b.application_name, b.usename, b.state,"                                               \
    " (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() -"                               \
    " coalesce(b.xact_start, b.state_change)) * 1000)::pg_catalog.int8,"                           \
    " pg_catalog.regexp_replace(pg_catalog.regexp_replace(pg_catalog.left(b.query, 100),"          \
    " '(password|secret|token).*$', '\\1 ...', 'i'), '\\s+', ' ', 'g'),"                           \
    " b.backend_type IS NOT DISTINCT FROM 'autovacuum worker'"
enum { BLOCKER_COLUMN_COUNT = 7 };

/* Those columns from `column` on; texts in `arena`. */
struct blocker sight_blocker(const PGresult *result, int row, int column, struct arena *arena);

/* What is asked of a session. */
struct sight_wanted {
    int pid;
    bool described; /* what it runs, and who waits for it */
    bool build;     /* how far it is with an index */
    bool vouching;  /* whether its backend is at work */
};

/* Appends the message that asks about `count` (at least 1) sessions; a server of this version reads it. */
void sight_question(const struct sight_wanted *wanted, size_t count, int server_version,
                    struct buffer *sql);

/* What was seen of one session. Zeroed: nothing. */
struct sighting {
    bool waits;               /* for a lock */
    bool at_work;             /* asked for with `vouching` */
    uint64_t yields_ms;       /* deadlock_timeout of the server; after it autovacuum makes room */
    struct activity activity; /* what it waits for, blockers, behind, phase */
};

/* Called once for each result: finds the sighting of a backend with `find` (NULL: none of those asked for) and fills
 * it in. True: it was the answer about backends at work, which is the last one. */
typedef struct sighting *sight_find(int pid, void *context);
bool sight_take(const PGresult *result, sight_find *find, void *context, struct arena *arena);

#endif
