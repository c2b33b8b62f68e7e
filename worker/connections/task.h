/* A task: one job in hand. The agent makes it, a runner (inspect, deploy, discover, check,
 * probe) works on it over connections from the pool, and calls `finish` exactly once with the
 * result filled in.
 */
#ifndef DROVER_CONNECTIONS_TASK_H
#define DROVER_CONNECTIONS_TASK_H

#include <uv.h>

#include "common/pg/connection.h"
#include "common/revision/bundle.h"
#include "common/vocabulary/sqlstate.h"
#include "common/wire/message.h"
#include "worker/connections/secret.h"

struct lock_wait;
struct pool;
struct python;
struct task;

#define TASK_APPLICATION_NAME "drover" /* unless the URL or the environment gives one */

enum { TASK_GRACE_MS = 5000 }; /* for a server's own timeouts to arrive here */

/* What the coordinator knows of what a job is at (telling.h). */
struct told {
    uint64_t hash;
    uint64_t at_ms; /* uv_now */
};

struct task {
    struct arena arena; /* owns everything below; freed by the agent after the result is
                           acknowledged */
    uv_loop_t *loop;
    struct pool *pool;            /* connections kept from validation to deploy */
    struct python *python;        /* runs what only the project's own Alembic can run */
    const struct bundle *bundle;  /* NULL when the job needs none; borrowed, outlives the task */
    struct message_job job;       /* texts in arena */
    struct message_result result; /* job, epoch, attempt are set by the agent; the rest by the
                                     runner; texts in arena */
    void *runner;                 /* the runner's own state, in arena */
    void (*cancel)(struct task *task); /* set by the runner: stop, roll back, finish with CANCELLED;
                                          idempotent; NULL once finished */
    void (*finish)(struct task *task); /* set by the agent; called by the runner, last */
    /* Set by the agent: what the job is at goes to the coordinator; NULL: nobody listens. */
    void (*tell)(struct task *task, const struct activity *activity);
    struct told told;
    struct lock_wait *lock_wait; /* blockers.h */
    const char *blocker; /* who held the lock that the last message waited for; NULL: nobody seen */
    uint64_t started_ms; /* uv_now at start; the agent fills elapsed_ms */
};

/* The runners. Each returns at once; task->finish comes on a later loop turn. */
void inspect_start(struct task *task);
void deploy_start(struct task *task);
void discover_start(struct task *task);
void check_start(struct task *task);
void probe_start(struct task *task);

/* Fills the result as failed; texts are copied, those that are NULL are "". Does not finish. */
void task_fail(struct task *task, const struct failure *failure);

/* What PostgreSQL reported, as a failure, and who held the lock if it is that; its texts live as
 * long as both `fault` and the task. */
struct failure task_failure_of(struct task *task, enum failure_cause cause,
                               const struct pg_error *fault);

/* An error of ours as a failure; its texts are those of `error`. */
struct failure failure_of_error(enum failure_cause cause, const struct error *error);

/* What to hold a server to by our own clock that holds itself to this statement_timeout (0: none):
 * a few seconds more. */
struct connection_limits task_limits(uint64_t statement_timeout_ms);

/* What to call a failure of a message that came up there. */
enum failure_cause task_cause_of(const struct pg_error *fault, enum failure_place place);

/* ---- connections for tasks (pool.c) ---- */

/* Called with an idle connection outside any transaction, or NULL after task_fail was filled in
 * with the right cause (unreachable, login, no_database, secret, ...) and SQLSTATE. */
typedef void pool_ready(struct task *task, struct connection *connection, void *context);

/* Finds an idle kept connection for job.url + job.password, or resolves the secret (env, file,
 * command: off the loop) and opens one. */
void pool_acquire(struct task *task, pool_ready *ready, void *context);

/* Gives up a pool_acquire that has not answered; no callback afterwards. */
void pool_acquire_cancel(struct task *task);

/* Finds the password of the task's target for a connection that somebody else opens: as secret_resolve, but `value` and
 * `error` are both NULL where the target names none. */
struct secret_wait *pool_password(struct task *task, secret_found *found, void *context);

/* Takes a connection back. `keep`: it is idle, outside a transaction and clean, and may be kept for
 * the next job on the same database; otherwise it is closed. */
void pool_release(struct task *task, struct connection *connection, bool keep);

#endif
