/* Connections that are in order while they last, and are lost whole. */
#ifndef DROVER_TESTS_WORLD_LINK_H
#define DROVER_TESTS_WORLD_LINK_H

#include <stdint.h>

#include "tests/lib/world/letter.h"

struct world;

enum { SILENCE_MS = 10000 }; /* after which a side gives a link up */

enum link_state { LINK_NONE, LINK_OPENING, LINK_WELCOME };

void link_open(struct world *world, uint32_t agent);
void link_break(struct world *world, uint32_t agent);
void link_break_all(struct world *world); /* the coordinator died */
void link_noticed(struct world *world, uint32_t agent, uint32_t connection);
void link_session_noticed(struct world *world, uint32_t agent, uint32_t connection);
void link_send_up(struct world *world, const struct letter *letter);
void link_send_down(struct world *world, const struct letter *letter);
void link_arrive_up(struct world *world, struct letter *letter);
void link_arrive_down(struct world *world, const struct letter *letter);

#endif
