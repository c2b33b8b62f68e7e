/* Waves: one after the other, as long as the budgets of failures are kept. Before a wave somebody
 * may have to approve it; inside it a ramp lets more and more targets run; after it time passes and
 * checks must be true. */
#include "coordinator/core/decide/waves.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/core/decide/emit.h"
#include "coordinator/core/decide/end.h"
#include "coordinator/core/decide/late_targets.h"
#include "coordinator/core/decide/step.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/wave.h"

enum { SENTENCE_BYTES = 512 };

/* ---- a wave that runs ---- */

/* How many targets may run at the given step of the ramp: "5" or "20%"; all after its last. */
static uint32_t ramp_allowed(const struct wave *wave, uint32_t at)
{
    struct texts ramp = wave->definition.ramp;
    if (at >= ramp.count) {
        return wave->counts.targets;
    }
    uint32_t number = 0;
    const char *text = ramp.items[at];
    while (*text >= '0' && *text <= '9' && number < UINT32_MAX / 16) {
        number = number * 10 + (uint32_t)(*text++ - '0');
    }
    struct share share =
        *text == '%' ? (struct share){.percent = number} : (struct share){.count = number};
    uint32_t allowed = share_taken(share, wave->counts.targets);
    return allowed < wave->counts.targets ? allowed : wave->counts.targets;
}

/* The next steps of the ramp, past those that let nothing new run. */
static void wave_ramp(struct step *step, uint32_t number)
{
    const struct rollout *rollout = &step->core->rollout;
    const struct wave *wave = &rollout->waves[number];
    while (wave->state == WAVE_RUNNING && wave->counts.allowed < wave->counts.targets &&
           wave->open == 0) {
        emit(step,
             (struct event){
                 .type = EVENT_WAVE_RAMPED,
                 .wave_ramped = {.wave = number, .allowed = ramp_allowed(wave, wave->ramped + 1)}});
    }
}

/* How many of the wave's good targets are checked. */
static uint32_t sample_size(const struct wave *wave)
{
    uint32_t good = wave->counts.deployed + wave->counts.unchanged;
    uint32_t wanted = share_taken(wave->definition.sample, good);
    return wanted > 0 && wanted < good ? wanted : good;
}

static void wave_finish(struct step *step, uint32_t number)
{
    emit(step, (struct event){.type = EVENT_WAVE_FINISHED, .wave_finished = {number}});
}

static void wave_check(struct step *step, uint32_t number)
{
    emit(step, (struct event){
                   .type = EVENT_WAVE_CHECKING,
                   .wave_checking = {.wave = number,
                                     .targets = sample_size(&step->core->rollout.waves[number])}});
}

/* On to its checks, if it has any. */
static void wave_soaked(struct step *step, uint32_t number)
{
    const struct rollout *rollout = &step->core->rollout;
    if (rollout->waves[number].definition.checks.count > 0) {
        wave_check(step, number);
    } else {
        wave_finish(step, number);
    }
}

/* A wave in which nothing was deployed has nothing to wait for. */
static void wave_drained(struct step *step, uint32_t number)
{
    const struct rollout *rollout = &step->core->rollout;
    const struct wave *wave = &rollout->waves[number];
    if (wave->counts.deployed > 0 && wave->definition.soak_ms > 0) {
        emit(step,
             (struct event){.type = EVENT_WAVE_SOAKING,
                            .wave_soaking = {.wave = number,
                                             .until_ms = step->at_ms + wave->definition.soak_ms}});
    } else if (wave->counts.deployed > 0) {
        wave_soaked(step, number);
    } else {
        wave_finish(step, number);
    }
}

static void wave_advance(struct step *step, uint32_t number, bool may_grow)
{
    const struct rollout *rollout = &step->core->rollout;
    const struct wave *wave = &rollout->waves[number];
    if (wave->state == WAVE_RUNNING && may_grow) {
        wave_ramp(step, number);
    }
    if (wave->state == WAVE_RUNNING && wave_open(wave) == 0) {
        wave_drained(step, number);
    }
    if (wave->state == WAVE_SOAKING && step->at_ms >= wave->until_ms) {
        wave_soaked(step, number);
    }
    if (wave->state == WAVE_CHECKING && wave->unchecked == 0 && wave->bad == 0) {
        wave_finish(step, number);
    }
}

/* ---- the next wave ---- */

/* Emits WAVE_AWAITED or WAVE_STARTED; whether the wave began. */
static bool wave_begin(struct step *step, uint32_t number)
{
    const struct rollout *rollout = &step->core->rollout;
    const struct wave *wave = &rollout->waves[number];
    if (wave->definition.approve && !wave->approved && wave_open(wave) > 0) {
        if (wave->state == WAVE_WAITING) {
            emit(step, (struct event){.type = EVENT_WAVE_AWAITED, .wave_awaited = {number}});
        }
        return false;
    }
    emit(step, (struct event){.type = EVENT_WAVE_STARTED,
                              .wave_started = {.wave = number,
                                               .targets = wave->counts.targets,
                                               .allowed = ramp_allowed(wave, 0)}});
    wave_advance(step, number, true);
    return true;
}

static void limit_reached(struct step *step)
{
    const struct rollout *rollout = &step->core->rollout;
    char sentence[SENTENCE_BYTES];
    uint32_t waves = rollout->policy.request.until_wave;
    (void)snprintf(sentence, sizeof sentence,
                   "%" PRIu32 " of %" PRIu32
                   " waves were asked for and are done: `drover resume` goes on with the others",
                   waves, rollout->wave_count);
    emit(step, (struct event){.type = EVENT_ROLLOUT_PAUSED,
                              .rollout_paused = {.who = {"drover", sentence}, .limit = true}});
}

