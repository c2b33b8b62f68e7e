/* Giving way: a statement that waits for a lock keeps everybody waiting who comes after it, also those whom the lock's
 * holder would not. So once an application has waited behind it for queue_timeout, the transaction is given up before
 * its lock_timeout, and begins again a little later, in the same attempt. Where autovacuum is in the way, which yields
 * only to who waits for deadlock_timeout, every third time waits so long.
 *
 * An attempt that has given way for YIELDING_MS_MAX fails like one whose lock_timeout is over: it names who holds the lock.
 * What runs outside a transaction does not give way: it waits with locks that are in no application's way.
 */
#ifndef DROVER_DEPLOY_YIELDING_H
#define DROVER_DEPLOY_YIELDING_H

#include "worker/connections/blockers.h"
#include "worker/deploy/deploy.h"

enum { YIELDING_MS_MAX = 30000 };

/* The message about to be sent, if it is one that gives way. */
void yielding_watch(struct deploy *deploy, struct watched *watched);

/* A message is over. True: it was given up for an application, and what follows is under way. */
bool yielding_take(struct deploy *deploy, const struct pg_error *fault);

#endif
