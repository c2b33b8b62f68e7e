/* The coordinator's own struct and its modules' doors; only coordinator/ (the shell) includes this.
 *
 *   session.c           peers: handshake, who may send what -> inbox
 *   pump.c              inbox -> core -> journal -> release (one batch at a time)
 *   inputs.c            one item of the inbox as inputs of the core, and the answers it causes
 *   ports.c             what the core asks while it decides
 *   start.c             START: bundle, configuration -> core_start
 *   watch.c             PROGRESS, NOTICE, FINISHED to watchers
 *   forecast_service.c  the rollout run ahead, off the loop
 *   survey_queue.c      surveys and lists: what goes to the second pump, and in which order
 *
 * There are two pumps over the same workers: the rollouts', whose journal is the coordinator's, and
 * the questions', which keeps no journal and leaves no trace.
 */
#ifndef DROVER_SHELL_SHELL_H
#define DROVER_SHELL_SHELL_H

#include "common/wire/stream.h"
#include "coordinator/core/core.h"
#include "coordinator/journal/bundles.h"
#include "coordinator/shell/clock.h"
#include "coordinator/shell/coordinator.h"
#include "coordinator/shell/event_text.h"
#include "coordinator/shell/forecast_service.h"
#include "coordinator/shell/inbox.h"

/* ---- sessions ---- */

enum session_role { ROLE_NONE, ROLE_WORKER, ROLE_COMMAND };

struct session {
    struct coordinator *coordinator;
    struct stream *stream;
    uint64_t id;
    enum session_role role;
    uint64_t instance;     /* workers */
    uint64_t heard_ms;     /* loop time of the last message */
    struct pump *watching; /* sends it PROGRESS until FINISHED; or NULL */
    struct message *start; /* waits for its bundle, or for its turn as a question; or NULL */
    struct arena start_arena;
    uint64_t ticket; /* `start` is a question: its place in the row of those that wait; or 0 */
    bool asks;       /* the question that was begun last is this session's, too */
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

/* Starts it; it stops itself when nothing needs it. */
void session_sweep_begin(struct coordinator *coordinator);

/* ---- the pump ---- */

/* Something to send once the batch is durable. */
struct answer {
    uint64_t session;
    bool question;          /* `message` is a question, answered from the core at that time */
    struct message message; /* texts in the batch's arena */
};

struct watch {
    uv_timer_t timer; /* when the next PROGRESS may leave */
    uint64_t sent_ms; /* loop time of the last one */
    bool changed;     /* since then */
};

struct pump {
    struct coordinator *coordinator;
    struct core *core;
    struct journal *journal; /* NULL: what happens is forgotten with the core */
    uint64_t job_mark;       /* added to the core's job numbers on the wire */
    struct inbox filling;
    struct inbox batch;          /* being worked on, until it is durable */
    const struct item *deciding; /* of the batch, while the core is given it; or NULL */
    struct core_output output;
    struct answer *answers;
    size_t answer_count;
    size_t answer_capacity;
    bool appending; /* nothing is stepped meanwhile: the core is at most this batch ahead */
    bool failed;    /* the journal failed: nothing leaves any more */
    struct watch watch;
    struct bundles bundles;
    struct moves moves;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_idle_t idle; /* active while there is something to do, so that the poll does not block */
    uv_timer_t deadline;
};

/* A core that asks this pump (ports.c). */
struct core *pump_core_create(struct pump *pump);

/* Initialises the handles; the coordinator is set. */
void pump_init(struct pump *pump);

/* Begins with what core_resume put into the output. */
void pump_begin(struct pump *pump);
void pump_push(struct pump *pump, enum item_type type, const struct session *session,
               const struct message *message);

/* To both pumps: what workers are is told to both cores. */
void pumps_push(struct coordinator *coordinator, enum item_type type, const struct session *session,
                const struct message *message);
void pump_answer(struct pump *pump, const struct answer *answer);

/* The bundle, from the pump's memory or its journal; NULL with ERROR_NONE if neither has it. */
const struct bundle *pump_bundle_find(struct pump *pump, const char *digest, struct error *error);

void pump_close(struct pump *pump); /* the handles */
void pump_free(struct pump *pump);

/* inputs.c: gives one item to the core. */
void step_item(struct pump *pump, const struct item *item);

/* Feeds one input with time and chance filled in. */
int step_input(struct pump *pump, struct input *input, struct error *error) MUST_CHECK;

/* The same with what has happened, and so cannot be refused. */
void step_fact(struct pump *pump, struct input input);

/* Queues REFUSED for the item's session. */
void step_refuse(struct pump *pump, const struct item *item, const struct error *reason);

/* ---- START ---- */

/* A START arrived: on to the pump, or first BUNDLE_WANTED. */
void start_receive(struct session *session, const struct message *message);

/* The bundle that this session was asked for. */
void start_bundle_receive(struct session *session, const struct message *message);

/* Its turn in the pump. */
void start_step(struct pump *pump, const struct item *item);

/* An id for a new rollout: sorts by time, and two in one second differ. In the batch's arena. */
const char *rollout_draw(struct pump *pump);

/* ---- watchers ---- */

/* A WATCH whose turn has come. */
void watch_begin(struct pump *pump, struct session *session, const struct message *message);

/* A durable event that people care about. */
void watch_notice(struct pump *pump, const struct event *event, const char *sentence);

/* A batch became durable. */
void watch_changed(struct pump *pump);
void watch_due(uv_timer_t *timer);

/* ---- questions ---- */

/* Marks the numbers of the questions' jobs on the wire. */
#define QUESTION_JOB (UINT64_C(1) << 63)

struct pump *question_pump_of_job(struct coordinator *coordinator, uint64_t job);

/* By the id in a WATCH or TARGETS_WANTED: the questions' pump if it names the question there is. */
struct pump *question_pump_of_rollout(struct coordinator *coordinator, const char *rollout);

/* The turn of a START that is a question; `same`: one like it is under way. Whether it is begun or
 * attached to now; if not, it waits in its session. */
bool question_enter(struct pump *questions, const struct item *item, bool same);

/* The session got `message` as an answer; after the last page of targets it asks no more. */
void question_answered(struct session *session, const struct message *message);

/* The session asks no more. NULL is fine. */
void question_let_go(struct session *session);

/* Its turn in the pump: a question that nobody asks any more is cancelled. */
void question_abandon(struct pump *questions);

/* Gives the first that waits its turn, if none is under way or still being read. */
void question_next(struct pump *questions);
bool question_waits(const struct coordinator *coordinator);

/* ---- the coordinator ---- */

struct coordinator {
    uv_loop_t *loop;
    const struct config *config; /* borrowed */
    uint64_t epoch;
    struct listener *listener;
    struct session *sessions; /* newest first */
    uint64_t next_session;
    uint64_t next_ticket;
    struct pump rollouts;
    struct pump questions;
    struct forecasts forecasts; /* of the rollouts' pump */
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

/* Closes one of the handles that the coordinator's end waits for. */
void coordinator_handle_close(struct coordinator *coordinator, uv_handle_t *handle);

#endif
