/* Windows: the list `windows`. */
#ifndef DROVER_CONFIG_WINDOW_H
#define DROVER_CONFIG_WINDOW_H

#include "common/config/reader.h"

/* Reads `windows` of the root mapping into root->config, whose targets must have been read. */
void window_read_all(struct reader *reader, const struct node *mapping, struct root *root);

#endif
