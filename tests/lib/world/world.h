/* The world of one seed: a coordinator around the real core, workers around the real ledger, a
 * network, servers with databases, a journal, operators; all in one thread of virtual time.
 *
 *   queue.h        what happens next, by time and then by order of being planned
 *   coordinator.h  the pump: inbox, step, append, release; death, replay; batches.h
 *   input.h        every input of the core, every command and event that the world looks into:
 *                  the one file to extend when the core learns a new word
 *   link.h         connections that are in order while they last, and are lost whole; letter.h
 *   agent.h        worker processes; work.h what they do about jobs
 *   database.h     servers, databases, transaction.h; route.h the ways between their heads
 *   operator.h     people: START, and verbs at any time
 *   check.h        what must hold
 *
 * The same seed gives the same world: no clock, no address is ever looked at, and everything is
 * iterated in order of numbers. world->hash runs over all that happened.
 */
#ifndef DROVER_TESTS_WORLD_WORLD_H
#define DROVER_TESTS_WORLD_WORLD_H

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "tests/lib/world/agent.h"
#include "tests/lib/world/batches.h"
#include "tests/lib/world/check.h"
#include "tests/lib/world/coordinator.h"
#include "tests/lib/world/database.h"
#include "tests/lib/world/input.h"
#include "tests/lib/world/link.h"
#include "tests/lib/world/operator.h"
#include "tests/lib/world/queue.h"
#include "tests/lib/world/random.h"
#include "tests/lib/world/route.h"
#include "tests/lib/world/swarm.h"
#include "tests/lib/world/transaction.h"
#include "tests/lib/world/work.h"

struct story;

/* What was seen to happen: a simulator whose faults never meet a rollout proves nothing.
 * X(name, what the summary says) */
#define SIGHT_LIST(X)                                                                              \
    X(succeeded, "rollouts succeeded")                                                             \
    X(failed, "failed")                                                                            \
    X(refused, "refused")                                                                          \
    X(cancelled, "cancelled")                                                                      \
    X(rollbacks, "rollbacks begun")                                                                \
    X(late, "late targets")                                                                        \
    X(checked, "checks")                                                                           \
    X(probed, "probes")                                                                            \
    X(commits, "transactions committed")                                                           \
    X(unheard, "of them unheard")                                                                  \
    X(orphans, "by workers that had lost the job")                                                 \
    X(resolved, "targets found done by an attempt before")                                         \
    X(moved, "found moved")                                                                        \
    X(crashes, "deaths of the coordinator")                                                        \
    X(batches_lost, "batches lost with it")                                                        \
    X(journals, "of them with the journal")                                                        \
    X(clocks, "clocks set")                                                                        \
    X(failovers, "failovers")                                                                      \
    X(taken_back, "commits lost by them")                                                          \
    X(doubted, "targets looked at again")                                                          \
    X(deaths, "of workers")                                                                        \
    X(stops, "workers stopped")                                                                    \
    X(breaks, "of links")                                                                          \
    X(blinded, "of sight of a server")                                                             \
    X(servers, "of database servers")                                                              \
    X(verbs, "verbs given")                                                                        \
    X(replays, "replays compared")

struct sights {
#define SIGHT_FIELD(name, words) uint64_t name;
    SIGHT_LIST(SIGHT_FIELD)
#undef SIGHT_FIELD
};

/* Where everything stood as a rollout began: a rollback of it must lead there again. */
struct beginning {
    uint64_t at_ms;
    uint32_t *heads; /* by database; owned */
    bool rollback;
};

/* Drawn from a seed, or told by a story, which leaves nothing to chance (story.h). */
struct world {
    struct swarm swarm;
    struct story *story; /* or NULL */
    struct sights sights;
    uint64_t seed;
    struct random random;
    struct arena arena;
    struct queue queue;
    uint64_t start_ms;
    uint64_t now_ms;
    int64_t set_ms; /* by how much the system's clock is ahead of it */
    uint64_t steps;
    uint64_t hash;
    bool tracing;
    bool replays; /* the journal, after every step */
    bool stops;   /* the next worker that begins a transaction */
    bool healed;
    uint64_t healed_ms;
    uint64_t finished_ms; /* all rollouts; 0: not yet */
    bool over;            /* all rollouts are finished, nothing is left to be said */

    const struct bundle *bundle;
    const struct graph *graph;
    struct texts *heads; /* sets, by number */
    uint32_t head_count;
    struct route *routes;
    uint32_t route_count;

    struct database_server *servers;
    uint32_t *host_servers;   /* by host */
    uint64_t *blind_until_ms; /* by agent and server: it does not reach it till then */
    struct opening openings[CORE_WINDOWS_MAX];
    uint32_t work_ms_min;       /* shortest time of a script or a look */
    const char *probe_value;    /* what a probe of a server that is well says */
    struct fault discoveries;   /* what goes wrong with them */
    struct found_target *found; /* what all of them find; NULL: databases that are born */
    size_t found_count;
    bool bundle_lost; /* nobody keeps it any more */
    struct database *databases;
    struct database_past *pasts; /* in order of time; owned */
    uint32_t past_count;
    uint32_t past_capacity;
    struct transaction *transactions;
    uint32_t transaction_count;
    uint32_t transaction_capacity;
    uint32_t *free_transactions;
    uint32_t free_transaction_count;
    struct agent *agents;
    struct work **works; /* by slot */
    uint32_t work_count;
    uint32_t work_capacity;
    uint32_t *free_works;
    uint32_t free_work_count;
    uint32_t last_generation;
    uint64_t last_instance;

    struct beginning *beginnings; /* by number of the rollout */
    uint32_t beginning_count;
    struct coordinator coordinator;
    struct journal_batches journal;
    uint32_t last_rollout;      /* the highest number that one had, whatever became of it */
    uint32_t rollouts_finished; /* durably */
    uint32_t rollouts_ended;    /* as the core has decided, durable or not */

    struct check check;
};

struct world *world_create(uint64_t seed, uint32_t targets, uint32_t workers, bool tracing);
/* Runs to the end or to the first promise broken. */
void world_run(struct world *world);
void world_free(struct world *world);

/* What world_create does besides drawing: room for workers and databases by the swarm, nothing lives. */
void world_init(struct world *world);
/* The next thing happens; false: nothing is left to. */
bool world_turn(struct world *world);

/* One line of the trace; also goes into the hash. */
void world_trace(struct world *world, const char *format, ...) PRINTF_LIKE(2, 3);

/* Plans the next of something that happens every `mean` ms, if it happens at all. */
void world_plan_every(struct world *world, enum occurrence_kind kind, uint32_t mean);
void world_plan(struct world *world, uint64_t delay_ms, enum occurrence_kind kind, uint32_t a,
                uint32_t b);
/* Somebody sets the system's clock, so far that it is noticed. */
void world_clock_set(struct world *world);
uint64_t world_delay(struct world *world);  /* of a message */
uint64_t world_chance(struct world *world); /* for an input */

#endif
