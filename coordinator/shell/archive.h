/* An archive: a journal with nobody running, for `drover status` and `rollouts`. The journal is
 * replayed once (and may be closed then) and left as it was. Works without a loop. */
#ifndef DROVER_SHELL_ARCHIVE_H
#define DROVER_SHELL_ARCHIVE_H

#include "common/base/error.h"
#include "coordinator/shell/answer.h"

struct archive;
struct journal;
struct message;

/* Of the active or last rollout, or of the newest earlier one whose id begins with `rollout`, as it ended;
 * "": the active or last one. Takes nothing of the journal. NULL with an error. */
struct archive *archive_open(struct journal *journal, const char *rollout, struct error *error);

/* Answers one request message (WATCH, TARGETS_WANTED, ROLLOUTS_WANTED, ...) with the
 * same code as a session: WATCH gives a PROGRESS, then FINISHED if nothing runs.
 * `answer` is called for each message. */
void archive_ask(struct archive *archive, const struct message *request, coordinator_answer *answer,
                 void *context);

void archive_close(struct archive *archive);

#endif
