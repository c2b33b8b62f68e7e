/* A deploy in hand: what the runner (runner.c) and the parts below it share.
 *
 * The path is cut into segments (common/revision/segment.h). Version rows move only at the end of a
 * segment, in the transaction that also writes its history, so a target always stands at a boundary
 * between segments.
 *
 *   acquire -> segment (transaction | stepwise) -> segment ... -> finish
 *                 |  ^
 *                 +--+  the deploy lock is busy: wait, try again
 *                 |  |  version rows are elsewhere: locate_start(), then go on from a boundary
 *                 +--+  that this very rollout has reached
 *
 * Everything happens in callbacks on the task's loop. Each part either sends one message or starts
 * one timer (message.h) and returns; exactly one is in flight.
 */
#ifndef DROVER_DEPLOY_DEPLOY_H
#define DROVER_DEPLOY_DEPLOY_H

#include "common/revision/plan.h"
#include "worker/connections/task.h"
#include "worker/deploy/states.h"
#include "worker/sql/batch.h"
#include "worker/sql/bookkeeping.h"

enum {
    DEPLOY_POLL_MS = 250,         /* between two looks at a lock or an orphan */
    DEPLOY_POLL_LIMIT_MS = 30000, /* then the attempt fails, to be retried */
    DEPLOY_LOCATIONS_MAX = 3,     /* how often one attempt looks where the target stands */
};

struct deploy;
struct online;
struct stepwise;
struct location;

typedef void deploy_next(struct deploy *deploy);
typedef void deploy_row(struct deploy *deploy, const PGresult *result, unsigned index);

/* What the parts call back. */
struct deploy_runner {
    /* Runs the segment that begins at deploy->first. */
    deploy_next *segment_start;
    /* The segment in hand is committed: runs the next one. */
    deploy_next *segment_done;
    /* The message in flight failed; `fault` NULL: a statement answered with another tag than it
     * must have, or the transaction is gone. */
    void (*failed)(struct deploy *deploy, const struct pg_error *fault);
};

/* What the target has told in this attempt. */
struct deploy_learned {
    struct server_seen server; /* as the last history row says */
    const char *mark;          /* orphan.h; NULL: none is made */
    const char *holder;        /* of the deploy lock, when it was busy; NULL: not known */
    unsigned refusals; /* set of enum batch_refusal: met once, so the opening is put otherwise */
    bool has_progress; /* a stamp found drover_progress */
    bool has_old_key;  /* drover_history has the deferrable key */
};

struct heard;

/* What scripts have said (remarks.h). */
struct remarks {
    struct heard *first; /* in the task's arena */
    size_t count;
    size_t bytes;
    unsigned left_out;
};

/* Applications that go first (yielding.h). */
struct yielding {
    unsigned times;    /* in this attempt */
    uint64_t since_ms; /* uv_now of the first; 0: none */
    bool asked;        /* the message in flight was told to end for them */
};

struct deploy {
    struct task *task; /* its arena owns this struct */
    const struct deploy_runner *runner;
    struct plan plan;
    struct bookkeeping tables;
    size_t first; /* the segment in hand: plan.steps[first] up to, not including, plan.steps[end];
                     plan.step_count when all are committed */
    size_t end;

    struct connection *connection; /* NULL before it is acquired and once it is given back */
    struct deploy_learned learned;
    struct remarks remarks;

    enum deploy_state state;
    struct batch batch; /* the message in flight, or about to be sent */
    size_t heard;       /* results of it that have come: the statement that runs stands there */
    uint64_t heard_ms;  /* uv_now of the last, or of its sending */
    size_t opening; /* how many statements of the batch assert where the target stands; 0: done */
    bool
        unbounded; /* the next message may take for ever while the server is at work on it: set before it is
                       sent */
    deploy_row *row;
    deploy_row *row_wanted; /* for message 1 of a transaction; set before transaction_commit */
    deploy_next *after;     /* goes on here when all went well */
    deploy_next *committed; /* goes on here after COMMIT */
    const struct batch_entry
        *unexpected; /* the first statement with another tag than it must have */
    char unexpected_tag[24];

    uv_timer_t timer;
    uint64_t busy_since_ms; /* uv_now of the first look at a busy lock or orphan; 0: none */
    struct yielding yielding;
    struct stepwise *stepwise; /* of a non-transactional segment */
    struct location *location; /* locate.h: the target is not where the segment in hand begins, and
                                  is being looked for; else NULL */
    unsigned locations;
    struct online *online; /* of a step that Alembic runs, while it does */
    int online_backend;    /* the session of the last one */
    const struct failure
        *pending; /* of a step whose end is not known: why the attempt fails if the target
                                      tells that it had no effect */
};

/* Dies when the table of states does not have this move. */
void deploy_move(struct deploy *deploy, enum deploy_state to);

/* Notes in the result where the target stands. */
void deploy_heads_set(struct deploy *deploy, struct texts heads);

/* The segment in hand is committed: the next one is in hand, unless that was the last. */
void deploy_segment_over(struct deploy *deploy);

/* Whether an earlier segment or the opening's assertions have shown that the target stands before
 * the segment in hand; `results` of the batch have come. */
bool deploy_has_stood(const struct deploy *deploy, size_t results);

/* The version rows before the segment in hand. */
struct texts deploy_rows_before(const struct deploy *deploy);

/* Whether the plan is a stamp. */
bool deploy_is_stamp(const struct deploy *deploy);

/* Whether this attempt was refused so before. */
bool deploy_has_met(const struct deploy *deploy, enum batch_refusal refusal);

#endif
