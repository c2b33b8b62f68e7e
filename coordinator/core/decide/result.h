/* RESULT: what a worker says about a job. */
#ifndef DROVER_DECIDE_RESULT_H
#define DROVER_DECIDE_RESULT_H

#include "common/vocabulary/message.h"

struct step;

/* Acknowledged in any case but one: from a worker that has not said hello yet. */
void step_result(struct step *step, uint64_t worker, const struct message_result *result);

#endif
