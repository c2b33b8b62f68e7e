/* The world of one seed: a coordinator around the real core, workers around the real ledger, a
 * network, servers with databases, a journal, operators; all in one thread of virtual time.
 *
 *   queue.c        what happens next, by time and then by order of being planned
 *   coordinator.c  the pump: inbox, step, append, release; death, replay
 *   input.c        every input of the core, every command and event that the world looks into:
 *                  the one file to extend when the core learns a new word
 *   link.c         connections that are in order while they last, and are lost whole
 *   agent.c        worker processes; work.c what they do about jobs; database.c what becomes of it
 *   operator.c     people: START, and verbs at any time
 *   check*.c       what must hold
 *
 * The same seed gives the same world: no clock, no address is ever looked at, and everything is
 * iterated in order of numbers. world->hash runs over all that happened.
 */
#ifndef DROVER_TESTS_WORLD_WORLD_H
#define DROVER_TESTS_WORLD_WORLD_H

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/revision/bundle.h"
#include "common/revision/plan.h"
#include "coordinator/core/core.h"
#include "tests/lib/world/check.h"
#include "tests/lib/world/queue.h"
#include "tests/lib/world/random.h"
#include "tests/lib/world/shape.h"
#include "tests/lib/world/swarm.h"
#include "worker/link/ledger.h"

#define NONE   UINT32_MAX
#define ALWAYS UINT32_MAX

struct story;

enum {
    WORLD_LABELS = 4,   /* ring=0 .. ring=3 */
    WORLD_WAVES = 8,    /* at most */
    SILENCE_MS = 10000, /* after which a side gives a link up */
};

/* A way through the graph, as a job names it. Numbers of head sets, not sets. */
struct route {
    uint32_t from;
    uint32_t to;
    struct texts steps; /* "+id", "-id" */
    struct plan plan;
    uint32_t after[SHAPE_REVISIONS_MAX];    /* heads after each step */
    uint32_t revision[SHAPE_REVISIONS_MAX]; /* number of each step's revision */
};

/* ---- the network ---- */

enum message_kind {
    LETTER_HELLO,
    LETTER_RESULT,
    LETTER_WINDOW,
    LETTER_BUNDLE_WANTED,
    LETTER_WELCOME,
    LETTER_JOB,
    LETTER_CANCEL,
    LETTER_ACK,
    LETTER_BUNDLE,
};

/* What a job came to. */
struct outcome {
    enum job_outcome outcome;
    enum failure_cause cause;
    const char *sqlstate; /* static */
    const char *location; /* static */
    uint32_t heads;       /* or NONE */
    uint32_t server;      /* or NONE */
    uint32_t seen;        /* revisions that something else applied */
    const char *value;    /* static: of the server, for a probe */
    uint64_t elapsed_ms;
};

struct letter {
    enum message_kind kind;
    uint32_t agent;
    uint32_t connection;
    uint64_t job;
    uint64_t epoch; /* also of WELCOME */
    uint32_t attempt;
    enum job_kind job_kind;
    uint32_t subject; /* JOB: database, or source */
    uint32_t route;   /* JOB: of a deploy, or NONE */
    uint32_t stamp;   /* JOB: of a deploy that only writes these heads, or NONE */
    uint32_t rollout; /* JOB: number */
    bool wants_bundle;
    uint32_t window;
    struct outcome outcome;
    struct running_job *running; /* HELLO: owned */
    size_t running_count;
};

/* ---- workers ---- */

enum link_state { LINK_NONE, LINK_OPENING, LINK_WELCOME };

struct agent {
    uint64_t instance;
    bool alive;
    bool draining;
    uint32_t window;
    enum link_state link;
    bool broken;         /* the link is dead, noticed or not */
    uint32_t connection; /* number of the current or last link */
    uint64_t unreachable_until_ms;
    uint64_t up_last_ms; /* of the link: no message overtakes another */
    uint64_t down_last_ms;
    unsigned failures;
    bool has_bundle;
    struct ledger ledger;
};

enum phase { PHASE_CONNECT, PHASE_LOOK, PHASE_OPEN, PHASE_POLL, PHASE_SCRIPT, PHASE_COMMIT };

/* A job in a worker's hand. */
struct work {
    struct ledger_entry entry;
    uint32_t slot;
    uint32_t generation; /* of the slot: tells late news from fresh */
    uint32_t agent;
    enum job_kind kind;
    uint32_t subject;
    uint32_t route;
    uint32_t stamp;
    uint32_t rollout;
    enum phase phase;
    size_t first; /* segment in hand */
    size_t end;
    uint32_t locations;
    uint64_t busy_since_ms;
    uint32_t transaction; /* slot, or NONE */
    bool cancelled;
    uint64_t started_ms;
    struct outcome outcome;
};

/* ---- databases ---- */

