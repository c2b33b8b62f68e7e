/* What of its path a deploy is at, for people. */
#ifndef DROVER_DEPLOY_DESCRIBE_H
#define DROVER_DEPLOY_DESCRIBE_H

#include "worker/deploy/deploy.h"

/* As struct watched wants it (worker/connections/blockers.h), of a task whose runner is a deploy. */
void deploy_describe(const struct task *task, struct arena *arena, struct activity *activity);

#endif
