/* Answers: what the core shows, as messages. The same code serves sessions and a journal that is
 * only read.
 *
 * Everything built here borrows from the core and `arena`, until the next step.
 */
#ifndef DROVER_SHELL_MESSAGES_H
#define DROVER_SHELL_MESSAGES_H

#include "common/wire/message.h"
#include "coordinator/core/core.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/shell/answer.h"
#include "coordinator/shell/live_targets.h"

enum {
    ANSWER_TARGETS_MAX = 500,            /* targets on one page */
    ANSWER_PAGE_BYTES = 1024 * 1024,     /* of their texts: then the page is full */
    ANSWER_PLAN_BYTES = 4 * 1024 * 1024, /* of a part's revisions */
};

struct message answer_refused(enum error_code code, const char *message, const char *hint);

struct message answer_progress(const struct live *live, struct arena *arena);

/* Whether a watcher has seen all there is: the rollout is finished (or there never was one), or it
 * is paused and nothing runs any more. */
bool answer_is_over(const struct core *core);
/* "on 2 targets 3 revisions were applied by something else, ...", when rollout->unrecorded > 0. */
void answer_unrecorded(const struct rollout *rollout, struct buffer *out);
struct message answer_finished(const struct core *core, struct arena *arena);

/* The rollout that a request is about; "" for the current or else the last one. */
const char *answer_rollout_wanted(const struct message *request);

/* Whether the rollout named, or whose id begins so, is the active or last one: the others are not
 * shown by the core. */
bool answer_rollout_is_shown(const struct core *core, const char *rollout);

/* The same; if not, answers so. */
bool answer_rollout_is_kept(const struct core *core, const char *rollout, struct arena *arena,
                            coordinator_answer *answer, void *context);

/* An inquiry of a command (WATCH, TARGETS_WANTED, FAILURES_WANTED, ...): calls `answer` for each
 * message. WATCH gives PROGRESS and, if it is over, FINISHED. A rollout that is neither the active
 * nor the last one is REFUSED.
 */
void answer_inquiry(const struct live *live, const struct message *inquiry,
                    coordinator_answer *answer, void *context);

#endif
