/* Where a target stands when its version rows are not those that validation saw: after an attempt
 * whose end nobody heard of, or because somebody else was there.
 */
#ifndef DROVER_DEPLOY_LOCATE_H
#define DROVER_DEPLOY_LOCATE_H

#include "worker/deploy/deploy.h"

/* Reads version rows and the last history row, outside the failed transaction; then ends the deploy
 * (the path's end: "done" if this rollout's history says so, else "already"), goes on from a
 * boundary between segments that this rollout has reached, or refuses it as moved. */
void locate_start(struct deploy *deploy);

#endif
