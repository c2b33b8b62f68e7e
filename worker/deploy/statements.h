/* A non-transactional revision, from statement to statement (stepwise.h says how each is run).
 */
#ifndef DROVER_DEPLOY_STATEMENTS_H
#define DROVER_DEPLOY_STATEMENTS_H

#include "worker/deploy/deploy.h"

/* Runs the segment in hand, which is one non-transactional step, then the next segment. */
void statements_start(struct deploy *deploy);

/* The message for the statement in hand was refused before it ran, or the one that writes its row was refused
 * after it ran, and has been rolled back: says it again. */
void statements_again(struct deploy *deploy);

/* The transaction with the statement in hand has failed, and stepwise_is_outside: rolls back and runs it
 * alone. */
void statements_outside(struct deploy *deploy);

#endif
