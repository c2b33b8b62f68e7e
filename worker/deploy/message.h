/* The one message in flight, and the one timer.
 *
 * A message that is answered whole, with the tags that it must have, goes on with what was named as
 * `next`; anything else goes to the runner's `failed`. After the last commit of a cancelled deploy
 * nothing is sent; it ends.
 */
#ifndef DROVER_DEPLOY_MESSAGE_H
#define DROVER_DEPLOY_MESSAGE_H

#include "worker/deploy/deploy.h"

/* Goes to `state` and sends deploy->batch. `row` (may be NULL) sees each result. A batch with a
 * statement that would end the transaction is not sent: the deploy is refused. */
void deploy_send(struct deploy *deploy, enum deploy_state state, deploy_row *row,
                 deploy_next *next);

/* The same for a text that is not worth a batch; no result of it is looked at. */
void deploy_say(struct deploy *deploy, enum deploy_state state, const char *sql, deploy_next *next);

/* Goes to `waiting` and calls `next` after `delay_ms`, unless the deploy is cancelled meanwhile. */
void deploy_wait(struct deploy *deploy, uint64_t delay_ms, deploy_next *next);

/* Polls: waits and calls `again`, or fails with 55P03 and `message` once the limit is over. */
void deploy_poll(struct deploy *deploy, deploy_next *again, const char *message);

#endif
