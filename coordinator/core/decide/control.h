/* CONTROL: people steer the rollout. */
#ifndef DROVER_DECIDE_CONTROL_H
#define DROVER_DECIDE_CONTROL_H

#include "common/vocabulary/message.h"

struct step;

/* What happened stands in the output. -1 with a sentence when it is refused: then nothing was
 * emitted. */
int step_control(struct step *step, const struct message_control *control,
                 struct error *error) MUST_CHECK;

#endif
