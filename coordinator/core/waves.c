/* Waves: one after the other, as long as the budget of failures is kept. */
#include <stdio.h>

#include "coordinator/core/step.h"

enum { SENTENCE_BYTES = 256 };

void wave_check(struct step *step, uint32_t number)
{
    const struct wave *wave = &step->core->rollout.waves[number];
    if (wave->state == WAVE_RUNNING && wave_open(wave) == 0) {
        emit(step, (struct event){.type = EVENT_WAVE_FINISHED, .wave_finished = {number}});
    }
}

static void wave_start(struct step *step, uint32_t number)
{
    uint32_t targets = step->core->rollout.waves[number].targets;
    emit(step, (struct event){.type = EVENT_WAVE_STARTED,
                              .wave_started = {.wave = number, .targets = targets}});
    wave_check(step, number);
}

/* Too many failed while others are still to come. */
static void budget_exceeded(struct step *step)
{
    const struct rollout *rollout = &step->core->rollout;
    char sentence[SENTENCE_BYTES];
    uint32_t failed = rollout->counts[TARGET_FAILED];
    uint32_t allowed = rollout_allowed_failures(rollout);
    (void)snprintf(sentence, sizeof sentence,
                   "%u target%s failed, %u allowed: `drover retry` tries again, "
                   "`drover resume` goes on without",
                   failed, failed == 1 ? "" : "s", allowed);
    if (rollout->policy.on_failure == CORE_ON_FAILURE_CANCEL) {
        (void)snprintf(sentence, sizeof sentence, "%u target%s failed, %u allowed", failed,
                       failed == 1 ? "" : "s", allowed);
        rollout_cancel(step, "drover", sentence);
        return;
    }
    emit(step, (struct event){.type = EVENT_ROLLOUT_PAUSED,
                              .rollout_paused = {.actor = "drover", .reason = sentence}});
}

void waves_advance(struct step *step)
{
    const struct rollout *rollout = &step->core->rollout;
    bool over_budget = rollout_is_over_budget(rollout);
    if (over_budget && rollout->state == ROLLOUT_DEPLOYING && rollout_open_deploys(rollout) > 0) {
        budget_exceeded(step);
        return;
    }
    while (!over_budget && rollout_is_running(rollout) && rollout->waves_running == 0 &&
           rollout->waves_started < rollout->wave_count) {
        wave_start(step, rollout->waves_started);
    }
    if (rollout_open_deploys(rollout) == 0) {
        bool good = rollout->counts[TARGET_FAILED] == 0 && rollout->counts[TARGET_REFUSED] == 0;
        rollout_finish(step, good ? ROLLOUT_SUCCEEDED : ROLLOUT_FAILED);
    }
}
