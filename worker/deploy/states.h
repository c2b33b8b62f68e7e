/* The states of a deploy: what is in flight, and so what a cancel or an answer means.
 *
 * The words are those of transaction.h, stepwise.h and locate.h. A segment is committed when
 * `committing` is left for anything but `unwinding`.
 */
#ifndef DROVER_DEPLOY_STATES_H
#define DROVER_DEPLOY_STATES_H

#include "common/base/state_machine.h"

#define DEPLOY_STATE_LIST(X)                                                                       \
    X(DEPLOY_NONE, "none", true)                                                                   \
    X(DEPLOY_ACQUIRING, "acquiring", deploy->connection == NULL)                                   \
    X(DEPLOY_PLAIN, "plain", deploy->opening == 0) /* a message without assertions */              \
    X(DEPLOY_TRANSACTING, "transacting", deploy->opening > 0)                                      \
    X(DEPLOY_COMMITTING, "committing",                                                             \
      deploy->online != NULL || connection_in_transaction(deploy->connection))                     \
    X(DEPLOY_LAST_COMMIT, "last_commit", deploy->connection != NULL)                               \
    X(DEPLOY_LOCATING, "locating", deploy->location != NULL && deploy->opening == 0)               \
    X(DEPLOY_RETRYING, "retrying", deploy->first < deploy->plan.step_count)                        \
    X(DEPLOY_WAITING, "waiting", is_due(&deploy->timer))                                           \
    X(DEPLOY_STOPPING, "stopping", deploy->connection != NULL)                                     \
    X(DEPLOY_UNWINDING, "unwinding", has_outcome(&deploy->task->result))                           \
    X(DEPLOY_FINISHED, "finished", deploy->connection == NULL && deploy->task->cancel == NULL)

#define DEPLOY_MOVE_LIST(X)                                                                        \
    X(DEPLOY_NONE, DEPLOY_ACQUIRING, "the plan is read")                                           \
    X(DEPLOY_NONE, DEPLOY_WAITING, "the plan cannot be read")                                      \
    X(DEPLOY_ACQUIRING, DEPLOY_PLAIN, "the path begins with a stamp or with statements")           \
    X(DEPLOY_ACQUIRING, DEPLOY_TRANSACTING, "the path begins with a transaction")                  \
    X(DEPLOY_ACQUIRING, DEPLOY_LOCATING, "the path is empty")                                      \
    X(DEPLOY_ACQUIRING, DEPLOY_UNWINDING, "no connection, or cancelled")                           \
    X(DEPLOY_PLAIN, DEPLOY_PLAIN, "the next question, or the next statement that runs alone")      \
    X(DEPLOY_PLAIN, DEPLOY_TRANSACTING, "a transaction follows")                                   \
    X(DEPLOY_PLAIN, DEPLOY_WAITING, "another session deploys, or an orphan is at work")            \
    X(DEPLOY_PLAIN, DEPLOY_LOCATING, "the version rows are elsewhere")                             \
    X(DEPLOY_PLAIN, DEPLOY_RETRYING, "the opening must be put otherwise")                          \
    X(DEPLOY_PLAIN, DEPLOY_STOPPING, "cancelled")                                                  \
    X(DEPLOY_PLAIN, DEPLOY_UNWINDING, "the path's end, or a failure")                              \
    X(DEPLOY_TRANSACTING, DEPLOY_COMMITTING, "every command tag is right")                         \
    X(DEPLOY_TRANSACTING, DEPLOY_RETRYING, "the opening must be put otherwise")                    \
    X(DEPLOY_TRANSACTING, DEPLOY_WAITING, "another session deploys")                               \
    X(DEPLOY_TRANSACTING, DEPLOY_LOCATING, "the version rows are elsewhere")                       \
    X(DEPLOY_TRANSACTING, DEPLOY_STOPPING, "cancelled")                                            \
    X(DEPLOY_TRANSACTING, DEPLOY_UNWINDING, "a failure")                                           \
    X(DEPLOY_COMMITTING, DEPLOY_PLAIN, "the next segment, or the next statement")                  \
    X(DEPLOY_COMMITTING, DEPLOY_TRANSACTING, "the next segment, or the next statement")            \
    X(DEPLOY_COMMITTING, DEPLOY_RETRYING, "a Python process is gone: its session is ended")        \
    X(DEPLOY_COMMITTING, DEPLOY_LAST_COMMIT, "cancelled, too late for this transaction")           \
    X(DEPLOY_COMMITTING, DEPLOY_UNWINDING, "the path's end, or a failure")                         \
    X(DEPLOY_LAST_COMMIT, DEPLOY_UNWINDING, "answered; nothing follows")                           \
    X(DEPLOY_LOCATING, DEPLOY_LOCATING, "which tables are there is known, now the rows")           \
    X(DEPLOY_LOCATING, DEPLOY_PLAIN, "a boundary that this rollout reached: goes on")              \
    X(DEPLOY_LOCATING, DEPLOY_TRANSACTING, "a boundary that this rollout reached: goes on")        \
    X(DEPLOY_LOCATING, DEPLOY_STOPPING, "cancelled")                                               \
    X(DEPLOY_LOCATING, DEPLOY_UNWINDING, "the path's end, or elsewhere, or a failure")             \
    X(DEPLOY_RETRYING, DEPLOY_PLAIN, "rolled back, the segment begins again")                      \
    X(DEPLOY_RETRYING, DEPLOY_TRANSACTING, "rolled back, the segment begins again")                \
    X(DEPLOY_RETRYING, DEPLOY_WAITING, "an application goes first, or a Python's session is open") \
    X(DEPLOY_RETRYING, DEPLOY_LOCATING, "the session of a Python process has ended")               \
    X(DEPLOY_RETRYING, DEPLOY_STOPPING, "cancelled")                                               \
    X(DEPLOY_RETRYING, DEPLOY_UNWINDING, "a failure")                                              \
    X(DEPLOY_WAITING, DEPLOY_PLAIN, "looks again")                                                 \
    X(DEPLOY_WAITING, DEPLOY_TRANSACTING, "an application went first: begins again")               \
    X(DEPLOY_WAITING, DEPLOY_RETRYING, "tries again")                                              \
    X(DEPLOY_WAITING, DEPLOY_UNWINDING, "cancelled, or the plan could not be read")                \
    X(DEPLOY_STOPPING, DEPLOY_UNWINDING, "the message in flight has ended")                        \
    X(DEPLOY_UNWINDING, DEPLOY_FINISHED, "rolled back, and the connection is given back")

enum deploy_state { DEPLOY_STATE_LIST(STATE_NUMBER) };

extern const struct state_machine deploy_machine; /* of a struct deploy */

#endif