/* ---- too many failures ---- */

/* What is wrong, if anything that stops the rollout is; and whether it did already. */
static bool trouble_find(const struct rollout *rollout, char *sentence)
{
    const struct wave *wave = rollout_wave_over_budget(rollout);
    const struct brake *brake = rollout_brake(rollout);
    uint32_t failed = rollout->counts[TARGET_FAILED];
    if (rollout_is_over_budget(rollout)) {
        (void)snprintf(sentence, SENTENCE_BYTES, "%" PRIu32 " target%s failed, %" PRIu32 " allowed",
                       failed, plural(failed), rollout_allowed_failures(rollout));
        return true;
    }
    if (wave != NULL) {
        (void)snprintf(sentence, SENTENCE_BYTES,
                       "%" PRIu32 " target%s of wave %s failed, %" PRIu32 " allowed",
                       wave->counts.failed, plural(wave->counts.failed), wave->definition.name,
                       wave_allowed_failures(wave));
        return true;
    }
    if (brake != NULL && failed > 0) {
        (void)snprintf(sentence, SENTENCE_BYTES, "the same failure on %d servers (%s)",
                       CORE_BRAKE_SERVERS, brake->key);
        return true;
    }
    return false;
}

/* Pauses, cancels or rolls back, as the configuration says. */
static void trouble_act(struct step *step, const char *what, const char *how_to_go_on)
{
    const struct rollout *rollout = &step->core->rollout;
    enum on_failure wanted = (enum on_failure)rollout->policy.limits.on_failure;
    char sentence[2 * SENTENCE_BYTES];
    if (wanted == ON_FAILURE_PAUSE) {
        (void)snprintf(sentence, sizeof sentence, "%s: %s", what, how_to_go_on);
        emit(step, (struct event){.type = EVENT_ROLLOUT_PAUSED,
                                  .rollout_paused = {.who = {"drover", sentence}}});
        return;
    }
    if (wanted == ON_FAILURE_ROLLBACK) {
        emit(step, (struct event){.type = EVENT_ROLLBACK_ASKED,
                                  .rollback_asked = {.who = {"drover", what}}});
    }
    rollout_cancel(step, "drover", what);
}

/* The checks of a wave are over, and not all true. */
static bool checks_failed(struct step *step)
{
    const struct rollout *rollout = &step->core->rollout;
    for (uint32_t i = 0; i < rollout->waves_started; i++) {
        const struct wave *wave = &rollout->waves[i];
        if (wave_checks_failed(wave)) {
            char sentence[SENTENCE_BYTES];
            (void)snprintf(sentence, sizeof sentence,
                           "a check of wave %s is not true on %" PRIu32 " target%s",
                           wave->definition.name, wave->bad, plural(wave->bad));
            trouble_act(step, sentence, "`drover resume` checks again");
            return true;
        }
    }
    return false;
}

void checks_repeat(struct step *step)
{
    const struct rollout *rollout = &step->core->rollout;
    for (uint32_t i = 0; i < rollout->waves_started; i++) {
        const struct wave *wave = &rollout->waves[i];
        if (wave_checks_failed(wave)) {
            wave_check(step, i);
        }
    }
}

/* ---- the end ---- */

static void rollout_end(struct step *step)
{
    const struct rollout *rollout = &step->core->rollout;
    bool good = rollout->counts[TARGET_FAILED] == 0 && rollout->counts[TARGET_REFUSED] == 0 &&
                rollout->sources_failed == 0;
    rollout_finish(step, good ? ROLLOUT_SUCCEEDED : ROLLOUT_FAILED);
}

void waves_advance(struct step *step)
{
    const struct rollout *rollout = &step->core->rollout;
    char sentence[SENTENCE_BYTES];
    bool trouble = trouble_find(rollout, sentence);
    for (uint32_t i = 0; i < rollout->waves_started; i++) {
        wave_advance(step, i, !trouble && rollout_is_running(rollout));
    }
    /* With nothing left to do there is nothing to pause or cancel, but all to take back. */
    bool matters = rollout_open_deploys(rollout) > 0 ||
                   rollout->policy.limits.on_failure == ON_FAILURE_ROLLBACK;
    if (trouble && rollout->state == ROLLOUT_DEPLOYING && matters) {
        trouble_act(step, sentence, "`drover retry` tries again, `drover resume` goes on without");
        return;
    }
    if (rollout->state == ROLLOUT_DEPLOYING && checks_failed(step)) {
        return;
    }
    bool begun = true;
    while (begun && !trouble && rollout_is_running(rollout) && rollout->waves_running == 0 &&
           rollout->waves_started < rollout->wave_count) {
        uint32_t limit = rollout->policy.request.until_wave;
        if (limit > 0 && rollout->waves_started >= limit && rollout_open_deploys(rollout) > 0) {
            limit_reached(step);
            return;
        }
        begun = wave_begin(step, rollout->waves_started);
    }
    if (rollout_open_deploys(rollout) == 0 && rollout->waves_running == 0 &&
        step->core->jobs.live == 0 && /* a probe or a discovery may be the last */
        (trouble || !late_advance(step))) {
        rollout_end(step);
    }
}
