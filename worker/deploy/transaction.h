/* One transaction on a target: how every change of ours reaches it.
 *
 * Batch 1: BEGIN; our search_path and settings; statements that take the deploy lock, make missing
 * tables and assert the version rows; for each revision the target's search_path, its statements,
 * and the session made as new; then the version rows and the history. Batch 2, only when every
 * command tag of batch 1 was right: COMMIT, whose tag must be COMMIT.
 */
#ifndef DROVER_DEPLOY_TRANSACTION_H
#define DROVER_DEPLOY_TRANSACTION_H

#include "worker/deploy/deploy.h"
#include "worker/sql/settings.h"

/* Runs the segment in hand, all of whose steps are transactional, then the runner's
 * segment_done. */
void transaction_start(struct deploy *deploy);

/* ---- parts, for stepwise.c ---- */

enum transaction_kind {
    TRANSACTION_WHOLE, /* all of a segment */
    TRANSACTION_FIRST, /* the first of many of a non-transactional revision, which makes the table */
    TRANSACTION_NEXT,  /* one of the others */
};

/* Empties deploy->batch and begins: BEGIN, settings, bookkeeping_open. */
void transaction_open(struct deploy *deploy, enum transaction_kind kind);

/* Before a script: the search_path that it shall see; `local` ends with the transaction. */
void transaction_path(struct deploy *deploy, bool local);

/* After a script: undoes what it may have left in the session, and sets ours again. */
void transaction_clean(struct deploy *deploy);

/* Moves the version rows past the segment in hand and writes its history. */
void transaction_record(struct deploy *deploy);

/* Runs both messages, then calls `next`. */
void transaction_commit(struct deploy *deploy, deploy_next *next);

/* Appends the limits of the job and the deploy's mark to `batch`: for the transaction, or for the session. */
void transaction_limits(struct deploy *deploy, struct batch *batch, bool local);

/* Appends these settings. */
void transaction_settings(struct deploy *deploy, const struct settings *settings);

#endif
