/* How a rollout ends: it is over, or somebody wants it to be. */
#include "coordinator/core/decide/end.h"

#include "coordinator/core/decide/emit.h"
#include "coordinator/core/decide/step.h"
#include "coordinator/core/decide/stop.h"

void rollout_finish(struct step *step, enum rollout_state state)
{
    emit(step,
         (struct event){.type = EVENT_ROLLOUT_FINISHED, .rollout_finished = {.state = state}});
}

void rollout_cancel(struct step *step, const char *actor, const char *reason)
{
    emit(step, (struct event){.type = EVENT_ROLLOUT_CANCEL_ASKED,
                              .rollout_cancel_asked = {.who = {actor, reason}}});
    jobs_stop(step);
}
