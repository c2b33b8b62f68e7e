/* The core decides; the shell acts. No I/O, no clock, no randomness, no libuv, no libpq.
 *
 *                                         +-> events    what became true
 *   inputs  what arrives  ->  core_step --+
 *                                         +-> commands  what the shell shall do
 *
 * core_step decides and applies; the shell appends the events to the journal in one batch and
 * releases commands and answers only when they are durable. core_apply is the only mutator and
 * cannot fail; replaying the journal through it gives a byte-equal state (core_state_print). After
 * a replay core_resume derives what to do next. Time and chance are fields of the input; what
 * chance decided (jitter) stands in the event. Iteration is in id order.
 *
 * One rollout is active at a time; finished ones are kept as summaries.
 * Memory is under 1 KiB per target.
 */
#ifndef DROVER_CORE_CORE_H
#define DROVER_CORE_CORE_H

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/base/selector.h"
#include "common/vocabulary/message.h"
#include "coordinator/core/facts/event.h"
#include "coordinator/core/ports.h"

struct core;

/* How long a lost worker's jobs wait for it to come back before they are given to others. */
enum { CORE_WORKER_GRACE_MS = 2000 };

/* The same failure for good on that many servers stops a rollout even inside its budget. */
enum { CORE_BRAKE_SERVERS = 3 };

enum { CORE_SENTENCE_BYTES = 512 };

/* An approval names at least that much of the plan's digest. */
enum { CORE_DIGEST_PREFIX = 6 };

/* ---- inputs ---- */

/* Everything a rollout needs to know; copied into events. */
struct core_start {
    const char *rollout; /* id drawn by the shell: unique, sorts by time */
    struct message_start
        request; /* `version` filled in; bundle "" for LIST and SURVEY without one */
    struct limits limits;
    struct timeouts timeouts;
    const struct source_definition *sources; /* in order of the file */
    size_t source_count;
    const struct wave_definition *waves;
    size_t wave_count;
    const struct window_definition *windows; /* at most CORE_WINDOWS_MAX */
    size_t window_count;
    const struct throttle_definition *throttles;
    size_t throttle_count;
    uint64_t rediscover_ms; /* sources are listed again that often; 0: never */
};

enum { CORE_WINDOWS_MAX = 32 };

#define INPUT_LIST(X)                                                                              \
    X(TICK, tick)                                                                                  \
    X(START, start)                                                                                \
    X(CONTROL, control)                                                                            \
    X(WORKER_JOINED, worker_joined)                                                                \
    X(WORKER_WINDOW, worker_window)                                                                \
    X(WORKER_LEFT, worker_left)                                                                    \
    X(RESULT, result)

enum input_type {
#define INPUT_ENUM(NAME, name) INPUT_##NAME,
    INPUT_LIST(INPUT_ENUM)
#undef INPUT_ENUM
};

struct input {
    enum input_type type;
    uint64_t at_ms;  /* Unix time; never steps back (the shell sees to it) */
    uint64_t chance; /* a random word, for jitter */
    union {
        struct core_start start;
        struct message_control control;
        struct {
            uint64_t instance;
            const char *name;
            uint32_t window;
            const struct running_job *running; /* what it still has in hand */
            size_t running_count;
        } worker_joined;
        struct {
            uint64_t instance;
            uint32_t window;
        } worker_window;
        struct {
            uint64_t instance;
        } worker_left;
        struct {
            uint64_t worker; /* instance */
            struct message_result message;
        } result;
    };
};

/* ---- output ---- */

enum command_type {
    COMMAND_SEND_JOB,   /* give `job` to `worker` */
    COMMAND_CANCEL_JOB, /* tell `worker` to stop job_id */
    COMMAND_ACK_RESULT, /* tell `worker` that the result of job_id is durable */
};

struct command {
    enum command_type type;
    uint64_t worker;        /* instance */
    uint64_t job_id;        /* CANCEL_JOB, ACK_RESULT */
    uint64_t epoch;         /* of that job: a number alone may stand for jobs of several epochs */
    struct message_job job; /* SEND_JOB; texts borrowed from core and output arena */
};

