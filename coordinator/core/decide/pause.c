/* The whole rollout is paused, or a hold is placed on a part of it; both are lifted by a resume. */
#include "coordinator/core/decide/pause.h"

#include <inttypes.h>
#include <string.h>

#include "coordinator/core/decide/control.h"
#include "coordinator/core/decide/emit.h"
#include "coordinator/core/decide/step.h"
#include "coordinator/core/decide/stop.h"
#include "coordinator/core/decide/waves.h"
#include "coordinator/core/facts/orphan.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/scope.h"

static void part_pause(struct step *step, const struct message_control *control,
                       const struct selector *scope)
{
    struct buffer text = {0};
    selector_print(scope, &text);
    uint32_t targets = scope_count(step->core, scope);
    emit(step, (struct event){.type = EVENT_HOLD_PLACED,
                              .hold_placed = {.hold = {.scope = buffer_text(&text),
                                                       .who = control->who,
                                                       .targets = targets},
                                              .now = control->now}});
    buffer_free(&text);
    jobs_stop(step);
    control_answer(step, targets,
                   arena_printf(&step->output->arena, "%" PRIu32 " target%s held, others go on",
                                targets, plural(targets)));
}

static void whole_pause(struct step *step, const struct message_control *control)
{
    const struct core *core = step->core;
    const struct rollout *rollout = &core->rollout;
    bool known = rollout->pause.until_resumed || control->interrupted;
    if (rollout->state == ROLLOUT_PAUSED && known && (rollout->paused_now || !control->now)) {
        control_answer_with_loose(step, core->jobs.live, "it was paused already");
        return;
    }
    emit(step, (struct event){.type = EVENT_ROLLOUT_PAUSED,
                              .rollout_paused = {.who = control->who,
                                                 .now = control->now,
                                                 .until_resumed = !control->interrupted ||
                                                                  rollout->pause.until_resumed}});
    jobs_stop(step);
    uint32_t loose = jobs_loose(core);
    uint32_t running = core->jobs.live - core->jobs.probes - loose;
    const char *sentence = loose + rollout->orphan_count > 0 ? "paused" : "paused, nothing runs";
    if (running > 0) {
        const char *one = control->now ? "is cancelled and rolls back" : "may finish";
        const char *many = control->now ? "are cancelled and roll back" : "may finish";
        sentence = arena_printf(&step->output->arena, "paused, %" PRIu32 " running job%s %s",
                                running, plural(running), running == 1 ? one : many);
    }
    control_answer_with_loose(step, running + loose, sentence);
}

/* The hold with exactly this scope, or UINT32_MAX. */
static uint32_t hold_find(const struct rollout *rollout, const struct selector *scope)
{
    struct buffer text = {0};
    selector_print(scope, &text);
    uint32_t found = UINT32_MAX;
    for (uint32_t i = 0; i < rollout->hold_count && found == UINT32_MAX; i++) {
        if (strcmp(rollout->holds[i].status.scope, buffer_text(&text)) == 0) {
            found = i;
        }
    }
    buffer_free(&text);
    return found;
}

static void hold_lift(struct step *step, uint32_t hold, struct who who)
{
    emit(step, (struct event){.type = EVENT_HOLD_LIFTED, .hold_lifted = {hold, who}});
}

static int part_resume(struct step *step, const struct message_control *control,
                       const struct selector *scope, struct error *error)
{
    const struct rollout *rollout = &step->core->rollout;
    uint32_t hold = hold_find(rollout, scope);
    if (hold == UINT32_MAX) {
        (void)error_set(error, ERROR_FAILED, "no pause has this scope");
        return error_hint(error, rollout->hold_count > 0
                                     ? "`drover status` shows them; `drover resume` lifts all"
                                     : "`drover resume` resumes the whole rollout");
    }
    uint32_t targets = rollout->holds[hold].status.targets;
    hold_lift(step, hold, control->who);
    control_answer(
        step, targets,
        arena_printf(&step->output->arena, "%" PRIu32 " target%s go on", targets, plural(targets)));
    return 0;
}

void rollout_resume(struct step *step, const struct message_control *control)
{
    emit(step, (struct event){.type = EVENT_ROLLOUT_RESUMED,
                              .rollout_resumed = {control->who.actor, control->until_wave,
                                                  control->who.reason}});
    checks_repeat(step);
}

static int whole_resume(struct step *step, const struct message_control *control,
                        struct error *error)
{
    const struct rollout *rollout = &step->core->rollout;
    bool paused = rollout->state == ROLLOUT_PAUSED;
    if (!paused && rollout->hold_count == 0) {
        return error_set(error, ERROR_FAILED, "rollout %s is not paused, it is %s",
                         rollout->policy.rollout, rollout_state_word(rollout->state));
    }
    while (rollout->hold_count > 0) {
        hold_lift(step, rollout->hold_count - 1, control->who);
    }
    if (paused) {
        rollout_resume(step, control);
    }
    uint32_t left = rollout_open_deploys(rollout);
    control_answer(step, left,
                   arena_printf(&step->output->arena, "resumed, %" PRIu32 " target%s to go", left,
                                plural(left)));
    return 0;
}

void pause_asked(struct step *step, const struct message_control *control,
                 const struct selector *scope)
{
    if (scope == NULL) {
        whole_pause(step, control);
    } else {
        part_pause(step, control, scope);
    }
}

int resume_asked(struct step *step, const struct message_control *control,
                 const struct selector *scope, struct error *error)
{
    return scope == NULL ? whole_resume(step, control, error)
                         : part_resume(step, control, scope, error);
}
