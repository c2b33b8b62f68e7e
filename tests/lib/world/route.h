/* Ways through the graph. Sets of heads and ways have numbers, by which the world compares them. */
#ifndef DROVER_TESTS_WORLD_ROUTE_H
#define DROVER_TESTS_WORLD_ROUTE_H

#include "common/revision/plan.h"
#include "tests/lib/world/shape.h"

struct world;

#define NONE UINT32_MAX /* no number */

/* A way through the graph, as a job names it. Numbers of head sets, not sets. */
struct route {
    uint32_t from;
    uint32_t to;
    struct texts steps; /* "+id", "-id" */
    struct plan plan;
    uint32_t after[SHAPE_REVISIONS_MAX];    /* heads after each step */
    uint32_t revision[SHAPE_REVISIONS_MAX]; /* number of each step's revision */
};

/* Numbers of head sets and routes. */
uint32_t heads_number(struct world *world, struct texts heads);
uint32_t route_number(struct world *world, struct texts from, struct texts steps, bool apart);
/* The way to `spec` from `heads`; NONE: there is none or nothing to do. */
uint32_t route_plan(struct world *world, enum direction direction, const char *spec,
                    uint32_t heads);

#endif
