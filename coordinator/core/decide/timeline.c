/* What is looked at again is deployed again: where nothing was lost that finds it done. */
#include "coordinator/core/decide/timeline.h"

#include <string.h>

#include "coordinator/core/decide/emit.h"
#include "coordinator/core/decide/step.h"

/* Eight hexadecimal digits; what has another length is of another kind and is not compared. */
static bool is_later(const char *timeline, const char *than)
{
    return timeline[0] != '\0' && strlen(timeline) == strlen(than) && strcmp(timeline, than) > 0;
}

static const struct server *server_of(const struct step *step, uint32_t target)
{
    const struct rollout *rollout = &step->core->rollout;
    return &rollout->servers.items[rollout->targets[target].server];
}

/* One whose check is under way, or to come, is asked by that. */
static bool is_doubtful(const struct step *step, uint32_t number)
{
    const struct target *target = &step->core->rollout.targets[number];
    bool checked = target->check == CHECK_WANTED || target->check == CHECK_RUNNING ||
                   target->check == CHECK_WAITING;
    return target->state == TARGET_DEPLOYED && !checked &&
           is_later(server_of(step, number)->timeline, target->timeline);
}

static bool is_under_way(const struct rollout *rollout)
{
    return rollout->state == ROLLOUT_DEPLOYING || rollout->state == ROLLOUT_PAUSED;
}

void timeline_doubt(struct step *step, uint32_t target)
{
    if (is_under_way(&step->core->rollout) && is_doubtful(step, target)) {
        emit(step, (struct event){.type = EVENT_TARGET_DOUBTED, .target_doubted = {target}});
    }
}

void timeline_heard(struct step *step, uint32_t target, const char *timeline)
{
    const struct rollout *rollout = &step->core->rollout;
    const struct server *server = server_of(step, target);
    if (!is_later(timeline, server->timeline)) {
        return;
    }
    emit(step, (struct event){.type = EVENT_TIMELINE_MOVED,
                              .timeline_moved = {.server = rollout->targets[target].server,
                                                 .name = server->key,
                                                 .timeline = timeline}});
    for (uint32_t i = 0; i < rollout->target_count; i++) {
        if (rollout->targets[i].server == rollout->targets[target].server) {
            timeline_doubt(step, i);
        }
    }
}

bool timeline_is_over(const struct step *step, uint32_t target, const char *timeline)
{
    return timeline[0] != '\0' && is_later(server_of(step, target)->timeline, timeline);
}
