/* Telling the coordinator what a job is at: seldom, only what changed, and only of jobs that take long. */
#ifndef DROVER_CONNECTIONS_TELLING_H
#define DROVER_CONNECTIONS_TELLING_H

#include "worker/connections/task.h"

/* Of what is seen of the task's session and of its work; ages are as of now. `notable`: it is told also of a job that
 * has only begun. */
void activity_tell(struct task *task, struct activity *activity, bool notable);

/* The next time it is told whether it has changed or not: somebody else listens. */
void activity_tell_again(struct task *task);

#endif
