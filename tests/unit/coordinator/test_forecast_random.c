/* Whatever happened to a rollout, it can be forecast: a fault in the replica or in its run would
 * end the coordinator. And asking changes nothing. */
#include "coordinator/core/facts/rollout.h"
#include "tests/lib/world/world.h"
#include "tests/unit/coordinator/record.h"

TestSuite(forecast_random, .init = record_init, .fini = record_fini);

enum { SEEDS = 40, TARGETS = 7, ASKED_MAX = 12, TURNS = 60 };

/* A drawn world of few targets, its windows where the calendar has them: each minute. */
static struct world *draw(uint64_t seed)
{
    struct world *world = world_create(seed, TARGETS, 0, false);
    for (uint32_t i = 0; i < world->swarm.windows; i++) {
        struct opening *opening = &world->openings[i];
        opening->period_ms = 60000;
        opening->phase_ms = world->start_ms % 60000;
        opening->duration_ms = opening->deny ? 20000 : 40000;
    }
    return world;
}

/* Whether it knows when the active rollout will end. */
static bool forecast_check(const struct world *world)
{
    const struct rollout *rollout = core_rollout(world->coordinator.core);
    struct message_forecast forecast = record_forecast(world);
    cr_assert_str_eq(forecast.rollout, rollout->policy.rollout);
    cr_assert(forecast.finish_ms > 0 || forecast.reason[0] != '\0');
    cr_assert(!rollout_is_active(rollout) || forecast.finish_ms == 0 ||
              forecast.finish_ms >= coordinator_clock_ms(world));
    for (size_t i = 0; i < forecast.waves.count; i++) {
        const struct forecast_wave *wave = &forecast.waves.items[i];
        cr_assert(wave->finish_ms == 0 || wave->finish_ms >= wave->start_ms);
        cr_assert(forecast.finish_ms == 0 || wave->finish_ms <= forecast.finish_ms);
    }
    return rollout_is_active(rollout) && forecast.finish_ms > 0;
}

Test(forecast_random, whatever_happened_it_can_be_told, .timeout = 120)
{
    unsigned known = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct world *world = draw(seed);
        unsigned asked = 0;
        while (world->swarm.mode != MODE_QUESTION && !world->over && asked < ASKED_MAX &&
               world_turn(world)) {
            bool durable = world->coordinator.up && !world->coordinator.appending;
            if (durable && world->steps / TURNS > asked) {
                asked++;
                known += forecast_check(world);
            }
        }
        world_free(world);
        record_fini();
        record_init();
    }
    shapes_free();
    cr_expect_gt(known, 10, "only %u forecasts of active rollouts had an end", known);
}
