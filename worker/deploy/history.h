/* Writing drover_history: a row for each step, and rows for what was not done by Drover.
 *
 *   upgrade, downgrade  a step that ran, with the revision's checksum
 *   stamp               a step of a stamp; with no checksum when the revision counts as not applied
 *   seen, gone          the revision counts as applied, or not, by somebody else's doing
 *   purge               nothing that was written before counts; without a revision
 *
 * The last row of a revision after the last purge tells how it stands. Rows begin to lack when
 * another tool moves the version rows; history_reconcile adds them.
 */
#ifndef DROVER_DEPLOY_HISTORY_H
#define DROVER_DEPLOY_HISTORY_H

#include "worker/deploy/deploy.h"

/* Rows for the steps of the segment in hand. The version rows have been moved. */
void history_record(struct deploy *deploy);

/* Rows 'seen' and 'gone', so that the history tells of every revision of the bundle what the
 * version rows `rows` imply; none when it does already. Steps of a stamp are left to
 * history_record. */
void history_reconcile(struct deploy *deploy, struct texts rows);

#endif
