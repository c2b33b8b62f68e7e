/* Targets: the entries of the list `targets`. */
#ifndef DROVER_CONFIG_TARGET_H
#define DROVER_CONFIG_TARGET_H

#include "common/config/reader.h"

/* Reads `targets` of the root mapping into root->config. Static names are checked to be unique; an
 * empty fleet is a diagnostic. */
void target_read_all(struct reader *reader, const struct node *mapping, struct root *root);

#endif
