/* Deploys for tests: a task on a loop of its own, with a connection that the test can look at
 * afterwards.
 *
 * Stands in for worker/connections/pool.c: every deploy opens a connection, and what it gives back is kept
 * here, so that a test sees what a deploy leaves behind in a session.
 */
#ifndef DROVER_TESTS_PG_DEPLOYMENT_H
#define DROVER_TESTS_PG_DEPLOYMENT_H

#include "common/revision/plan.h"
#include "worker/connections/pool.h"
#include "worker/deploy/deploy.h"

struct deployment {
    struct task task; /* first: the pool functions find the deployment by it */
    uv_loop_t *loop;
    struct connection *connection; /* kept by the deploy; NULL if it was thrown away */
    bool finished;
    /* Looked at from time to time while the loop runs; when the SQL gives 't', `act` is called
     * once. */
    uv_timer_t watch;
    const char *watch_database;
    const char *watch_sql;
    void (*act)(struct deployment *deployment);
    pool_ready *ready;
    void *ready_context;
};

/* What the pool gives: the tables that a deploy believes to be there. */
extern struct expected_tables deployment_expected;

/* A bundle from texts that end with NULL; fails the test on any diagnostic. */
struct bundle *bundle_of(const char *const *texts);

/* Prepares a deploy of `spec` in `direction`, planned from the rows `from` (space-separated). */
void deployment_make(struct deployment *deployment, uv_loop_t *loop, const char *database,
                     const struct bundle *bundle, const char *from, enum direction direction,
                     const char *spec);

void deployment_watch(struct deployment *deployment, const char *sql,
                      void (*act)(struct deployment *deployment));

/* Runs the loop until both (the second may be NULL) have finished. */
void deployment_run(struct deployment *deployment, struct deployment *other);

/* Asks the connection that the deploy gave back for keeping; fails when it was thrown away. */
const char *deployment_ask(struct deployment *deployment, const char *sql);

void deployment_free(struct deployment *deployment);

#endif
