/* What it means for a deploy that its message failed. */
#ifndef DROVER_DEPLOY_FAULT_H
#define DROVER_DEPLOY_FAULT_H

#include "worker/deploy/deploy.h"

/* deploy->batch failed with `fault`; NULL: it answered otherwise than it must. Does what an
 * assertion of ours means (waits, begins the segment again in another way, looks where the target
 * stands), or ends the attempt with the cause that sqlstates.def has for it. */
void fault_take(struct deploy *deploy, const struct pg_error *fault);

#endif
