/* Reading the log: from a running coordinator, or else from the journal. */
#ifndef DROVER_CLIENT_LOG_READING_H
#define DROVER_CLIENT_LOG_READING_H

#include "cli/line/invocation.h"
#include "common/wire/message.h"

/* A part, oldest first. Borrowed until it returns. */
typedef void log_reader(const struct message_log *log, void *context);

/* What happened, then, with `follows`, what happens until the rollout that is under way is over or
 * somebody interrupts. 1: nothing was ever started. */
int log_read(struct invocation *invocation, const struct message_log_wanted *wanted, bool follows,
             log_reader *read, void *context, struct error *error) MUST_CHECK;

#endif
