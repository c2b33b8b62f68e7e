/* CONTROL: people steer the rollout. */
#ifndef DROVER_DECIDE_CONTROL_H
#define DROVER_DECIDE_CONTROL_H

#include "common/vocabulary/message.h"

struct step;

/* What happened stands in the output. -1 with a sentence when it is refused: then nothing was
 * emitted. */
int step_control(struct step *step, const struct message_control *control,
                 struct error *error) MUST_CHECK;

/* For the verbs: what is told of one that was done, and how many targets it concerned. */
void control_answer(struct step *step, uint32_t concerned, const char *sentence);

/* The same, and who may go on nevertheless. */
void control_answer_with_loose(struct step *step, uint32_t concerned, const char *sentence);

#endif
