/* Sets and ways by number (route.h). */
#include <string.h>

#include "tests/lib/world/world.h"

static bool sets_equal(struct texts left, struct texts right)
{
    bool equal = left.count == right.count;
    for (size_t i = 0; equal && i < left.count; i++) {
        equal = strcmp(left.items[i], right.items[i]) == 0;
    }
    return equal;
}

uint32_t heads_number(struct world *world, struct texts heads)
{
    for (uint32_t i = 0; i < world->head_count; i++) {
        if (sets_equal(world->heads[i], heads)) {
            return i;
        }
    }
    world->heads = memory_resize(world->heads, (world->head_count + 1) * sizeof *world->heads);
    world->heads[world->head_count] = arena_texts(&world->arena, heads);
    return world->head_count++;
}

static uint32_t revision_number(const struct world *world, const struct revision *revision)
{
    uint32_t number = 0;
    while (graph_at(world->graph, number) != revision) {
        number++;
    }
    return number;
}

static uint32_t route_find(const struct world *world, uint32_t from, struct texts steps, bool apart)
{
    for (uint32_t i = 0; i < world->route_count; i++) {
        if (world->routes[i].from == from && world->routes[i].plan.apart == apart &&
            sets_equal(world->routes[i].steps, steps)) {
            return i;
        }
    }
    return NONE;
}

uint32_t route_number(struct world *world, struct texts from, struct texts steps, bool apart)
{
    uint32_t begin = heads_number(world, from);
    uint32_t number = route_find(world, begin, steps, apart);
    if (number != NONE) {
        return number;
    }
    struct route route = {.from = begin, .steps = arena_texts(&world->arena, steps)};
    struct error error = {0};
    if (plan_replay(world->graph, world->heads[begin], route.steps, &world->arena, &route.plan,
                    &error) != 0 ||
        route.plan.step_count > SHAPE_REVISIONS_MAX) {
        check_fail(world, "a worker can follow the steps of its job", "%s", error.message);
        route.plan = (struct plan){0};
    }
    route.plan.apart = apart;
    for (size_t i = 0; i < route.plan.step_count; i++) {
        route.after[i] = heads_number(world, route.plan.steps[i].rows_after);
        route.revision[i] = revision_number(world, route.plan.steps[i].revision);
    }
    route.to = heads_number(world, route.plan.to);
    world->routes = memory_resize(world->routes, (world->route_count + 1) * sizeof route);
    world->routes[world->route_count] = route;
    return world->route_count++;
}

uint32_t route_plan(struct world *world, enum direction direction, const char *spec, uint32_t heads)
{
    struct plan plan = {0};
    struct error error = {0};
    if (plan_make(world->graph, direction, spec, world->heads[heads], &world->arena, &plan,
                  &error) != 0 ||
        plan.step_count == 0) {
        return NONE;
    }
    const char **steps = arena_array(&world->arena, plan.step_count, sizeof *steps);
    for (size_t i = 0; i < plan.step_count; i++) {
        steps[i] = plan_step_name(&world->arena, &plan.steps[i]);
    }
    return route_number(world, world->heads[heads], (struct texts){steps, plan.step_count}, false);
}
