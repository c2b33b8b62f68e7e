/* A statement that cannot run in a transaction, alone: its row 'running', the session's settings,
 * the statement, the settings undone, its row 'done'.
 */
#ifndef DROVER_DEPLOY_ALONE_H
#define DROVER_DEPLOY_ALONE_H

#include "worker/deploy/deploy.h"

/* Runs the statement in hand; alone_done follows. */
void alone_run(struct deploy *deploy);

/* The work of the statement in hand is there: writes its row 'done', then goes on with the
 * revision's statement_done. */
void alone_done(struct deploy *deploy);

#endif
