/* Questions and their answers (question.h). */
#include "coordinator/core/decide/question.h"

#include "coordinator/core/decide/emit.h"
#include "coordinator/core/decide/step.h"
#include "coordinator/core/facts/intern.h"
#include "coordinator/core/facts/scope.h"

void question_answer(struct step *step, uint32_t number, struct statement_answer answer,
                     const struct who *who)
{
    answer.until_attempt = step->core->rollout.targets[number].trial.attempt;
    emit(step, (struct event){.type = EVENT_STATEMENT_ANSWERED,
                              .statement_answered = {
                                  .target = number,
                                  .answer = answer,
                                  .effect = answer.answered_again ? "it runs again" : "it did",
                                  .who = *who}});
}

bool question_is_open(const struct intern *intern, const struct target *target)
{
    return target->state == TARGET_FAILED &&
           intern_failure_at(intern, target->trial.failure)->failure.cause ==
               FAILURE_CAUSE_HALF_APPLIED;
}

int question_check(const struct step *step, const struct message_control *control,
                   const struct selector *scope, struct error *error)
{
    const struct rollout *rollout = &step->core->rollout;
    if (control->answer.answered == 0) {
        return 0;
    }
    if (text_or_empty(control->scope)[0] == '\0') {
        (void)error_set(error, ERROR_USAGE, "of which target is that so?");
        return error_hint(error, "name those that were looked at");
    }
    for (uint32_t i = 0; i < rollout->target_count; i++) {
        if (question_is_open(&rollout->intern, &rollout->targets[i]) &&
            scope_matches(step->core, i, scope)) {
            return 0;
        }
    }
    (void)error_set(error, ERROR_FAILED, "no target in this scope has asked how a statement ended");
    return error_hint(error, "`drover status --targets` says why targets have failed");
}
