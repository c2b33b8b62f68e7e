/* A statement that runs alone, with no transaction around it.
 *
 * One message of three parts, so that nobody can take the revision over between them and the session's
 * settings hold: the comparison, its row 'running' and the settings; the statement; the settings undone.
 * When the first part fails, its transaction stays open and refuses the others.
 */
#ifndef DROVER_DEPLOY_ALONE_H
#define DROVER_DEPLOY_ALONE_H

#include "worker/deploy/deploy.h"

/* Runs the statement in hand, then alone_done. */
void alone_run(struct deploy *deploy);

/* Runs a statement of our own in the same way, without a row. `tag` is what it must answer. */
void alone_own(struct deploy *deploy, const char *sql, const char *tag, deploy_next *next);

/* The work of the statement in hand is there: writes its row 'done', then goes on with the
 * revision's statement_done. */
void alone_done(struct deploy *deploy);

#endif
