/* Errands: tasks run by a test in place of the agent, over the worker's real pool. */
#ifndef DROVER_TESTS_PG_ERRAND_H
#define DROVER_TESTS_PG_ERRAND_H

#include "worker/connections/pool.h"
#include "worker/connections/task.h"

struct office {
    uv_loop_t loop;
    struct pool *pool;
};

struct errand {
    struct task task; /* first: `finish` hands it back */
    bool finished;
};

void office_open(struct office *office, uint32_t kept_connections);
void office_close(struct office *office); /* fails the test when handles are left */

/* A job of this kind on a database of the cluster; the rest is empty, to be changed before it
 * starts. */
void errand_make(struct errand *errand, struct office *office, const char *kind,
                 const char *database);
void errand_start(struct errand *errand);
void errand_wait(struct errand *errand); /* runs the loop until it has finished */
void errand_run(struct errand *errand);  /* both */
void errand_free(struct errand *errand);

/* Fails the test unless the result is this failure and its texts hold `text` somewhere. */
void errand_expect_failure(const struct errand *errand, const char *cause, const char *text);
void errand_expect_done(const struct errand *errand);

/* The result's heads, space-separated, in the errand's arena. */
const char *errand_heads(struct errand *errand);

#endif