/* Filled by core_step; a zeroed struct is valid; core_output_clear between steps. Several steps may
 * append to one output before the shell flushes it (group commit). */
struct core_output {
    struct arena arena;
    struct event *events; /* growing array */
    size_t event_count;
    size_t event_capacity;
    struct command *commands;
    size_t command_count;
    size_t command_capacity;
    const char *sentence;  /* of the last CONTROL: what happened; in `arena` */
    uint32_t concerned;    /* how many targets it concerned */
    const char *complaint; /* why a rollback that is due cannot begin; in `arena`; or NULL */
};
void core_output_clear(struct core_output *output);
void core_output_free(struct core_output *output);

/* ---- the door ---- */

/* A core that knows nothing. What it cannot know it asks of the ports. */
struct core *core_create(const struct core_ports *ports);
void core_free(struct core *core);

/* Decides and applies. Returns -1 with a sentence when the input is refused (a rollout is running
 * already, nothing to resume, ...): then there are no events. Results from lost epochs, repeated or
 * unknown ones are not refused but acknowledged and ignored. */
int core_step(struct core *core, const struct input *input, struct core_output *output,
              struct error *error) MUST_CHECK;

/* The fold. */
void core_apply(struct core *core, const struct event *event);

/* Begins an epoch after the replay: emits EPOCH_CLAIMED and whatever follows. `alone`: embedded. */
void core_resume(struct core *core, uint64_t epoch, bool alone, uint64_t at_ms, uint64_t chance,
                 struct core_output *output);

/* When to feed INPUT_TICK next (Unix ms); UINT64_MAX: no need. */
uint64_t core_deadline_ms(const struct core *core);

/* ---- questions (never mutate); texts are borrowed until the next step ---- */

struct core_counts {
    uint32_t targets;
    uint32_t validated;
    uint32_t refused;
    uint32_t unchanged;
    uint32_t pending;
    uint32_t running;
    uint32_t waiting;
    uint32_t deployed;
    uint32_t failed;
    uint32_t skipped;
};

struct core_rollout_view {
    const char *rollout; /* "" when there never was one */
    enum purpose purpose;
    enum direction direction;
    const char *spec;
    const char *bundle;
    const char *actor;
    const char *version_schema;
    const char *version_table;
    bool purge;
    enum rollout_state state;
    const char *reason; /* why it waits; "" */
    const char *digest; /* of the plan; "" before the gate */
    bool active;        /* neither finished nor none */
    bool paused;
    uint64_t started_ms;
    uint64_t finished_ms;
    struct core_counts counts;
    size_t wave_count;
    size_t target_count;
    size_t source_count;
    size_t window_count;
    size_t path_count;
    size_t hold_count;
    size_t server_count; /* system identifiers */
    bool idle;           /* nothing runs, nothing will before until_ms or a person's word */
    uint64_t until_ms;   /* when it expects to go on by itself; 0: it does, or a person must */
    const char *reverts; /* the rollout that it rolls back, or "" */
    const char *verb;    /* "upgrade", "downgrade", "rollback", "validate", ... */
    const char *where;   /* selector of the targets that take part; "" for all */
    uint32_t waves_started;
    bool at_limit; /* paused because until_wave is reached */
    uint64_t seen; /* sums over the targets validated */
    uint64_t gone;
    uint32_t unrecorded; /* targets with either */
    int exit_code;       /* what a command ends with if it stops looking at the rollout */
};

/* The active rollout, or the last one finished (whose targets are kept until the next START). */
void core_rollout_view(const struct core *core, struct core_rollout_view *view);

struct core_wave_view {
    const char *name;
    enum wave_state state;
    uint32_t targets;
    uint32_t deployed;
    uint32_t unchanged;
    uint32_t failed;
    uint32_t skipped;
    uint32_t allowed;   /* by the ramp */
    const char *reason; /* what it waits for, or ""; valid until the next view */
    uint64_t until_ms;
    const char *select;
    uint64_t soak_ms;
    bool approve;
    size_t check_count;
};
void core_wave_view(const struct core *core, size_t wave, struct core_wave_view *view);

