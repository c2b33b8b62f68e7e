/* Drawing options (swarm.h). */
#include "tests/lib/world/swarm.h"

#include "tests/lib/world/shape.h"

/* In `permille` of seeds a rate between low and high, else off. */
static uint32_t rate(struct random *random, uint32_t permille, uint32_t low, uint32_t high)
{
    bool on = random_permille(random, permille);
    uint32_t value = (uint32_t)random_scale(random, low, high);
    return on ? value : 0;
}

static void fleet_draw(struct swarm *swarm, struct random *random)
{
    uint64_t kind = random_below(random, 20);
    swarm->mode = kind < 13 ? MODE_SERVICE : (kind < 16 ? MODE_EMBEDDED : MODE_QUESTION);
    swarm->targets = (uint32_t)random_scale(random, 1, SWARM_TARGETS_MAX);
    swarm->discovered = rate(random, 300, 10, 1000);
    swarm->workers = (uint32_t)random_scale(random, 1, 12);
    swarm->credit = (uint32_t)random_scale(random, 1, 32);
    swarm->servers = (uint32_t)random_scale(random, 1, 8);
    swarm->hosts = swarm->servers + (uint32_t)random_below(random, 3);
    swarm->shape = (uint32_t)random_below(random, SHAPE_COUNT);
    swarm->downgrade = random_permille(random, 150);
    swarm->rollouts = 1U + random_permille(random, 300) + random_permille(random, 100);
    swarm->mixed = rate(random, 700, 10, 1000);
}

static void policy_draw(struct swarm *swarm, struct random *random)
{
    swarm->waves = (uint32_t)random_below(random, 5);
    swarm->concurrency = (uint32_t)random_scale(random, 1, 64);
    swarm->per_server = rate(random, 800, 1, 16);
    swarm->failures_count = rate(random, 500, 1, 8);
    swarm->failures_percent = rate(random, 300, 1, 40);
    swarm->validate_failures_count = rate(random, 400, 1, 16);
    swarm->validate_failures_percent = rate(random, 300, 1, 50);
    uint64_t on_failure = random_below(random, 20);
    swarm->on_failure = on_failure < 2 ? (uint32_t)on_failure + 1 : 0;
    swarm->ramps = rate(random, 600, 400, 1000);
    swarm->soak_ms = rate(random, 300, 10, 10000);
    swarm->checks = rate(random, 300, 100, 1000);
    swarm->check_fails = rate(random, 500, 10, 300);
    swarm->approvals = rate(random, 200, 100, 1000);
    swarm->wave_budgets = rate(random, 200, 100, 1000);
    swarm->until_wave = rate(random, 100, 1, 3);
    swarm->windows = rate(random, 600, 1, 3);
    swarm->throttle_ms = rate(random, 400, 50, 5000);
    swarm->hot = rate(random, 700, 10, 500);
    swarm->rediscover_ms = rate(random, 400, 100, 10000);
    swarm->late = rate(random, 700, 50, 600);
    swarm->attempts = (uint32_t)random_scale(random, 1, 12);
}

static void pace_draw(struct swarm *swarm, struct random *random)
{
    swarm->network_ms = rate(random, 900, 1, 200);
    swarm->append_ms = rate(random, 800, 1, 40);
    swarm->slow_append = rate(random, 300, 1, 30);
    swarm->work_ms = (uint32_t)random_scale(random, 1, 2000);
    swarm->trouble_ms = (uint32_t)random_scale(random, 1000, 64000);
    swarm->replay_every_ms = swarm->trouble_ms / 2;
}

static void faults_draw(struct swarm *swarm, struct random *random)
{
    swarm->cut_every_ms = rate(random, 500, 50, 20000);
    swarm->unnoticed = rate(random, 500, 50, 1000);
    swarm->partition = rate(random, 400, 50, 500);
    swarm->death_every_ms = rate(random, 400, 50, 20000);
    swarm->drain_every_ms = rate(random, 200, 1000, 20000);
    swarm->crash_every_ms = rate(random, 400, 100, 20000);
    swarm->append_fails = rate(random, 250, 1, 20);
    swarm->append_ambiguous = rate(random, 250, 1, 20);
    swarm->server_every_ms = rate(random, 300, 200, 20000);
    swarm->lost = rate(random, 400, 1, 100);
    swarm->passing = rate(random, 400, 1, 200);
    swarm->bad_target = rate(random, 300, 1, 200);
    swarm->refused_target = rate(random, 150, 1, 100);
    swarm->discovery_fails = rate(random, 300, 50, 500);
    swarm->foreign_every_ms = rate(random, 200, 100, 10000);
    swarm->operator_every_ms = rate(random, 500, 50, 10000);
    swarm->operator_cancels = rate(random, 200, 10, 100);
    swarm->operator_rollbacks = rate(random, 200, 10, 100);
}

