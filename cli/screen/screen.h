/* The screen: a rollout looked at on a whole terminal, with keys to look closer. Nothing is steered from here. */
#ifndef DROVER_SCREEN_SCREEN_H
#define DROVER_SCREEN_SCREEN_H

#include "cli/client/client.h"
#include "cli/line/invocation.h"

/* Whether stdin and stdout are a terminal that can show it. */
bool screen_is_possible(const struct invocation *invocation);

/* Looks at `rollout` ("" for whichever there is) until somebody leaves, also when it is over or the coordinator is
 * gone, which comes back. Then the terminal is as it was, and the report of a rollout that is over on
 * stdout. The exit code, as that of watch_rollout; -1. */
int screen_rollout(struct invocation *invocation, struct client *client, const char *rollout,
                   struct error *error);

#endif
