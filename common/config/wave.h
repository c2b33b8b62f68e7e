/* Waves: the list `rollout.waves`. */
#ifndef DROVER_CONFIG_WAVE_H
#define DROVER_CONFIG_WAVE_H

#include "common/config/reader.h"

/* Reads `rollout.waves` of the root mapping into root->config, whose targets must have been read;
 * without any, one wave "all" takes the rest. */
void wave_read_all(struct reader *reader, const struct node *mapping, struct root *root);

/* The one wave "all". */
void wave_default(struct arena *arena, struct config *config);

#endif
