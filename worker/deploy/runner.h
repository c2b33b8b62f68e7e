/* The deploy runner; deploy_start (task.h) is how a job begins. */
#ifndef DROVER_DEPLOY_RUNNER_H
#define DROVER_DEPLOY_RUNNER_H

#include "common/revision/plan.h"
#include "worker/connections/task.h"

/* For tests: runs a plan made by hand, as deploy_start does with the one that the job names. */
void deploy_run(struct task *task, const struct plan *plan);

#endif
