/* The story: what happened, told from the journal by a core that lives through it once more.
 */
#ifndef DROVER_SHELL_STORY_H
#define DROVER_SHELL_STORY_H

#include "common/vocabulary/message.h"
#include "coordinator/shell/answer.h"

struct journal;

/* Calls `answer` with the LOGs that LOG_WANTED asks for, oldest first; at least one, the last one
 * says so. Reads the whole journal, on any thread. -1 when it cannot be read, or when no rollout has
 * the name. */
int story_tell(struct journal *journal, const struct message_log_wanted *wanted,
               coordinator_answer *answer, void *context, struct error *error) MUST_CHECK;

#endif
