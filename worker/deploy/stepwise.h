/* A non-transactional revision, statement by statement: the one in hand, and how each is run.
 *
 * Progress is a durable row per statement, so that an attempt after a crash goes on at the right
 * one:
 *
 *   ordinary     one transaction holds the statement and its row: exactly once
 *   index build  row 'running', the statement alone, row 'done'; a later attempt that finds
 *                'running' waits for an orphan that may still be building, then takes a valid
 *                index as done, drops an invalid one and builds it again
 *   index drop   the same; done when the index is gone
 *   repeatable   the same; simply run again
 *
 * SET and RESET statements have no row: they are said again before each statement that follows
 * them. Mutual exclusion is a session-level advisory lock that is polled for, never waited for,
 * because a waiter's snapshot would block a concurrent build. Behind a pooler session locks mean
 * nothing; there the progress rows and the assertions in each transaction are the fence.
 */
#ifndef DROVER_DEPLOY_STEPWISE_H
#define DROVER_DEPLOY_STEPWISE_H

#include "worker/deploy/deploy.h"

enum progress { PROGRESS_NONE, PROGRESS_RUNNING, PROGRESS_DONE };

enum index_state { INDEX_ABSENT, INDEX_INVALID, INDEX_VALID };

struct stepwise {
    const struct plan_step *step;
    const struct script *script;
    struct bookkeeping_step key;
    enum progress *progress; /* by statement, as the target's rows say */
    int *backend;            /* by statement: who ran it, when PROGRESS_RUNNING */
    size_t at;               /* the statement in hand */
    bool pooled;             /* a pooler stands between: the session is not ours alone */
    bool has_settings;       /* SET statements stand before the one in hand */
    bool answer;             /* of the last yes-or-no question */
    enum index_state index;
    const char *index_qualified; /* quoted, with schema; unless INDEX_ABSENT */
    bool overlooked;             /* a valid index of that name was there before our first attempt */
    deploy_next *statement_done; /* goes on with the statement after the one in hand */
};

const struct statement *stepwise_current(const struct deploy *deploy);
char *stepwise_literal(struct deploy *deploy, const char *text);

/* Whether a statement sets the session rather than the database. */
bool stepwise_is_setting(const struct statement *statement);

/* Empties deploy->batch; then the caller appends; then stepwise_send, which calls `next` when all
 * went well. */
void stepwise_begin(struct deploy *deploy);
void stepwise_send(struct deploy *deploy, deploy_row *row, deploy_next *next);

/* Appends the SET statements that stand before the one in hand. */
void stepwise_settings(struct deploy *deploy);

/* Appends the statement that writes the row of the one in hand: "running", "done". */
void stepwise_progress_write(struct deploy *deploy, const char *state);

/* Appends the condition on drover_progress that finds the revision's rows. */
void stepwise_key_append(struct deploy *deploy, struct buffer *sql);

/* Takes a single 't' or 'f' into stepwise->answer. */
void stepwise_answer_row(struct deploy *deploy, const PGresult *result, unsigned index);

#endif
