/* Worker processes: the real ledger decides what is done about jobs, results and handshakes; this
 * carries it out in virtual time, as worker/link/job.c and worker/link/agent.c do on a loop. */
#include <stdlib.h>

#include "tests/lib/world/world.h"

enum { AWAY_MS_MAX = 5000, STOP_MS_MAX = 30000 };

static void send_up(struct world *world, uint32_t number, struct letter letter)
{
    const struct agent *agent = &world->agents[number];
    if (agent->link == LINK_WELCOME && !agent->broken) {
        letter.agent = number;
        letter.connection = agent->connection;
        link_send_up(world, &letter);
    }
}

static void result_send(struct world *world, const struct work *work)
{
    send_up(world, work->agent,
            (struct letter){.kind = LETTER_RESULT,
                            .try = work->entry.try,
                            .job_kind = work->kind,
                            .subject = work->subject,
                            .rollout = work->rollout,
                            .losses = work->losses,
                            .outcome = work->outcome});
}

void agent_work_over(struct world *world, struct work *work)
{
    ledger_ended(&world->agents[work->agent].ledger, &work->entry);
    work->outcome.elapsed_ms = world->now_ms - work->started_ms;
    result_send(world, work);
}

/* Drained: nothing in hand and nothing to be told. */
static void agent_rest(struct world *world, uint32_t number)
{
    const struct agent *agent = &world->agents[number];
    if (agent->draining && agent->ledger.entries == NULL) {
        agent_die(world, number, true);
    }
}

static void duty_do(struct world *world, struct work *work, enum ledger_duty duty)
{
    struct ledger *ledger = &world->agents[work->agent].ledger;
    switch (duty) {
    case DUTY_NONE: break;
    case DUTY_RUN:
        ledger_started(ledger, &work->entry);
        work_begin(world, work);
        break;
    case DUTY_ASK_BUNDLE:
        send_up(world, work->agent, (struct letter){.kind = LETTER_BUNDLE_WANTED});
        break;
    case DUTY_SEND_RESULT: result_send(world, work); break;
    case DUTY_STOP: work_stop(world, work); break;
    case DUTY_END_CANCELLED:
        work->outcome.outcome = JOB_OUTCOME_CANCELLED;
        agent_work_over(world, work);
        break;
    case DUTY_FORGET:
        ledger_forget(ledger, &work->entry);
        work_free(world, work);
        break;
    }
}

/* ---- messages ---- */

static void job_take(struct world *world, const struct letter *letter)
{
    struct agent *agent = &world->agents[letter->agent];
    struct ledger_entry *known = ledger_find(&agent->ledger, letter->try.key);
    if (known != NULL) {
        duty_do(world, work_of(known), ledger_repeat(known));
        return;
    }
    struct work *work = work_make(world, letter);
    work->entry.bundle = letter->wants_bundle ? bundle_digest(world->bundle) : "";
    duty_do(world, work, ledger_add(&agent->ledger, &work->entry, agent->has_bundle));
}

static void bundle_take(struct world *world, uint32_t number)
{
    struct agent *agent = &world->agents[number];
    agent->has_bundle = true;
    struct ledger_entry *entry, *next;
    HASH_ITER(hh, agent->ledger.entries, entry, next)
    {
        duty_do(world, work_of(entry), ledger_bundle(entry, bundle_digest(world->bundle)));
    }
}

void agent_receive(struct world *world, const struct letter *letter)
{
    struct ledger *ledger = &world->agents[letter->agent].ledger;
    struct ledger_entry *entry = ledger_find(ledger, letter->try.key);
    enum ledger_duty duty = DUTY_NONE;
    switch (letter->kind) {
    case LETTER_JOB: job_take(world, letter); break;
    case LETTER_CANCEL: duty = ledger_cancel(entry); break;
    case LETTER_ACK: duty = ledger_acknowledge(entry); break;
    case LETTER_BUNDLE: bundle_take(world, letter->agent); break;
    default: break;
    }
    if (duty != DUTY_NONE) {
        duty_do(world, work_of(entry), duty);
    }
    agent_rest(world, letter->agent);
}

void agent_welcome(struct world *world, uint32_t number)
{
    struct agent *agent = &world->agents[number];
    struct ledger_entry *entry, *next;
    agent->welcome_ms = world->now_ms;
    HASH_ITER(hh, agent->ledger.entries, entry, next)
    {
        duty_do(world, work_of(entry), ledger_present(&agent->ledger, entry));
    }
    agent_rest(world, number);
}

