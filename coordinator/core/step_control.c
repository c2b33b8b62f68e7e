/* CONTROL: people steer the rollout. */
#include "coordinator/core/step.h"

static int pause_asked(struct step *step, const char *actor, const char *reason,
                       struct error *error)
{
    const struct rollout *rollout = &step->core->rollout;
    if (rollout->state == ROLLOUT_CANCELLING) {
        return error_set(error, ERROR_BUSY, "rollout %s is being cancelled",
                         rollout->policy.rollout);
    }
    if (rollout->state != ROLLOUT_PAUSED) {
        emit(step, (struct event){.type = EVENT_ROLLOUT_PAUSED,
                                  .rollout_paused = {.actor = actor, .reason = reason}});
    }
    return 0;
}

static void resume(struct step *step, const char *actor)
{
    emit(step, (struct event){.type = EVENT_ROLLOUT_RESUMED, .rollout_resumed = {.actor = actor}});
}

static int resume_asked(struct step *step, const char *actor, struct error *error)
{
    const struct rollout *rollout = &step->core->rollout;
    if (rollout->state != ROLLOUT_PAUSED) {
        return error_set(error, ERROR_FAILED, "rollout %s is not paused, it is %s",
                         rollout->policy.rollout, rollout_state_word(rollout->state));
    }
    resume(step, actor);
    return 0;
}

static int retry_asked(struct step *step, const char *actor, struct error *error)
{
    const struct rollout *rollout = &step->core->rollout;
    if (rollout->state == ROLLOUT_CANCELLING) {
        return error_set(error, ERROR_BUSY, "rollout %s is being cancelled",
                         rollout->policy.rollout);
    }
    bool paused = rollout->state == ROLLOUT_PAUSED;
    if (!paused && rollout->counts[TARGET_FAILED] == 0) {
        return error_set(error, ERROR_FAILED, "no target of rollout %s has failed",
                         rollout->policy.rollout);
    }
    for (uint32_t i = 0; rollout->counts[TARGET_FAILED] > 0 && i < rollout->target_count; i++) {
        if (rollout->targets[i].state == TARGET_FAILED) {
            emit(step, (struct event){.type = EVENT_TARGET_RETRIED, .target_retried = {i}});
        }
    }
    if (paused) {
        resume(step, actor);
    }
    return 0;
}

void rollout_cancel(struct step *step, const char *actor, const char *reason)
{
    emit(step, (struct event){.type = EVENT_ROLLOUT_CANCEL_ASKED,
                              .rollout_cancel_asked = {.actor = actor, .reason = reason}});
    const struct core *core = step->core;
    for (const struct job *job = job_next(core, 0); job != NULL;
         job = job_next(core, job->id + 1)) {
        const struct worker *worker = worker_find(core, job->worker);
        if (worker != NULL && worker_is_connected(worker)) {
            cancel_job(step, job->worker, job->id);
        }
    }
}

int step_control(struct step *step, enum control_verb verb, const char *actor, const char *reason,
                 struct error *error)
{
    const struct rollout *rollout = &step->core->rollout;
    if (!rollout_is_active(rollout)) {
        (void)error_set(error, ERROR_FAILED, "no rollout is running");
        return error_hint(error, "`drover rollouts` lists those that were");
    }
    switch (verb) {
    case CONTROL_PAUSE: return pause_asked(step, actor, reason, error);
    case CONTROL_RESUME: return resume_asked(step, actor, error);
    case CONTROL_RETRY: return retry_asked(step, actor, error);
    case CONTROL_CANCEL:
        if (rollout->state != ROLLOUT_CANCELLING) {
            rollout_cancel(step, actor, reason);
        }
        return 0;
    }
    return error_set(error, ERROR_PROTOCOL, "unknown control verb %d", (int)verb);
}
