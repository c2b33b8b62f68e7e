/* The coordinator's own struct and its modules' doors; only coordinator/ (the shell) includes this.
 *
 *   session.c  peers: handshake, who may send what        -> inbox
 *   pump.c     inbox -> core -> journal -> release        (one batch at a time)
 *   step.c     one item of the inbox as inputs of the core, and the answers it causes
 *   start.c    START: bundle, configuration -> core_start
 *   watch.c    PROGRESS, NOTICE, FINISHED to watchers
 */
#ifndef DROVER_COORDINATOR_SHELL_H
#define DROVER_COORDINATOR_SHELL_H

#include "common/wire/stream.h"
#include "coordinator/bundles.h"
#include "coordinator/clock.h"
#include "coordinator/coordinator.h"
#include "coordinator/core/core.h"
#include "coordinator/inbox.h"
#include "coordinator/moves.h"

/* ---- sessions ---- */

enum session_role { ROLE_NONE, ROLE_WORKER, ROLE_COMMAND };

struct session {
    struct coordinator *coordinator;
    struct stream *stream;
    uint64_t id;
    enum session_role role;
    uint64_t instance; /* workers */
    uint64_t heard_ms; /* loop time of the last message */
    bool watching;
    struct message *start; /* waits for its bundle, or NULL */
    struct arena start_arena;
    struct session *next;
};

struct session *session_find(struct coordinator *coordinator, uint64_t id);
struct session *session_of_worker(struct coordinator *coordinator, uint64_t instance);

/* Takes a connected socket. */
int session_open(struct coordinator *coordinator, int file_descriptor,
                 struct error *error) MUST_CHECK;
void session_close_all(struct coordinator *coordinator);

/* Sends REFUSED, closes when it is written; the session is gone afterwards. */
void session_refuse(struct session *session, enum error_code code, const char *message,
                    const char *hint);

/* Timer callback: workers that have been silent too long are lost. */
void session_sweep(uv_timer_t *timer);

/* ---- the pump ---- */

/* Something to send once the batch is durable. */
struct answer {
    uint64_t session;
    bool question;          /* `message` is a question, answered from the core at that time */
    bool closes;            /* the session is closed after it */
    struct message message; /* texts in the batch's arena */
};

struct pump {
    struct inbox filling;
    struct inbox batch; /* being worked on, until it is durable */
    struct core_output output;
    struct answer *answers;
    size_t answer_count;
    size_t answer_capacity;
    bool appending; /* nothing is stepped meanwhile: what the core shows is at most this batch ahead
                     */
    bool failed;    /* the journal failed: nothing leaves any more */
    uv_prepare_t prepare;
    uv_check_t check;
    uv_idle_t idle; /* active while there is something to do, so that the poll does not block */
    uv_timer_t deadline;
};

/* Initialises the handles. */
void pump_init(struct coordinator *coordinator);

/* Begins with what core_resume put into the output. */
void pump_begin(struct coordinator *coordinator);
void pump_push(struct coordinator *coordinator, enum item_type type, const struct session *session,
               const struct message *message);
void pump_answer(struct coordinator *coordinator, const struct answer *answer);
void pump_free(struct pump *pump);

/* step.c: gives one item to the core. */
void step_item(struct coordinator *coordinator, const struct item *item);

/* Feeds one input with time and chance filled in. */
int step_input(struct coordinator *coordinator, struct input *input,
               struct error *error) MUST_CHECK;

/* Queues REFUSED for the item's session. */
void step_refuse(struct coordinator *coordinator, const struct item *item,
                 const struct error *reason, bool closes);

/* ---- START ---- */

/* A START arrived: on to the pump, or first BUNDLE_WANTED. */
void start_receive(struct session *session, const struct message *message);

/* The bundle that this session was asked for. */
void start_bundle_receive(struct session *session, const struct message *message);

/* Its turn in the pump. */
void start_step(struct coordinator *coordinator, const struct item *item);

/* ---- watchers ---- */

struct watch {
    uv_timer_t timer; /* when the next PROGRESS may leave */
    uint64_t sent_ms; /* loop time of the last one */
    bool changed;     /* since then */
};

/* A WATCH whose turn has come. */
void watch_begin(struct session *session, const struct message *message);

/* A durable event that people care about. */
void watch_notice(struct coordinator *coordinator, const struct event *event, const char *sentence);

/* A batch became durable. */
void watch_changed(struct coordinator *coordinator);
void watch_due(uv_timer_t *timer);

/* ---- the coordinator ---- */

struct coordinator {
    uv_loop_t *loop;
    const struct config *config; /* borrowed */
    struct journal *journal;
    struct core *core;
    uint64_t epoch;
    struct listener *listener;
    struct session *sessions; /* newest first */
    uint64_t next_session;
    struct pump pump;
    struct watch watch;
    struct bundles bundles;
    char graph_bundle[80]; /* digest of the bundle whose graph the core borrows, or "" */
    struct moves moves;
    struct wall_clock clock;
    uv_timer_t sweep;
    uint64_t swept_ms;
    bool closing;
    unsigned open_handles;
    coordinator_failed *failed;
    void *failed_context;
    coordinator_closed *closed;
    void *closed_context;
};

/* Gives the core the graph of a bundle that is held. */
void coordinator_graph_set(struct coordinator *coordinator, const struct bundle *bundle);

#endif