void agent_say_hello(struct world *world, uint32_t number)
{
    const struct agent *agent = &world->agents[number];
    size_t count = HASH_COUNT(agent->ledger.entries);
    struct letter hello = {.kind = LETTER_HELLO,
                           .agent = number,
                           .connection = agent->connection,
                           .credit = agent->draining ? 0 : agent->credit,
                           .running = memory_alloc((count + 1) * sizeof *hello.running)};
    for (const struct ledger_entry *entry = agent->ledger.entries; entry != NULL;
         entry = entry->hh.next) {
        hello.running[hello.running_count++] = entry->try;
    }
    link_send_up(world, &hello);
}

/* ---- life ---- */

void agent_start(struct world *world, uint32_t number)
{
    struct agent *agent = &world->agents[number];
    if (agent->alive) {
        return;
    }
    uint32_t connection = agent->connection;
    uint64_t unreachable_until_ms = agent->unreachable_until_ms;
    *agent = (struct agent){
        .instance = ++world->last_instance,
        .alive = true,
        .credit = (uint32_t)random_between(&world->random, 1, world->swarm.credit),
        .broken = true,
        .connection = connection,
        .unreachable_until_ms = unreachable_until_ms,
    };
    world_trace(world, "worker %llu starts", (unsigned long long)agent->instance);
    link_open(world, number);
}

/* `announced`: its end of the link is closed in order, so the coordinator hears of it at once. */
void agent_die(struct world *world, uint32_t number, bool announced)
{
    struct agent *agent = &world->agents[number];
    if (!agent->alive) {
        return;
    }
    world_trace(world, "worker %llu %s", (unsigned long long)agent->instance,
                announced ? "ends" : "dies");
    world->sights.deaths += !announced;
    if (announced) {
        link_session_noticed(world, number, agent->connection);
    }
    link_break(world, number);
    struct ledger_entry *entry, *next;
    HASH_ITER(hh, agent->ledger.entries, entry, next)
    {
        struct work *work = work_of(entry);
        ledger_forget(&agent->ledger, entry);
        if (work->transaction != NONE) {
            transaction_orphan(world, work->transaction);
        }
        work_free(world, work);
    }
    agent->alive = false;
    agent->link = LINK_NONE;
    if (world->swarm.mode != MODE_EMBEDDED && world->story == NULL) {
        world_plan(world, random_below(&world->random, AWAY_MS_MAX), OCCURRENCE_AGENT_STARTS,
                   number, 0);
    }
}

void agent_in_transaction(struct world *world, uint32_t number)
{
    struct agent *agent = &world->agents[number];
    if (!world->stops || world->healed) {
        return;
    }
    world->stops = false;
    world_trace(world, "worker %llu is stopped", (unsigned long long)agent->instance);
    world->sights.stops++;
    link_break(world, number);
    uint64_t until_ms = world->now_ms + SILENCE_MS + random_below(&world->random, STOP_MS_MAX);
    agent->stopped_until_ms = agent->unreachable_until_ms = until_ms;
}

void agent_drain(struct world *world, uint32_t number)
{
    struct agent *agent = &world->agents[number];
    if (!agent->alive || agent->draining) {
        return;
    }
    world_trace(world, "worker %llu drains", (unsigned long long)agent->instance);
    agent->draining = true;
    send_up(world, number, (struct letter){.kind = LETTER_WINDOW});
    agent_rest(world, number);
}

/* ---- sight ---- */

uint64_t *agent_blind_until(const struct world *world, uint32_t agent, uint32_t server)
{
    return &world->blind_until_ms[agent * world->swarm.servers + server];
}

bool agent_is_blind(const struct world *world, uint32_t agent, uint32_t server)
{
    return world->now_ms < *agent_blind_until(world, agent, server);
}

void agents_blinded(struct world *world)
{
    const struct swarm *swarm = &world->swarm;
    uint64_t until_ms = world->now_ms + random_below(&world->random, swarm->blind_ms) + 1;
    bool all = random_permille(&world->random, swarm->blind_all);
    uint32_t server = (uint32_t)random_below(&world->random, swarm->servers);
    uint32_t first = (uint32_t)random_below(&world->random, swarm->workers);
    uint32_t count = (uint32_t)random_below(&world->random, swarm->workers) + 1;
    world_trace(world, "%u workers from the %u-th on are blind for %s", count, first,
                all ? "all servers" : "a server");
    world->sights.blinded++;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t agent = (first + i) % swarm->workers;
        for (uint32_t j = 0; j < swarm->servers; j++) {
            if (all || j == server) {
                *agent_blind_until(world, agent, j) = until_ms;
            }
        }
    }
}

void agents_see(struct world *world)
{
    for (uint32_t i = 0; i < world->swarm.workers; i++) {
        for (uint32_t j = 0; j < world->swarm.servers; j++) {
            *agent_blind_until(world, i, j) = 0;
        }
    }
}
