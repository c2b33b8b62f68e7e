/* SKIP, UNSKIP, and what follows when a target that ran has stopped. */
#include "coordinator/core/decide/skip.h"

#include <inttypes.h>

#include "coordinator/core/decide/emit.h"
#include "coordinator/core/decide/step.h"
#include "coordinator/core/decide/stop.h"
#include "coordinator/core/facts/lookup.h"
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
        if (!control->asks) {
            (idle ? target_skip : target_stop)(step, i, &control->who);
        }
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

/* ---- put back ---- */

/* One that stands in the rollout twice was refused for good. */
static bool stands_twice(const struct rollout *rollout, uint32_t number)
{
    const struct target *target = &rollout->targets[number];
    return rollout_target_by_name(rollout, target->place.name) != number ||
           rollout_target_by_place(rollout, &target->place) != number;
}

/* After the gate only what has passed it, and whose wave somebody has approved if that is asked. */
static bool may_be_put_back(const struct rollout *rollout, uint32_t number)
{
    const struct target *target = &rollout->targets[number];
    if (target->state != TARGET_SKIPPED) {
        return rollout_skip_find(rollout, number) != NULL;
    }
    if (rollout->wave_order == NULL) {
        return !stands_twice(rollout, number);
    }
    if (target->wave == 0) {
        return false;
    }
    const struct wave *wave = &rollout->waves[target->wave - 1];
    return !wave->definition.approve || wave->approved || wave->state == WAVE_WAITING ||
           wave->state == WAVE_AWAITING;
}

static int unskip_refuse(uint32_t too_late, struct error *error)
{
    if (too_late == 0) {
        return error_set(error, ERROR_FAILED, "no target in this scope is skipped");
    }
    (void)error_set(error, ERROR_FAILED,
                    "%" PRIu32 " skipped target%s cannot be put back: the gate or the approval of "
                    "the wave passed without %s",
                    too_late, plural(too_late), too_late == 1 ? "it" : "them");
    return error_hint(error, "the next rollout takes what was skipped in this one");
}

int unskip_asked(struct step *step, const struct message_control *control,
                 const struct selector *scope, struct error *error)
{
    const struct rollout *rollout = &step->core->rollout;
    struct arena *arena = &step->output->arena;
    uint32_t put_back = 0;
    uint32_t too_late = 0;
    for (uint32_t i = 0; i < rollout->target_count; i++) {
        if (!scope_matches(step->core, i, scope)) {
            continue;
        }
        if (may_be_put_back(rollout, i)) {
            emit(step, (struct event){.type = EVENT_TARGET_UNSKIPPED,
                                      .target_unskipped = {i, control->who}});
            put_back++;
        } else {
            too_late += rollout->targets[i].state == TARGET_SKIPPED;
        }
    }
    if (put_back == 0) {
        return unskip_refuse(too_late, error);
    }
    schedule_rebuild(step->schedule); /* what was skipped may have kept its place in line */
    step->output->concerned = put_back;
    step->output->sentence = arena_printf(arena, "%" PRIu32 " target%s put back in the queue",
                                          put_back, plural(put_back));
    if (too_late > 0) {
        step->output->sentence =
            arena_printf(arena, "%s, %" PRIu32 " more can only be taken by the next rollout",
                         step->output->sentence, too_late);
    }
    return 0;
}

/* ---- those that have stopped ---- */

void skips_advance(struct step *step)
{
    const struct rollout *rollout = &step->core->rollout;
    for (uint32_t i = rollout->skip_count; i > 0 && rollout_is_active(rollout); i--) {
        const struct skip skip = rollout->skips[i - 1]; /* it goes meanwhile */
        if (may_be_skipped(&rollout->targets[skip.asked.target])) {
            target_skip(step, skip.asked.target, &skip.asked.who);
        }
    }
}
