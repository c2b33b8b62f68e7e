/* A non-transactional revision, from statement to statement (stepwise.h says how each is run).
 */
#ifndef DROVER_DEPLOY_STATEMENTS_H
#define DROVER_DEPLOY_STATEMENTS_H

#include "worker/deploy/deploy.h"

/* Runs the segment in hand, which is one non-transactional step, then the next segment. */
void statements_start(struct deploy *deploy);

#endif
