/* A non-transactional revision, from statement to statement (stepwise.h says how each is run).
 */
#ifndef DROVER_DEPLOY_STATEMENTS_H
#define DROVER_DEPLOY_STATEMENTS_H

#include "worker/deploy/deploy.h"

/* Runs the segment in hand, which is one non-transactional step, then the next segment. */
void statements_start(struct deploy *deploy);

/* The transaction with the statement in hand has failed, and stepwise_is_outside: rolls back and runs it
 * alone. */
void statements_outside(struct deploy *deploy);

#endif
