/* Connections for tasks: opened when needed, kept for the next job on the same database while their
 * server has room (room.h), closed when idle for long. Tasks use it through task.h.
 */
#ifndef DROVER_CONNECTIONS_POOL_H
#define DROVER_CONNECTIONS_POOL_H

#include <stdint.h>
#include <uv.h>

struct pool;

enum { POOL_IDLE_MS = 60000 };

/* Keeps at most `kept_connections` idle ones to all servers together, never more than half of the
 * files that the process may open. */
struct pool *pool_open(uv_loop_t *loop, uint32_t kept_connections);

/* Closes all connections, also those that tasks hold (whose statements are asked to stop), and
 * answers nobody; frees when libuv is done. */
void pool_close(struct pool *pool);

/* Room for what the inspector learned from the last target; starts as 0. It lives here because the
 * pool is what all tasks of a worker share. */
unsigned *pool_note(struct pool *pool);

#endif
