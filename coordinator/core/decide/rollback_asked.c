/* Which rollout is meant, whether it can be taken back, and what is told before it begins. */
#include "coordinator/core/decide/rollback_asked.h"

#include <string.h>

#include "coordinator/core/decide/control.h"
#include "coordinator/core/decide/emit.h"
#include "coordinator/core/decide/end.h"
#include "coordinator/core/decide/rollback.h"
#include "coordinator/core/decide/rollback_bundle.h"
#include "coordinator/core/decide/step.h"
#include "coordinator/core/facts/rollback.h"
#include "coordinator/core/facts/rollout.h"

/* The rollout to be taken back, if it can be. */
static const struct rollout *rollback_find(const struct core *core, const char *wanted,
                                           struct error *error)
{
    const struct rollout *active = rollout_is_active(&core->rollout) ? &core->rollout : NULL;
    const char *id = rollback_choice(core, wanted);
    const struct rollout *rollout = id == NULL ? NULL : rollback_source(core, id);
    if (rollout == NULL) {
        if (wanted[0] != '\0') {
            (void)error_set(error, ERROR_FAILED, "nothing is known of rollout %s", wanted);
            (void)error_hint(error, "`drover rollouts` lists them");
        } else {
            (void)error_set(error, ERROR_FAILED,
                            "no rollout has changed something that is not taken back yet");
            (void)error_hint(
                error, "`drover rollouts` lists them; `drover downgrade` goes to any revision");
        }
        return NULL;
    }
    if (rollback_possible(rollout, error) < 0) {
        return NULL;
    }
    if (active != NULL && active != rollout) {
        (void)error_set(error, ERROR_BUSY, "rollout %s is under way", active->policy.rollout);
        (void)error_hint(error, "let it finish, or end it with `drover cancel`");
        return NULL;
    }
    if (rollout->policy.request.direction == DIRECTION_DOWN && active == NULL &&
        wanted[0] == '\0') {
        (void)error_set(error, ERROR_USAGE,
                        "the newest rollout is a downgrade, and taking that back would go forward");
        (void)error_hint(error, "`drover upgrade` goes forward, `drover rollback %s` takes it back",
                         rollout->policy.rollout);
        return NULL;
    }
    return rollout;
}

int rollback_asked(struct step *step, const struct message_control *control, struct error *error)
{
    const struct core *core = step->core;
    struct arena *arena = &step->output->arena;
    const struct rollout *rollout = rollback_find(core, text_or_empty(control->rollout), error);
    if (rollout == NULL) {
        return -1;
    }
    const char *bundle =
        rollback_bundle(core, rollout, text_or_empty(control->bundle), arena, error);
    if (bundle == NULL) {
        return -1;
    }
    bool own = strcmp(bundle, rollout->policy.request.bundle) == 0;
    uint32_t targets = 0;
    const char *what = rollback_describe(rollout, arena, &targets);
    step->output->rollout = arena_strdup(arena, rollout->policy.rollout);
    control_answer(step, targets,
                   arena_printf(arena, "rollback of %s%s", what,
                                own ? "" : ", by ways down that were written since"));
    if (control->asks) {
        return 0;
    }
    bool at_hand = rollout == &core->rollout || rollout == &core->kept;
    if (!rollout->rollback_wanted) {
        emit(step, (struct event){
                       .type = EVENT_ROLLBACK_ASKED,
                       .rollback_asked = {control->who, step->output->rollout, own ? "" : bundle}});
    }
    if (!at_hand) {
        return rollback_recalled(step, rollout, control->who.actor, bundle, error);
    }
    if (rollout_is_active(rollout) && rollout->state != ROLLOUT_CANCELLING) {
        rollout_cancel(step, control->who.actor, "a rollback was asked for");
    }
    return 0;
}
