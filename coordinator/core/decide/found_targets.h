/* Targets that the configuration or a discovery names. */
#ifndef DROVER_DECIDE_FOUND_TARGETS_H
#define DROVER_DECIDE_FOUND_TARGETS_H

#include "common/vocabulary/record.h"

struct step;

/* Adds a target; refuses it if its name or its database is in the fleet already. */
void target_found(struct step *step, const struct found_target *found, enum target_origin origin);

#endif
