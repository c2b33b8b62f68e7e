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
#include "coordinator/core/decide/timeline.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/scope.h"
#include "coordinator/core/facts/wave.h"
#include "coordinator/core/facts/window.h"

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

/* Whether each of those that may run is over or stands still. Looked at only when little runs but
 * what asks for servers that are down. */
static bool step_rests(const struct rollout *rollout, const struct wave *wave)
{
    uint32_t open = wave->open;
    if (rollout->counts[TARGET_RUNNING] > rollout->servers.down) {
        return open == 0;
    }
    uint32_t end = wave->ahead > 0 ? wave->counts.targets : wave->counts.allowed;
    for (uint32_t i = 0; open > 0 && i < end; i++) {
        const struct target *target = &rollout->targets[rollout->wave_order[wave->first + i]];
        if (target_is_open(target) && (i < wave->counts.allowed || target->ahead)) {
            if (!target_stands_still(rollout, target)) {
                return false;
            }
            open--;
        }
    }
    return open == 0;
}

/* Lets up to `missing` targets run ahead of their step, which stand on servers that get on; whether
 * there was one. */
static bool step_fill(struct step *step, uint32_t number, uint32_t missing)
{
    const struct rollout *rollout = &step->core->rollout;
    const struct wave *wave = &rollout->waves[number];
    bool filled = false;
    for (uint32_t i = wave->counts.allowed; missing > 0 && i < wave->counts.targets; i++) {
        uint32_t target = rollout->wave_order[wave->first + i];
        const struct target *next = &rollout->targets[target];
        if (next->state == TARGET_PENDING && !next->ahead && !target_stands_still(rollout, next) &&
            target_hold(step->core, target, false) == NULL &&
            target_window_open(step->core, target, step->at_ms)) {
            emit(step, (struct event){.type = EVENT_WAVE_FILLED, .wave_filled = {number, target}});
            filled = true;
            missing--;
        }
    }
    return filled;
}

/* The next steps of the ramp, past those that let nothing new run. A step is done when as many
 * targets are over as it lets run; for those that stand still others run in their place, so that
 * never more than the step's size get on at once but for them. */
static void wave_ramp(struct step *step, uint32_t number)
{
    const struct rollout *rollout = &step->core->rollout;
    const struct wave *wave = &rollout->waves[number];
    while (wave->state == WAVE_RUNNING && wave->counts.allowed < wave->counts.targets &&
           step_rests(rollout, wave)) {
        uint32_t over = wave->counts.allowed + wave->ahead - wave->open;
        if (over < wave->counts.allowed) {
            if (!step_fill(step, number, wave->counts.allowed - over)) {
                return;
            }
            continue;
        }
        uint32_t next = ramp_allowed(wave, wave->ramped + 1);
        uint32_t allowed = next > wave->counts.allowed ? next : wave->counts.allowed;
        emit(step, (struct event){.type = EVENT_WAVE_RAMPED,
                                  .wave_ramped = {.wave = number, .allowed = allowed}});
    }
}

/* How many of the wave's good targets are checked. */
static uint32_t sample_size(const struct wave *wave)
{
    uint32_t good = wave->counts.deployed + wave->counts.unchanged;
    uint32_t wanted = share_taken(wave->definition.sample, good);
    return wanted > 0 && wanted < good ? wanted : good;
}

/* Comes again until its servers are heard from. */
static void wave_finish(struct step *step, uint32_t number)
{
    if (wave_timelines_known(step, &step->core->rollout.waves[number])) {
        emit(step, (struct event){.type = EVENT_WAVE_FINISHED, .wave_finished = {number}});
    }
}

static void wave_check(struct step *step, uint32_t number)
{
    emit(step, (struct event){
                   .type = EVENT_WAVE_CHECKING,
                   .wave_checking = {.wave = number,
                                     .targets = sample_size(&step->core->rollout.waves[number])}});
}

/* On to its checks, if it has any; a target has one check at a time. */
static void wave_soaked(struct step *step, uint32_t number)
{
    const struct rollout *rollout = &step->core->rollout;
    const struct wave *wave = &rollout->waves[number];
    if (wave->definition.checks.count == 0) {
        wave_finish(step, number);
    } else if (!wave_timelines_asked(step, wave)) {
        wave_check(step, number);
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
        rollout_timelines_known(step) && (trouble || !late_advance(step))) {
        rollout_end(step);
    }
}
