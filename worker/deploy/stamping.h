/* A stamp: the version rows change and the history says so; nothing else runs.
 */
#ifndef DROVER_DEPLOY_STAMPING_H
#define DROVER_DEPLOY_STAMPING_H

#include "worker/deploy/deploy.h"

/* Runs the whole plan, which is a stamp, in one transaction, then the runner's
 * segment_done. Half-applied revisions that it takes for applied, or for undone, are forgotten. */
void stamping_start(struct deploy *deploy);

#endif
