/* The configuration was read again. */
#ifndef DROVER_DECIDE_CONFIGURED_H
#define DROVER_DECIDE_CONFIGURED_H

#include "coordinator/core/facts/event.h"

struct step;

/* Keeps for the log who had it read. A rollout that is under way goes on with what it was planned with. */
void step_configuration_read(struct step *step, const struct event_configuration_read *read);

#endif
