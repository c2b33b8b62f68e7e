/* A non-transactional revision, statement by statement: the one in hand, and how each is run.
 *
 * Who is at it, and how far it has come, are durable rows (worker/sql/progress.h). Every transaction takes the deploy
 * lock, locks the version rows, and compares both with what they must be: an attempt that was taken over
 * while it stood still changes nothing any more, and neither does one that another tool has overtaken.
 *
 *   ordinary     one transaction holds the statement and its row: exactly once. Refused there by the
 *                server (a COMMIT in a procedure), it runs alone
 *   alone        row 'running' and the statement in one message, then row 'done'. Should that row never
 *                be written, the next attempt waits for an orphan that may still be at work, then
 *     index build  takes a valid index as done, drops an invalid one and builds it again
 *     index drop   takes an index that is gone as done
 *     reindex      drops what it left and runs it again
 *     repeatable   runs it again
 *     others       asks, unless the revision says that it may run again
 *
 * An answer with an error means that the statement was not done.
 *
 * SET and RESET statements have no row: they are said again before each statement that follows them.
 */
#ifndef DROVER_DEPLOY_STEPWISE_H
#define DROVER_DEPLOY_STEPWISE_H

#include "worker/deploy/deploy.h"
#include "worker/sql/half_applied.h"
#include "worker/sql/progress.h"

enum progress { PROGRESS_NONE, PROGRESS_RUNNING, PROGRESS_DONE };

enum index_state { INDEX_ABSENT, INDEX_INVALID, INDEX_VALID };

/* What somebody said of the statement that was interrupted. */
enum answered { ANSWERED_NOT, ANSWERED_DONE, ANSWERED_AGAIN };

struct stepwise {
    const struct plan_step *step;
    const struct script *script;
    struct progress_hold hold;
    enum progress *progress;               /* by statement, as the target's rows say */
    int *backend;                          /* by statement: who ran it, when PROGRESS_RUNNING */
    bool *edited;                          /* by statement: it was another text when it was begun */
    const struct half_applied_row *misfit; /* a row of what is done that the file does not fit */
    enum answered answered;                /* of the one whose progress is PROGRESS_RUNNING */
    int holder;                            /* the session of the attempt before, 0: not known */
    size_t at;                             /* the statement in hand */
    bool pooled;       /* a pooler stands between: the session is not ours alone */
    bool has_settings; /* SET statements stand before the one in hand */
    bool outside;      /* the server does not let the one in hand run in a transaction */
    bool held;         /* our token stands in the target */
    size_t alone_at;   /* the statement's place in the message in flight that runs it alone, from 1;
                                0: none was sent */
    bool alone_well;   /* it has answered well */
    bool orphan;       /* somebody is still at work on the statement in hand */
    bool built;        /* somebody is at work on the table of the index */
    enum index_state index;
    const char *index_qualified; /* quoted, with schema; unless INDEX_ABSENT */
    bool overlooked;             /* a valid index of that name was there before our first attempt */
    deploy_next *statement_done; /* goes on with the statement after the one in hand */
};

const struct statement *stepwise_current(const struct deploy *deploy);
char *stepwise_literal(struct deploy *deploy, const char *text);

/* Empties deploy->batch; then the caller appends; then stepwise_send, which calls `next` when all
 * went well. */
void stepwise_begin(struct deploy *deploy);
void stepwise_send(struct deploy *deploy, deploy_row *row, deploy_next *next);

/* Appends the SET statements that stand before the one in hand. */
void stepwise_settings(struct deploy *deploy);

/* Empties deploy->batch and begins a transaction of the holder: transaction_open and the comparison of
 * the token. */
void stepwise_open(struct deploy *deploy);

/* Appends the statement that writes the row of the one in hand: "running", "done". */
void stepwise_progress_write(struct deploy *deploy, const char *state);

/* Whether a fault of this SQLSTATE says that the statement in hand, which it came from, must run alone;
 * then it will. */
bool stepwise_is_outside(struct deploy *deploy, const char *sqlstate);

/* Notes in the result how far the revision in hand has come. */
void stepwise_tell(struct deploy *deploy);

/* What an attempt that leaves says about the revision in hand (progress_leave_sql); false: nothing. */
bool stepwise_leave_sql(struct deploy *deploy, struct buffer *sql);

/* The ways out of the revision in hand, for a hint. */
const char *stepwise_ways(struct deploy *deploy);

#endif
