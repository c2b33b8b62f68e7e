/* A deploy in hand: what deploy.c (the runner), transaction.c and stepwise.c share.
 *
 * The path is cut into segments: consecutive transactional steps are one transaction, a
 * non-transactional step is a segment of its own. Version rows move only at the end of a segment,
 * in the transaction that also writes its history, so a target always stands at a boundary between
 * segments.
 *
 *   acquire -> segment (transaction | stepwise) -> segment ... -> finish
 *                 |  ^
 *                 +--+  the deploy lock is busy: wait, try again
 *                 |  |  version rows are elsewhere: locate_start(), then go on from a boundary
 *                 +--+  that this very rollout has reached
 *
 * Everything happens in callbacks on the task's loop. Each function below either sends one message
 * or starts one timer and returns; exactly one is in flight.
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
struct stepwise;
struct location;

typedef void deploy_next(struct deploy *deploy);
typedef void deploy_row(struct deploy *deploy, const PGresult *result, unsigned index);

/* What the target has told in this attempt. */
struct deploy_learned {
    const char *server_identity; /* as the last history row says */
    const char *timeline;
    unsigned refusals; /* set of enum batch_refusal: met once, so the opening is put otherwise */
    bool has_progress; /* a stamp found drover_progress */
};

struct deploy {
    struct task *task; /* its arena owns this struct */
    struct plan plan;
    struct bookkeeping tables;
    size_t first; /* the segment in hand: plan.steps[first] up to, not including, plan.steps[end] */
    size_t end;

    struct connection *connection; /* NULL before it is acquired and once it is given back */
    bool locked; /* the session holds the deploy lock and settings: it may not be kept */
    struct deploy_learned learned;

    enum deploy_state state;
    struct batch batch; /* the message in flight, or about to be sent */
    size_t opening; /* how many statements of the batch assert where the target stands; 0: done */
    deploy_row *row;
    deploy_row *row_wanted; /* for message 1 of a transaction; set before transaction_commit */
    deploy_next *after;     /* goes on here when all went well */
    deploy_next *committed; /* goes on here after COMMIT */
    const struct batch_entry
        *unexpected; /* the first statement with another tag than it must have */
    char unexpected_tag[24];

    uv_timer_t timer;
    uint64_t busy_since_ms;    /* uv_now of the first look at a busy lock or orphan; 0: none */
    struct stepwise *stepwise; /* of a non-transactional segment */
    struct location *location; /* where locate() found the target */
    unsigned locations;
};

/* For tests: runs a plan made by hand, as deploy_start does with the one that the job names. */
void deploy_run(struct task *task, const struct plan *plan);

/* Goes to `state` and sends deploy->batch. `row` (may be NULL) sees each result; `next` is called
 * when the message has been answered whole and with the tags that it must have, otherwise the
 * deploy deals with what was wrong. After the last commit of a cancelled deploy nothing is sent; it
 * ends. */
void deploy_send(struct deploy *deploy, enum deploy_state state, deploy_row *row,
                 deploy_next *next);

/* The same for a text that is not worth a batch; no result of it is looked at. */
void deploy_say(struct deploy *deploy, enum deploy_state state, const char *sql, deploy_next *next);

/* Goes to `waiting` and calls `next` after `delay_ms`, unless the deploy is cancelled meanwhile. */
void deploy_wait(struct deploy *deploy, uint64_t delay_ms, deploy_next *next);

/* Polls: waits and calls `again`, or fails with 55P03 and `message` once the limit is over. */
void deploy_poll(struct deploy *deploy, deploy_next *again, const char *message);

/* deploy->batch failed with `fault`: takes what an assertion of ours means, or ends the attempt
 * with the cause that sqlstates.def has for it. */
void deploy_failed(struct deploy *deploy, const struct pg_fault *fault);

/* A statement of deploy->batch answered with another tag than it must have. */
void deploy_unexpected(struct deploy *deploy);

/* Ends the attempt for a reason of our own. `location` may be NULL. */
void deploy_refuse(struct deploy *deploy, enum failure_cause cause, const char *sqlstate,
                   const char *message, const char *detail, const char *hint, const char *location);

/* ---- for locate.c ---- */

/* Fills the result as well done, and ends the attempt. */
void deploy_succeed(struct deploy *deploy, enum job_outcome outcome, struct texts heads);

/* Notes in the result where the target stands. */
void deploy_heads_set(struct deploy *deploy, struct texts heads);

/* Rolls back what is open, then finishes with the result as it is. */
void deploy_unwind(struct deploy *deploy);

/* Runs the segment that begins at deploy->first. */
void deploy_segment_start(struct deploy *deploy);

/* ---- segments ---- */

/* The version rows before the segment in hand. */
struct texts deploy_rows_before(const struct deploy *deploy);

/* The segment in hand is committed. */
void deploy_segment_done(struct deploy *deploy);

/* Whether the plan is a stamp. */
bool deploy_is_stamp(const struct deploy *deploy);

/* Whether this attempt was refused so before. */
bool deploy_has_met(const struct deploy *deploy, enum batch_refusal refusal);

#endif