/* A failure that is kept, and in which phase it happened. */
struct core_failure {
    const char *phase; /* "discovery", "validate", "deploy" */
    struct failure failure;
};

struct core_target_view {
    const char *name;
    const char *url;
    const char *server; /* "host:port" */
    const char *schema;
    enum target_state state;
    struct texts labels;
    struct texts heads;
    bool heads_known;
    uint32_t wave; /* from 1; 0 before waves are formed */
    uint32_t seen; /* as in core_result */
    uint32_t gone;
    const struct core_failure *failure; /* or NULL */
    uint32_t path;                      /* from 1; 0: none yet */
    const char *reason; /* why it waits or was skipped, or ""; until the next view */
    uint64_t until_ms;
    uint32_t attempt;
    uint32_t windows; /* one bit for each window that selects it */
};
void core_target_view(const struct core *core, size_t target, struct core_target_view *view);

/* Whether `scope` (scope.h) selects the target. */
bool core_target_in_scope(const struct core *core, size_t target, const struct selector *scope);

/* Compiles a scope. -1 with a sentence, also for words that neither scope.h nor any label of the
 * active or last rollout knows. */
int core_scope_parse(const struct core *core, struct arena *arena, const char *text,
                     const struct selector **scope, struct error *error) MUST_CHECK;

/* The revision whose file the failure's place is in, or "". */
const char *core_failure_revision(const struct core *core, const struct core_failure *failure);

struct core_path_view {
    struct texts from;
    struct texts to;
    struct texts steps;
    uint32_t targets;
    uint32_t measured; /* deploys */
    uint64_t mean_ms;
    uint64_t expected_ms; /* what a window must have left for it; 0: any will do */
};
void core_path_view(const struct core *core, size_t path, struct core_path_view *view);

struct core_window_view {
    bool deny;
    const char *schedule;
    uint64_t duration_ms;
    const char *time_zone;
    const char *select;
    bool sync_overrun;
    bool active;
    uint64_t opens_ms;
    uint64_t closes_ms;
};
void core_window_view(const struct core *core, size_t window, uint64_t at_ms,
                      struct core_window_view *view);

struct core_hold_view {
    const char *scope;
    const char *actor;
    const char *reason;
    uint64_t since_ms;
    uint32_t targets;
};
void core_hold_view(const struct core *core, size_t hold, struct core_hold_view *view);

struct core_server_view {
    const char *name;     /* "host:port" */
    const char *identity; /* system identifier */
    uint32_t running;     /* jobs on its targets */
    uint32_t cap;         /* 0: none */
    bool over;            /* a threshold */
    bool lowered;         /* its cap is below the rollout's yet */
    const char *reason;
};
void core_server_view(const struct core *core, size_t server, struct core_server_view *view);

/* Everything that the plan's digest covers besides its targets, as "key=value". */
struct texts core_plan_policy(const struct core *core, struct arena *arena);

/* A failed discovery, or NULL; `origin` gets the place in the configuration. */
const struct core_failure *core_source_failure(const struct core *core, size_t source,
                                               const char **name, const char **origin);

size_t core_worker_count(const struct core *core);
void core_worker_view(const struct core *core, size_t worker, const char **name, uint32_t *window,
                      uint32_t *running, bool *connected);

struct core_summary {
    const char *rollout;
    const char *verb; /* "upgrade", "downgrade", "rollback", "validate", "survey", "list" */
    const char *spec;
    enum rollout_state state;
    const char *actor;
    uint64_t started_ms;
    uint64_t finished_ms;
    struct core_counts counts;
};
size_t core_summary_count(const struct core *core);
void core_summary_view(const struct core *core, size_t index,
                       struct core_summary *summary); /* oldest first */

/* The whole state as text, in id order: what "byte-equal" means in the tests. */
void core_state_print(const struct core *core, struct buffer *out);

/* Bytes held, for bench/ and the < 1 KiB per target promise. */
size_t core_memory_bytes(const struct core *core);

/* The state machines: rollout, wave, target, worker; NULL after the last. */
struct state_machine;
const struct state_machine *core_machine(size_t index);

#endif
