/* Orphans: sessions of an attempt whose worker was lost, that still hold the deploy lock.
 *
 * A worker that was stopped, or cut off, keeps its session until the server notices, a minute and
 * more. Its lease is over, or this attempt would not have begun; so the session may be ended. That it is
 * one of this very rollout's earlier jobs is told by its application_name, and that it holds the lock of
 * this very target by the lock; the roles are the same, or it is only named.
 */
#ifndef DROVER_DEPLOY_ORPHAN_H
#define DROVER_DEPLOY_ORPHAN_H

#include "worker/deploy/deploy.h"

/* Application_name of a deploy's transactions, as a literal: "drover ROLLOUT JOB TARGET"; NULL where the
 * URL or the environment gives the session another name than ours: it stays. */
const char *orphan_mark(struct deploy *deploy);

/* The lock is busy: rolls back, ends an orphan that holds it, notes who else does
 * (deploy->learned.holder), and begins the segment again, or says the message between two statements
 * again. */
void orphan_look(struct deploy *deploy);

#endif
