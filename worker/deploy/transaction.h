/* One guarded transaction on a target: how every change of ours reaches it.
 *
 * Message 1: BEGIN; settings; statements that take the deploy lock, makes missing tables, asserts
 * the version rows and inserts the guard rows; the scripts' statements; RESET of what they may have
 * set; our own rows; a DO block that deletes the guard rows. Message 2, only when every command tag
 * of message 1 was right: COMMIT, whose tag must be COMMIT.
 */
#ifndef DROVER_DEPLOY_TRANSACTION_H
#define DROVER_DEPLOY_TRANSACTION_H

#include "worker/deploy/deploy.h"
#include "worker/sql/settings.h"

/* Runs the segment in hand, all of whose steps are transactional, then the runner's
 * segment_done. */
void transaction_start(struct deploy *deploy);

/* ---- parts, for stepwise.c ---- */

/* Empties deploy->batch and begins: BEGIN, settings, bookkeeping_open. */
void transaction_open(struct deploy *deploy, const struct bookkeeping_step *unfinished);

/* After the scripts: undoes what they may have SET, sets our limits again, and checks that they
 * left the transaction alone. */
void transaction_close(struct deploy *deploy);

/* Moves the version rows past the segment in hand and writes its history. */
void transaction_record(struct deploy *deploy);

/* Runs both messages, then calls `next`. */
void transaction_commit(struct deploy *deploy, deploy_next *next);

/* Appends these settings, with the search_path of a schema target. */
void transaction_settings(struct deploy *deploy, const struct settings *settings);

#endif
