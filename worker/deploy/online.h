/* A step that the project's own Alembic runs, in a Python process of the worker (worker/python/step.h).
 *
 * The transaction is env.py's: before upgrade() or downgrade() it takes the deploy lock and asserts the version rows, as
 * every transaction of ours; Alembic moves the version rows; then come its history rows, and the leave to commit. The
 * deploy's own connection only looks on: it ends what a process that is gone has left, and tells what took effect.
 */
#ifndef DROVER_DEPLOY_ONLINE_H
#define DROVER_DEPLOY_ONLINE_H

#include "worker/deploy/deploy.h"

/* Runs the segment in hand, which is one such step, then the runner's segment_done. */
void online_start(struct deploy *deploy);

/* Stops the step in hand, which has no leave to commit, and ends the deploy as cancelled. */
void online_cancel(struct deploy *deploy);

#endif
