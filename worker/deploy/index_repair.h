/* What an earlier attempt left of a statement that runs alone: an orphan that is still at work, an
 * invalid index, or the finished work itself.
 */
#ifndef DROVER_DEPLOY_INDEX_REPAIR_H
#define DROVER_DEPLOY_INDEX_REPAIR_H

#include "worker/deploy/deploy.h"

/* The statement in hand is marked as running: waits, within limits, until nobody is at work on it,
 * then decides as heal_index does. */
void heal_orphan(struct deploy *deploy);

/* Drops the invalid indexes that an earlier REINDEX CONCURRENTLY of the same left, then runs the
 * statement in hand. */
void heal_reindex(struct deploy *deploy);

/* Looks at the index that the statement in hand builds or drops: takes finished work as done, drops
 * an invalid index first, or runs the statement. */
void heal_index(struct deploy *deploy);

#endif
