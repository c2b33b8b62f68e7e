/* What an earlier attempt left of a statement that runs alone: an orphan that is still at work, an
 * invalid index, or the finished work itself.
 */
#ifndef DROVER_DEPLOY_INDEX_REPAIR_H
#define DROVER_DEPLOY_INDEX_REPAIR_H

#include "worker/deploy/deploy.h"

/* The statement in hand is marked as running: waits, within limits, until nobody is at work on it,
 * then goes on as heal_run does. */
void heal_orphan(struct deploy *deploy);

/* Runs the statement in hand. One that builds or drops an index looks at the index first: takes finished
 * work as done, and drops an invalid one. A REINDEX CONCURRENTLY first drops the invalid indexes
 * that an earlier one of the same left. */
void heal_run(struct deploy *deploy);

#endif
