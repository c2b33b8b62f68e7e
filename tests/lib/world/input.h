/* Every input of the core, every command and event that the world looks into. */
#ifndef DROVER_TESTS_WORLD_INPUT_H
#define DROVER_TESTS_WORLD_INPUT_H

#include "coordinator/core/core.h"

struct item;
struct world;

/* Feeds one item of the inbox; -1: the core refused it. */
void input_feed(struct world *world, const struct item *item);
/* Steps the core; `cause`: what arrived, or NULL. 0, or -1 when the core refuses it. */
int input_step(struct world *world, struct input *input, const struct item *cause,
               struct error *error);
/* One command, when its events are durable. */
void command_release(struct world *world, const struct command *command);
/* One event, when it is durable. */
void event_release(struct world *world, const struct event *event);

#endif
