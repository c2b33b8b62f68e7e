/* The states of a worker's link to the coordinator, and of the worker itself.
 *
 * The two go side by side: a worker works and drains with or without a link, and looks for one
 * until it closes.
 */
#ifndef DROVER_LINK_STATES_H
#define DROVER_LINK_STATES_H

#include "common/base/state_machine.h"

#define LINK_STATE_LIST(X)                                                                         \
    X(LINK_NONE, "none", worker->stream == NULL && !is_due(&worker->reconnect))                    \
    X(LINK_WAITING, "waiting", worker->stream == NULL && is_due(&worker->reconnect))               \
    X(LINK_CONNECTING, "connecting", worker->stream == NULL) /* stream_connect will answer */      \
    X(LINK_GREETING, "greeting", worker->stream != NULL && is_due(&worker->heartbeat))             \
    X(LINK_JOINED, "joined", worker->stream != NULL && is_due(&worker->heartbeat))

#define LINK_MOVE_LIST(X)                                                                          \
    X(LINK_NONE, LINK_CONNECTING, "the worker starts")                                             \
    X(LINK_NONE, LINK_GREETING, "the worker starts with a socket and says HELLO")                  \
    X(LINK_CONNECTING, LINK_GREETING, "connected, says HELLO")                                     \
    X(LINK_CONNECTING, LINK_WAITING, "no coordinator is there")                                    \
    X(LINK_CONNECTING, LINK_NONE, "the worker closes")                                             \
    X(LINK_WAITING, LINK_CONNECTING, "the pause is over")                                          \
    X(LINK_WAITING, LINK_NONE, "the worker closes")                                                \
    X(LINK_GREETING, LINK_JOINED, "the coordinator says WELCOME")                                  \
    X(LINK_GREETING, LINK_WAITING, "the coordinator is gone")                                      \
    X(LINK_GREETING, LINK_NONE, "refused, or gone for good, or the worker closes")                 \
    X(LINK_JOINED, LINK_JOINED, "the coordinator says WELCOME again")                              \
    X(LINK_JOINED, LINK_WAITING, "the coordinator is gone or silent")                              \
    X(LINK_JOINED, LINK_NONE, "gone for good, or the worker closes")

#define LIFE_STATE_LIST(X)                                                                         \
    X(LIFE_WORKING, "working", true)                                                               \
    X(LIFE_DRAINING, "draining", true)                                                             \
    X(LIFE_CLOSING, "closing", worker->stopped == NULL)                                            \
    X(LIFE_CLOSED, "closed", worker->ledger.entries == NULL && worker->link == LINK_NONE)

#define LIFE_MOVE_LIST(X)                                                                          \
    X(LIFE_WORKING, LIFE_DRAINING, "takes no more jobs, ends those in hand")                       \
    X(LIFE_WORKING, LIFE_CLOSING, "its owner closes it")                                           \
    X(LIFE_DRAINING, LIFE_CLOSING, "its owner closes it")                                          \
    X(LIFE_CLOSING, LIFE_CLOSED, "no runner and no connect holds it any more")

enum link_state { LINK_STATE_LIST(STATE_NUMBER) };
enum life_state { LIFE_STATE_LIST(STATE_NUMBER) };

extern const struct state_machine link_machine; /* of a struct worker */
extern const struct state_machine life_machine; /* likewise */

#endif