struct server {
    const char *identity; /* "s1"; "": it tells none */
    bool up;
};

/* What goes wrong with the next `times` jobs of a kind. */
struct fault {
    enum job_kind kind;
    uint32_t times; /* ALWAYS: with all */
    enum failure_cause cause;
    const char *sqlstate;
    const char *location; /* or NULL */
};

/* A window of time: open for `duration_ms` every `period_ms`. */
struct opening {
    bool deny;
    bool overrun;
    uint32_t ring; /* label of the targets that it selects, or NONE: all */
    uint64_t phase_ms;
    uint64_t period_ms;
    uint64_t duration_ms;
};

/* What stands in drover_history's last row. */
struct last_row {
    uint32_t revision; /* NONE: no row */
    bool down;
    uint32_t rollout;
};

struct database {
    const char *name; /* of its target */
    const char *url;
    struct texts labels;
    uint32_t server;
    uint32_t host;
    uint32_t heads;
    uint64_t born_ms;    /* a discovery finds it from then on */
    uint64_t applied;    /* bit for each revision */
    uint64_t stepped[2]; /* by the rollout `stepped_by`: revisions gone up, down */
    uint32_t stepped_by; /* number of the rollout */
    struct last_row last;
    uint32_t lock;       /* slot of the transaction that holds it, or NONE */
    uint64_t foreign_ms; /* when somebody else changed it last; 0: never */
    uint32_t commits;    /* of ours */
    uint32_t seen;       /* revisions that a look finds applied without a row */
    struct fault looks;  /* what goes wrong with looks at it */
    struct fault deploys;
};

/* A session of the server's with a transaction in it; it may outlive the worker that began it. */
struct transaction {
    uint32_t generation;
    bool open;
    bool committing; /* COMMIT is on its way */
    uint32_t database;
    uint32_t route;
    size_t first;
    size_t end;
    uint32_t rollout;
    uint32_t work; /* slot and generation of whom to tell */
    uint32_t work_generation;
};

/* ---- the coordinator ---- */

enum item_kind {
    ITEM_MESSAGE,
    ITEM_LEFT,
    ITEM_TICK,
    ITEM_CONTROL,
    ITEM_START,
};

enum scope_kind { SCOPE_WHOLE, SCOPE_RING, SCOPE_TARGET, SCOPE_WAVE, SCOPE_SERVER, SCOPE_COUNT };

/* A verb as somebody gives it. */
struct verb {
    enum control_verb verb;
    enum scope_kind scope;
    uint32_t scope_number;
    bool now;
    bool misread; /* APPROVE: another plan than the one at hand */
    uint32_t concurrency;
    uint32_t per_server;
    uint32_t failures;
};

struct item {
    enum item_kind kind;
    uint64_t instance;
    struct letter message; /* owns running */
    struct verb verb;
};

struct coordinator {
    bool up;
    bool alone;    /* no worker outlives it */
    uint32_t life; /* grows with each start: tells old messages and appends from new */
    uint64_t epoch;
    struct core *core;
    struct core_output output;
    size_t checked; /* events of it that were */
    struct item *inbox;
    size_t inbox_count;
    size_t inbox_capacity;
    bool appending;
    bool ambiguous; /* the append in flight is durable although it will be reported as failed */
    bool fails;
    uint64_t deadline_ms; /* a tick is planned for then; UINT64_MAX: none */
    uint32_t *sessions;   /* by agent: connection, 0 for none */
    uint64_t *session_instances;
};

struct journal_batches {
    struct buffer payloads; /* encoded events, each after its length (uint32_t) */
    uint64_t count;
};

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
    X(resolved, "targets found done by an attempt before")                                         \
    X(moved, "found moved")                                                                        \
    X(crashes, "deaths of the coordinator")                                                        \
    X(batches_lost, "batches lost with it")                                                        \
    X(deaths, "of workers")                                                                        \
    X(breaks, "of links")                                                                          \
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
    uint64_t steps;
    uint64_t hash;
    bool tracing;
    bool replays; /* the journal, after every step */
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

    struct server *servers;
    uint32_t *host_servers; /* by host */
    struct opening openings[CORE_WINDOWS_MAX];
    uint32_t work_ms_min;       /* shortest time of a script or a look */
    const char *probe_value;    /* what a probe of a server that is well says */
    struct fault discoveries;   /* what goes wrong with them */
    struct found_target *found; /* what all of them find; NULL: databases that are born */
    size_t found_count;
    bool bundle_lost; /* nobody keeps it any more */
    struct database *databases;
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
uint64_t world_delay(struct world *world);  /* of a message */
uint64_t world_chance(struct world *world); /* for an input */

