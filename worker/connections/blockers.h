/* Blockers: who holds the lock that a statement of ours waits for, and who waits behind it.
 *
 * PostgreSQL says that a statement gave up, and not because of whom; afterwards it may be too late to
 * ask. So a statement that takes long is looked at from outside: over one connection for each server, whichever
 * targets are concerned, opened when the first statement takes so long, and closed when the last one is over.
 * Whoever is seen last is named when the statement fails, and what is seen is told meanwhile (struct activity).
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

/* How the server is known to be at work on a message. */
enum vouching {
    VOUCH_NONE,    /* its own limits end it */
    VOUCH_BACKEND, /* its backend works */
    VOUCH_SERVER,  /* the server answers: behind a pooler the backend is not known */
};

/* A message of a task that is on its way. */
struct watched {
    struct connection *connection;
    uint64_t lock_timeout_ms; /* 0: it waits for ever */
    enum vouching vouching;
    /* Says what of the job's work the message is at: revision and statement; texts in `arena`, or borrowed from the
     * task. Finds in `statement_begins` how the server says that it begins; or "". May be NULL. */
    void (*describe)(const struct task *task, struct arena *arena, struct activity *activity);
    /* While it waits for a lock, an application waits behind it no longer than this; 0: as long as it may. */
    uint64_t queue_timeout_ms;
    bool patient; /* if autovacuum is in the way: so long that it yields */
    /* Called once, when an application has waited so long: the message is to be given up. */
    void (*give_way)(struct task *task);
};

/* One that is only looked at. */
struct watched watched_plainly(struct connection *connection, uint64_t lock_timeout_ms);

void blockers_watch(struct task *task, const struct watched *watched);

/* It is over; task->blocker tells who was seen. */
void blockers_unwatch(struct task *task);

#endif
