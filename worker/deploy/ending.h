/* How a deploy ends: the result is filled in, what is open is rolled back, the connection goes back
 * to the pool. Each function below is the last that is called for a deploy.
 */
#ifndef DROVER_DEPLOY_ENDING_H
#define DROVER_DEPLOY_ENDING_H

#include "worker/deploy/deploy.h"

/* The result is filled in: rolls back what is open, then finishes. */
void deploy_unwind(struct deploy *deploy);

/* Fills the result as well done, and ends. */
void deploy_succeed(struct deploy *deploy, enum job_outcome outcome, struct texts heads);

/* Ends because somebody asked for it; as done when nothing but leaving was left to do. */
void deploy_end_cancelled(struct deploy *deploy);

/* Fills the result as failed (task_fail), and ends. */
void deploy_refuse(struct deploy *deploy, const struct failure *failure);

#endif