/* Numbers of head sets and routes. */
uint32_t heads_number(struct world *world, struct texts heads);
uint32_t route_number(struct world *world, struct texts from, struct texts steps);
/* The way to `spec` from `heads`; NONE: there is none or nothing to do. */
uint32_t route_plan(struct world *world, enum direction direction, const char *spec,
                    uint32_t heads);

/* ---- coordinator.c ---- */
void coordinator_begin(struct world *world);
void coordinator_die(struct world *world, const char *why);
/* Its process is gone; nobody has noticed yet. */
void coordinator_end(struct world *world);
/* Writes what the core has decided; releases it when it is durable. */
void coordinator_append(struct world *world);
void coordinator_push(struct world *world, const struct item *item);
void coordinator_turn(struct world *world);
void coordinator_append_done(struct world *world, uint32_t life);
void coordinator_tick(struct world *world, uint32_t life);
void coordinator_free(struct world *world);
/* Puts what the core has decided to the checks. */
void coordinator_check(struct world *world);
/* The journal, replayed into a new core, with what is not durable yet, prints the live state. */
void coordinator_replay_check(struct world *world);

/* ---- input.c ---- */
/* Feeds one item of the inbox; -1: the core refused it. */
void input_feed(struct world *world, const struct item *item);
/* Steps the core; `cause`: what arrived, or NULL. 0, or -1 when the core refuses it. */
int input_step(struct world *world, struct input *input, const struct item *cause,
               struct error *error);
/* One command, when its events are durable. */
void command_release(struct world *world, const struct command *command);
/* One event, when it is durable. */
void event_release(struct world *world, const struct event *event);

/* ---- link.c ---- */
void link_open(struct world *world, uint32_t agent);
void link_break(struct world *world, uint32_t agent);
void link_break_all(struct world *world); /* the coordinator died */
void link_noticed(struct world *world, uint32_t agent, uint32_t connection);
void link_session_noticed(struct world *world, uint32_t agent, uint32_t connection);
void link_send_up(struct world *world, const struct letter *message);
void link_send_down(struct world *world, const struct letter *message);
void link_arrive_up(struct world *world, struct letter *message);
void link_arrive_down(struct world *world, const struct letter *message);
void message_free(struct letter *message);

/* ---- agent.c ---- */
void agent_start(struct world *world, uint32_t agent);
void agent_die(struct world *world, uint32_t agent, bool announced);
void agent_drain(struct world *world, uint32_t agent);
void agent_welcome(struct world *world, uint32_t agent);
void agent_receive(struct world *world, const struct letter *message);
void agent_say_hello(struct world *world, uint32_t agent);
/* The work's outcome is known. */
void agent_work_over(struct world *world, struct work *work);

/* ---- work.c ---- */
struct work *work_make(struct world *world, const struct letter *job);
void work_free(struct world *world, struct work *work);
struct work *work_of(struct ledger_entry *entry);
void work_begin(struct world *world, struct work *work);
void work_step(struct world *world, uint32_t slot, uint32_t generation);
void work_stop(struct world *world, struct work *work);
void work_committed(struct world *world, struct work *work);
/* Its connection to the server is gone. */
void work_lost(struct world *world, struct work *work);

/* ---- database.c ---- */
void databases_create(struct world *world);
/* By the name of its target, or NONE. */
uint32_t database_number(const struct world *world, const char *name);
/* Where a database stands after the first `steps` steps of the way from base to the heads. */
void database_place(struct database *database, const struct route *whole, size_t steps);
/* The slot, or NONE when the lock is held. */
uint32_t transaction_open(struct world *world, struct work *work);
/* COMMIT is sent; it arrives later. */
void transaction_commit(struct world *world, uint32_t slot);
void transaction_commit_arrives(struct world *world, uint32_t slot, uint32_t generation);
/* The worker has gone: the server notices, sooner or later, unless COMMIT was on its way. */
void transaction_orphan(struct world *world, uint32_t slot);
void transaction_roll_back(struct world *world, uint32_t slot);
void transaction_end(struct world *world, uint32_t slot, uint32_t generation);
void server_dies(struct world *world, uint32_t server);
void server_rises(struct world *world, uint32_t server);
void foreign_change(struct world *world);

/* ---- operator.c ---- */
void operator_verb(struct world *world);
void operator_look(struct world *world);
void openings_draw(struct world *world);
/* The label of a database: 0 to WORLD_LABELS - 1; discovered ones have none (NONE). */
uint32_t ring_of(const struct world *world, uint32_t database);
/* The opening that contains the time, or the next one; once all is healed nothing is closed. */
void opening_at(const struct world *world, uint32_t window, uint64_t at_ms, uint64_t *opens_ms,
                uint64_t *closes_ms);
/* "ring=2", in `arena`. */
const char *scope_text(const struct verb *verb, struct arena *arena);
/* The START that begins rollout `number`, in `arena`. */
struct core_start operator_start_make(struct world *world, uint32_t number, struct arena *arena);

#endif
