/* A small world around the core under virtual time: databases, workers, connections, a journal.
 *
 * Time jumps to whatever happens next. Workers are processes with connections that can break: what
 * is under way on a broken connection is lost, results are kept until acknowledged and sent again,
 * as the real ones do. Databases commit atomically, at the moment a job ends.
 *
 * After every step all durable events are replayed into a fresh core, which must print the same
 * state and go on to the same end; the world aborts with the trace otherwise.
 */
#ifndef DROVER_TESTS_CORE_HARNESS_H
#define DROVER_TESTS_CORE_HARNESS_H

#include "common/revision/bundle.h"
#include "coordinator/core/core.h"
#include "tests/core/trace.h"

enum { WORLD_DATABASES = 32, WORLD_WORKERS = 8, WORLD_HAND = 64, WORLD_MESSAGES = 512 };

struct database {
    const char *name; /* of its target */
    const char *url;
    const char *identity; /* system identifier of its server */
    int at;               /* revisions applied, 0 to 3 */
    bool lost;            /* its version row is one that nobody knows, until a deploy; at is 0 */
    uint32_t seen;        /* revisions that something else applied */
    unsigned commits;     /* deploys that changed something */
    /* What goes wrong: the next `faults` jobs of `fault_kind` fail; UINT32_MAX: all. */
    enum job_kind fault_kind;
    uint32_t faults;
    enum failure_cause cause;
    const char *sqlstate;
    const char *location; /* of a fault, or NULL */
};

/* Windows open at multiples of `every_ms` after the start of the world plus `first_ms`, for
 * `for_ms`. */
struct pretend_window {
    uint64_t first_ms;
    uint64_t every_ms;
    uint64_t for_ms;
};

struct held_job {
    struct core_job job; /* texts in the world's arena */
    uint64_t ends_ms;
    bool ended;
    bool cancelled;
    struct core_result result;
};

struct pretend_worker {
    uint64_t instance;
    uint32_t window;
    bool alive;
    bool connected;
    unsigned connection; /* number; grows with each connect and break */
    struct held_job hand[WORLD_HAND];
    size_t hand_count;
};

struct message {
    uint64_t at_ms;
    uint64_t order;
    size_t worker; /* position */
    unsigned connection;
    bool upward; /* to the coordinator */
    struct command command;
    struct core_result result;
};

struct world {
    struct arena arena;
    struct core *core;
    struct core_output output;
    struct bundle *bundle;
    bool bundle_lost; /* nobody keeps it any more */
    struct buffer trace;
    uint64_t start_ms;
    uint64_t now_ms;
    uint64_t epoch;
    uint64_t random;          /* state of the generator */
    uint64_t delay_max_ms;    /* of messages; 0: none */
    uint64_t duration_min_ms; /* of jobs */
    uint64_t duration_max_ms;
    uint32_t twice_percent; /* results that arrive twice */
    uint32_t crash_percent; /* steps after which the coordinator dies before anything is durable */
    struct event *events;   /* durable */
    size_t event_count;
    size_t event_capacity;
    struct database databases[WORLD_DATABASES];
    size_t database_count;
    struct pretend_worker workers[WORLD_WORKERS];
    size_t worker_count;
    struct message messages[WORLD_MESSAGES];
    size_t message_count;
    uint64_t message_order;
    struct core_found found[WORLD_DATABASES]; /* what a discovery finds */
    size_t found_count;
    struct pretend_window windows[4];
    const char *probe_value; /* what every probe says; NULL: "0" */
    unsigned probes;
    unsigned rollbacks; /* begun, for their ids */
    void (*watch)(struct world *world, const struct event *event, void *context);
    void *watch_context;
};

/* Three revisions in a row: a1, b2, c3. Epoch 1 is claimed. */
struct world *world_create(uint64_t seed);
void world_free(struct world *world);

uint64_t world_random(struct world *world, uint64_t below);

struct database *world_database(struct world *world, const char *name, const char *url, int at);
struct pretend_worker *world_worker(struct world *world, uint64_t instance, uint32_t window);
void world_connect(struct world *world, struct pretend_worker *worker);
void world_disconnect(struct world *world, struct pretend_worker *worker, bool noticed);
void world_kill(struct world *world, struct pretend_worker *worker); /* the process dies */

/* A start over all databases as static targets, generous limits, spec "head". */
struct core_start world_start_default(struct world *world, enum purpose purpose);
int world_start(struct world *world, const struct core_start *start, struct error *error);
int world_control(struct world *world, enum control_verb verb);
int world_input(struct world *world, struct input *input, struct error *error);
/* The same with all that a CONTROL can say. */
int world_steer(struct world *world, const struct core_control *control, struct error *error);

/* Until nothing is left to happen, or `until_ms` from the start. */
void world_run(struct world *world, uint64_t until_ms);

/* The coordinator dies and starts again from the journal. `alone`: its workers die with it. */
void world_crash(struct world *world, bool alone);

const char *world_state(const struct world *world); /* of the rollout */
const char *world_target_state(const struct world *world, const char *name);

#endif
