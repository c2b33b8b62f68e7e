/* Recalling: an earlier rollout, as it was when it ended. */
#ifndef DROVER_SHELL_RECALL_H
#define DROVER_SHELL_RECALL_H

#include <stdbool.h>

#include "common/base/error.h"

struct core;
struct journal;

/* Applies the journal to a core that knows nothing, up to the end of that rollout; *over tells whether
 * that was found. -1 when the journal cannot be read. */
int rollout_recall(struct journal *journal, struct core *core, const char *rollout, bool *over,
                   struct error *error) MUST_CHECK;

#endif
