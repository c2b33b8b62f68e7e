/* Safeguards of a rollout put out of force, and back. */
#ifndef DROVER_DECIDE_OVERRIDE_H
#define DROVER_DECIDE_OVERRIDE_H

#include "common/base/error.h"

struct buffer;
struct message_control;
struct selector;
struct step;

/* Does what CONTROL_SET says of the safeguards for what `scope` selects, and appends a clause for each. -1: it cannot be,
 * and nothing is done. */
int safeguards_set(struct step *step, const struct message_control *control,
                   const struct selector *scope, struct buffer *sentence,
                   struct error *error) MUST_CHECK;

#endif
