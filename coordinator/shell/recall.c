/* The events after the rollout's end are read, and not applied. */
#include "coordinator/shell/recall.h"

#include <string.h>

#include "coordinator/core/core.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/journal/journal.h"

struct recall {
    struct core *core;
    const char *rollout;
    bool over;
};

static void recall_apply(const struct event *event, void *context)
{
    struct recall *recall = context;
    if (!recall->over) {
        core_apply(recall->core, event);
        recall->over = event->type == EVENT_ROLLOUT_FINISHED &&
                       strcmp(core_rollout(recall->core)->policy.rollout, recall->rollout) == 0;
    }
}

int rollout_recall(struct journal *journal, struct core *core, const char *rollout, bool *over,
                   struct error *error)
{
    struct recall recall = {core, rollout, false};
    int result = journal_replay(journal, recall_apply, &recall, error);
    *over = recall.over;
    return result;
}
