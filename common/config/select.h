/* Selectors in drover.yaml: a text or a mapping, to the canonical text. */
#ifndef DROVER_CONFIG_SELECT_H
#define DROVER_CONFIG_SELECT_H

#include "common/config/reader.h"

/* Reads a selector (common/base/selector.h) from a scalar, or from a mapping of which every entry
 * is a requirement: `x`, a list of such (one of them), "!x" or a list of these (none of them), null
 * or "*" (the label exists), "!*" (it does not). `*member` gets the canonical text in the
 * configuration's arena; after a diagnostic it keeps its value. */
void select_read(struct reader *reader, const struct option *option, const struct node *node,
                 const char **member);

/* A diagnostic if the selector of `node`'s entry `select` matches no target, as far as that can be
 * known: the columns of a query are labels too. `path` is for the message. */
void select_check(struct reader *reader, const struct config *config, const struct node *node,
                  const char *select, const char *path);

#endif
