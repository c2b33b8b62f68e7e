/* Hints of ours on what PostgreSQL reports where a transaction holds several revisions: which these
 * are, and a way out.
 */
#ifndef DROVER_DEPLOY_ADVICE_H
#define DROVER_DEPLOY_ADVICE_H

#include "worker/deploy/deploy.h"

/* The server's own hint and ours, in the task's arena; `entry` is the statement that failed, or
 * NULL. */
const char *advice_give(struct deploy *deploy, const struct pg_error *fault,
                        const struct batch_entry *entry);

#endif
