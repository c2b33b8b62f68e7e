/* Types: how the value of one option is read from its node into its member. */
#ifndef DROVER_CONFIG_TYPE_H
#define DROVER_CONFIG_TYPE_H

#include "common/config/reader.h"

/* Reads a non-null node; on a fault the member keeps its value. `member` has the C type that
 * belongs to the option's type (options.def). */
void type_read(struct reader *reader, const struct option *option, const struct node *node,
               void *member);

/* A value one would write, for hints. */
const char *type_example(const struct option *option);

#endif
