/* Types whose values are lists and mappings: rows of type.c's table, with its contract. */
#ifndef DROVER_CONFIG_TYPE_LIST_H
#define DROVER_CONFIG_TYPE_LIST_H

#include "common/config/reader.h"

/* Into a `struct texts` of "key=value", sorted by key. */
void read_LABELS(struct reader *reader, const struct option *option, const struct node *node,
                 void *member);

/* Into a `struct texts` of "key=value", in order. */
void read_ARGUMENTS(struct reader *reader, const struct option *option, const struct node *node,
                    void *member);

/* Into a `struct texts`, in order. */
void read_TEXTS(struct reader *reader, const struct option *option, const struct node *node,
                void *member);

/* Into a `struct texts` of canonical steps, "5" or "20%". */
void read_RAMP(struct reader *reader, const struct option *option, const struct node *node,
               void *member);

#endif
