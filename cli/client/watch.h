/* Watching a rollout to its end: shows progress, prints the report, returns the exit code. */
#ifndef DROVER_CLIENT_WATCH_H
#define DROVER_CLIENT_WATCH_H

#include "cli/client/client.h"
#include "cli/line/invocation.h"

/* Sends WATCH for `rollout` ("" for the current or last one) and follows it.
 *
 * With --no-wait it ends as soon as nothing moves before a time or a person's word (exit code 5).
 * Ctrl-C in an embedded run pauses it and lets running jobs finish; a second one ends the process
 * at once (the journal makes that safe). As a client of a service it only stops looking. When the
 * rollout is taken back (on_failure: rollback) that is followed, too, and the exit code is never 0.
 * Exit code, or -1. */
int watch_rollout(struct invocation *invocation, struct client *client, const char *rollout,
                  struct error *error);

/* How something ended that was watched quietly; texts in the invocation's arena. */
struct quiet_end {
    struct message_progress progress; /* the last */
    struct message_finished finished;
};

/* The same for questions: shows nothing but moving progress on a terminal. `cancels`: an
 * interruption cancels the rollout, which is only a validation. */
int watch_quietly(struct invocation *invocation, struct client *client, const char *rollout,
                  bool cancels, struct quiet_end *end, struct error *error) MUST_CHECK;

/* Places in files come without a folder: a bundle has none. Puts this project's before them. */
void failures_locate(struct invocation *invocation, struct failure_group_list *failures);
void remarks_locate(struct invocation *invocation, struct remark_group_list *remarks);

#endif
