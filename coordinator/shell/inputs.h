/* Items of the inbox as inputs of the core, and the answers that they cause. */
#ifndef DROVER_SHELL_INPUTS_H
#define DROVER_SHELL_INPUTS_H

#include "common/base/error.h"
#include "coordinator/core/core.h"

struct item;
struct pump;

/* Gives one item to the core. */
void input_item(struct pump *pump, const struct item *item);

/* Feeds one input with time and chance filled in. */
int input_decide(struct pump *pump, struct input *input, struct error *error) MUST_CHECK;

/* The same with what has happened, and so cannot be refused. */
void input_fact(struct pump *pump, struct input input);

/* Queues REFUSED for the item's session. */
void input_refuse(struct pump *pump, const struct item *item, const struct error *reason);

#endif