/* From a stream of its own: the other draws of a seed stay as they are when a fault is added. */
static void more_faults_draw(struct swarm *swarm, struct random random)
{
    swarm->stop_every_ms = rate(&random, 250, 1000, 20000);
}

/* From chances of its own, so that what was drawn before it stays as it was. */
static void outages_draw(struct swarm *swarm, struct random aside)
{
    struct random *random = &aside;
    swarm->patience_ms = rate(random, 800, 1000, 60000);
    swarm->outage_ms = rate(random, 500, 1000, 120000);
    swarm->blind_every_ms = rate(random, 300, 200, 20000);
    swarm->blind_ms = (uint32_t)random_scale(random, 100, 240000);
    swarm->blind_all = rate(random, 500, 100, 1000);
    swarm->killers = rate(random, 150, 1, 100);
}

/* Likewise. */
static void failovers_draw(struct swarm *swarm, struct random aside)
{
    struct random *random = &aside;
    swarm->failover_every_ms = rate(random, 400, 500, 8000);
    swarm->lag_ms = (uint32_t)random_scale(random, 10, 20000);
}

/* Likewise. */
static void losses_draw(struct swarm *swarm, struct random aside)
{
    struct random *random = &aside;
    swarm->journal_every_ms = rate(random, 200, 1000, 20000);
    swarm->clock_every_ms = rate(random, 350, 1000, 20000);
    swarm->clock_ms = (uint32_t)random_scale(random, 4000, 20000000);
}

void swarm_draw(struct swarm *swarm, struct random *random, uint32_t targets, uint32_t workers)
{
    *swarm = (struct swarm){0};
    more_faults_draw(swarm, (struct random){~random->state});
    fleet_draw(swarm, random);
    policy_draw(swarm, random);
    pace_draw(swarm, random);
    faults_draw(swarm, random);
    outages_draw(swarm, (struct random){random->state ^ 0x6f7574616765U});
    losses_draw(swarm, (struct random){random->state ^ 0x6c6f7373U});
    failovers_draw(swarm, (struct random){random->state ^ 0x66616c6cU});
    swarm->targets = targets > 0 ? targets : swarm->targets;
    if (workers > 0) {
        swarm->workers = workers;
        swarm->mode = MODE_SERVICE;
    }
    if (targets >
        SWARM_TARGETS_MAX) { /* wide enough for the fleet; faults come with time, not with it */
        swarm->concurrency = targets / 50;
        swarm->credit = 16;
        swarm->servers = swarm->hosts = targets / 500;
        swarm->per_server = 8;
        swarm->mode = MODE_SERVICE;
        swarm->rollouts = 1;
        swarm->downgrade = swarm->refused_target = swarm->operator_cancels = 0;
        swarm->operator_rollbacks = swarm->on_failure = 0;
        swarm->failures_percent = swarm->validate_failures_percent = 90;
        swarm->attempts = 12;
        swarm->trouble_ms = 120000;
        swarm->replay_every_ms = 60000;
    }
    if (swarm->mode == MODE_EMBEDDED) {
        swarm->workers = 1;
        swarm->cut_every_ms = swarm->death_every_ms = swarm->drain_every_ms = 0;
        swarm->stop_every_ms = swarm->killers = 0;
    }
    if (swarm->mode == MODE_QUESTION) {
        /* where nothing is kept, what the workers still hold is all that is left of a life */
        swarm->crash_every_ms = (uint32_t)random_scale(random, 100, 4000);
        swarm->journal_every_ms = 0;
        swarm->downgrade = swarm->windows = swarm->throttle_ms = swarm->rediscover_ms = 0;
    }
}

void swarm_print(const struct swarm *swarm, struct buffer *out)
{
    static const char *const modes[] = {"service", "embedded", "question"};
    buffer_printf(out, "%s", modes[swarm->mode]);
#define SWARM_FIELD(name, meaning)                                                                 \
    if (swarm->name > 0) {                                                                         \
        buffer_printf(out, " " #name "=%u", swarm->name);                                          \
    }
    SWARM_LIST(SWARM_FIELD)
#undef SWARM_FIELD
}
