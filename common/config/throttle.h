/* Throttles: the list `rollout.throttle`. */
#ifndef DROVER_CONFIG_THROTTLE_H
#define DROVER_CONFIG_THROTTLE_H

#include "common/config/reader.h"

/* Reads `rollout.throttle` of the root mapping into root->config. */
void throttle_read_all(struct reader *reader, const struct node *mapping, struct root *root);

#endif
