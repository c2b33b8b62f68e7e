/* Connections for tasks: opened when needed, kept for the next job on the same database while their
 * server has room (server_room.h), closed when idle for long. Tasks use it through task.h.
 */
#ifndef DROVER_CONNECTIONS_POOL_H
#define DROVER_CONNECTIONS_POOL_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "common/base/arena.h"
#include "common/base/texts.h"

struct blockers;
struct grammars;
struct pool;

enum { POOL_IDLE_MS = 60000 };

/* Keeps at most `kept_connections` idle ones to all servers together, never more than half of the
 * files that the process may open. */
struct pool *pool_open(uv_loop_t *loop, uint32_t kept_connections);

/* Closes all connections, also those that tasks hold (whose statements are asked to stop), and
 * answers nobody; frees when libuv is done. */
void pool_close(struct pool *pool);

/* The tables of ours that the next target is expected to have, and where, because the last one that
 * was inspected had them: a fleet is alike, and a wrong guess costs one more message. */
struct expected_tables {
    bool rights;  /* tables are not simply the role's own: what it may there is asked for in full */
    bool learned; /* false: no target was inspected yet */
    unsigned tables;    /* set of enum bookkeeping_table (worker/sql/bookkeeping.h) */
    struct texts path;  /* schemas that the version table is looked for in; none yet: "public" */
    const char *schema; /* where it was; NULL: not yet known */
    struct arena arena; /* holds these texts */
};

/* Written by inspection, read by inspection and deploy; starts zeroed. The pool keeps it because it
 * is what all tasks of a worker share, and outlives them. */
struct expected_tables *pool_expected_tables(struct pool *pool);

/* What servers said of statements (grammars.h); written and read by inspection. */
struct grammars *pool_grammars(struct pool *pool);

/* Who keeps statements waiting (blockers.h); NULL: it is not asked. */
struct blockers *pool_blockers(struct pool *pool);

#endif
