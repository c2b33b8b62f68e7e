/* SKIP, and what follows when a target that ran has stopped. */
#include "coordinator/core/decide/skip.h"

#include <inttypes.h>

#include "coordinator/core/decide/emit.h"
#include "coordinator/core/decide/step.h"
#include "coordinator/core/decide/stop.h"
#include "coordinator/core/facts/orphan.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/scope.h"

static bool may_be_skipped(const struct target *target)
{
    return target->state == TARGET_ADDED || target->state == TARGET_POSTPONED ||
           target->state == TARGET_REFUSED || target->state == TARGET_PENDING ||
           target->state == TARGET_WAITING || target->state == TARGET_FAILED;
}

static bool is_at_work(const struct target *target)
{
    return target->state == TARGET_INSPECTING || target->state == TARGET_RUNNING;
}

static int skip_check(const struct message_control *control, struct error *error)
{
    if (text_or_empty(control->scope)[0] == '\0') {
        (void)error_set(error, ERROR_USAGE, "which targets are to be skipped?");
        return error_hint(error, "name them, or give a scope; `drover cancel` ends the rollout");
    }
    if (text_or_empty(control->who.reason)[0] == '\0') {
        (void)error_set(error, ERROR_USAGE, "a target is skipped for a reason");
        return error_hint(error, "say it with --reason; it stands in the report");
    }
    return 0;
}

static void target_skip(struct step *step, uint32_t number, const struct who *who)
{
    emit(step, (struct event){.type = EVENT_TARGET_SKIPPED,
                              .target_skipped = {.target = number, .who = *who}});
}

/* One that is told to stop already stays asked by whoever asked first. */
static void target_stop(struct step *step, uint32_t number, const struct who *who)
{
    if (rollout_skip_find(&step->core->rollout, number) == NULL) {
        emit(step, (struct event){.type = EVENT_TARGET_SKIP_ASKED,
                                  .target_skip_asked = {.target = number, .who = *who}});
    }
}

static void skip_answer(struct step *step, uint32_t skipped, uint32_t stopping, bool loose)
{
    struct arena *arena = &step->output->arena;
    const char *sentence =
        arena_printf(arena, "%" PRIu32 " target%s skipped", skipped, plural(skipped));
    if (stopping > 0) {
        const char *stop =
            arena_printf(arena, "%" PRIu32 " running target%s told to stop, and skipped once %s",
                         stopping, plural(stopping), stopping == 1 ? "it has" : "they have");
        sentence = skipped > 0 ? arena_printf(arena, "%s, %s", sentence, stop) : stop;
    }
    step->output->sentence =
        loose ? arena_printf(arena, "%s, but %s", sentence, orphans_sentence(step->core, arena))
              : sentence;
    step->output->concerned = skipped + stopping;
}

int skip_asked(struct step *step, const struct message_control *control,
               const struct selector *scope, struct error *error)
{
    const struct rollout *rollout = &step->core->rollout;
    uint32_t skipped = 0;
    uint32_t stopping = 0;
    bool loose = false;
    if (skip_check(control, error) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < rollout->target_count; i++) {
        bool idle = may_be_skipped(&rollout->targets[i]);
        if ((!idle && !is_at_work(&rollout->targets[i])) || !scope_matches(step->core, i, scope)) {
            continue;
        }
        (idle ? target_skip : target_stop)(step, i, &control->who);
        skipped += idle;
        stopping += !idle;
        loose = loose || orphans_have(step->core, i);
    }
    if (skipped + stopping == 0) {
        return error_set(error, ERROR_FAILED,
                         "no target in this scope can be skipped: what is "
                         "over stays as it is");
    }
    jobs_stop(step);
    skip_answer(step, skipped, stopping, loose);
    return 0;
}

void skips_advance(struct step *step)
{
    const struct rollout *rollout = &step->core->rollout;
    for (uint32_t i = rollout->skip_count; i > 0 && rollout_is_active(rollout); i--) {
        const struct skip skip = rollout->skips[i - 1]; /* it goes meanwhile */
        if (may_be_skipped(&rollout->targets[skip.target])) {
            target_skip(step, skip.target, &skip.who);
        }
    }
}
