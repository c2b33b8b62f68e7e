/* Reasons, composed on demand from the state; see reason.h. */
#include "coordinator/core/view/reason.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "coordinator/core/facts/scope.h"
#include "coordinator/core/facts/wave.h"
#include "coordinator/core/facts/window.h"

static const char *say(const struct core *core, const char *format, ...) PRINTF_LIKE(2, 3);

static const char *say(const struct core *core, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(core->sentence, CORE_SENTENCE_BYTES, format, arguments);
    va_end(arguments);
    return core->sentence;
}

/* ---- waves ---- */

const char *wave_reason(const struct core *core, uint32_t number, uint64_t *until_ms)
{
    const struct wave *wave = &core->rollout.waves[number];
    *until_ms = 0;
    switch (wave->state) {
    case WAVE_AWAITING:
        return say(core, "awaits approval: drover approve --digest %.12s", core->rollout.digest);
    case WAVE_SOAKING: *until_ms = wave->until_ms; return "soaks";
    case WAVE_CHECKING:
        if (wave_checks_failed(wave)) {
            return say(core, "a check is not true on %" PRIu32 " target%s", wave->bad,
                       plural(wave->bad));
        }
        return say(core, "%" PRIu32 " target%s to be checked", wave->unchecked,
                   plural(wave->unchecked));
    case WAVE_RUNNING:
        if (wave->allowed < wave->targets) {
            return say(core, "ramp: %" PRIu32 " of %" PRIu32 " may run", wave->allowed,
                       wave->targets);
        }
        return "";
    default: return "";
    }
}

/* ---- targets ---- */

static const char *window_reason(const struct core *core, const struct target *target,
                                 uint64_t at_ms, uint64_t *until_ms)
{
    const struct rollout *rollout = &core->rollout;
    uint64_t until = windows_open_until(rollout, target->windows, at_ms);
    if (until > 0) {
        return say(core, "takes about %" PRIu64 " s, its window closes in %" PRIu64 " s",
                   path_expected_ms(rollout, target->path) / 1000, (until - at_ms) / 1000);
    }
    uint64_t next = windows_next_open(rollout, target->windows, at_ms);
    *until_ms = next == UINT64_MAX ? 0 : next;
    return "outside its window";
}

const char *target_reason(const struct core *core, uint32_t number, uint64_t at_ms,
                          uint64_t *until_ms)
{
    const struct rollout *rollout = &core->rollout;
    const struct target *target = &rollout->targets[number];
    const struct hold *hold = NULL;
    *until_ms = 0;
    switch ((enum target_state)target->state) {
    case TARGET_SKIPPED: return target->note;
    case TARGET_WAITING:
    case TARGET_POSTPONED: *until_ms = target->not_before_ms; return "tried again";
    case TARGET_PENDING: break;
    default: return "";
    }
    hold = target_hold(core, number, false);
    if (hold != NULL) {
        return say(core, "held by %s: %s", hold->actor, hold->reason);
    }
    if (!target_window_open(rollout, target, at_ms)) {
        return window_reason(core, target, at_ms, until_ms);
    }
    if (target->identity != NUMBER_NONE && rollout->servers.loads[target->identity].over) {
        return say(core, "its server is throttled: %s",
                   rollout->servers.loads[target->identity].reason);
    }
    return "";
}

/* ---- the rollout ---- */

static const char *nobody_works(const struct core *core)
{
    bool connected = false;
    for (uint32_t i = 0; i < core->worker_count; i++) {
        if (core->workers[i].state == WORKER_CONNECTED) {
            return NULL;
        }
        connected = connected || core->workers[i].state == WORKER_DRAINING;
    }
    return connected ? "all workers are draining" : "no worker is connected";
}

static const char *wave_waits(const struct core *core, uint64_t *until_ms)
{
    const struct rollout *rollout = &core->rollout;
    for (uint32_t i = 0; i < rollout->wave_count; i++) {
        const struct wave *wave = &rollout->waves[i];
        if (wave->state == WAVE_AWAITING) {
            return say(core, "wave %s awaits approval: drover approve --digest %.12s",
                       wave->definition.name, rollout->digest);
        }
        if (wave->state == WAVE_SOAKING) {
            *until_ms = wave->until_ms;
            return say(core, "wave %s soaks", wave->definition.name);
        }
    }
    return NULL;
}

/* Counts of what keeps the targets that might run from running, and the first time that one of
 * them goes on. */
struct blocked {
    uint32_t held;
    uint32_t outside;
    uint32_t throttled;
    uint32_t ready;
    uint64_t until_ms;
};

static void blocked_count(const struct core *core, uint64_t at_ms, uint32_t number,
                          struct blocked *blocked)
{
    const struct rollout *rollout = &core->rollout;
    const struct target *target = &rollout->targets[number];
    if (target_hold(core, number, false) != NULL) {
        blocked->held++;
    } else if (!target_window_open(rollout, target, at_ms)) {
        uint64_t next = windows_next_open(rollout, target->windows, at_ms);
        if (next <= at_ms) { /* open, but too short for it */
            next = windows_boundary_ms(rollout, at_ms);
        }
        blocked->outside++;
        blocked->until_ms = next < blocked->until_ms ? next : blocked->until_ms;
    } else if (target->identity != NUMBER_NONE && rollout->servers.loads[target->identity].over) {
        blocked->throttled++;
    } else {
        blocked->ready++;
    }
}

/* Only what was taken aside is looked at, or stands before a throttled server: never more than the
 * waves that run. */
static struct blocked blocked_find(const struct core *core, uint64_t at_ms)
{
    const struct rollout *rollout = &core->rollout;
    struct blocked blocked = {.until_ms = UINT64_MAX};
    for (uint32_t i = 0; i < rollout->waves_started; i++) {
        const struct wave *wave = &rollout->waves[i];
        for (uint32_t j = 0; wave->state == WAVE_RUNNING && j < wave->allowed; j++) {
            uint32_t number = rollout->wave_order[wave->first + j];
            if (rollout->targets[number].state == TARGET_PENDING) {
                blocked_count(core, at_ms, number, &blocked);
            }
            if (blocked.ready > 0) {
                return blocked;
            }
        }
    }
    return blocked;
}

static const char *targets_wait(const struct core *core, uint64_t at_ms, uint64_t *until_ms)
{
    struct blocked blocked = blocked_find(core, at_ms);
    if (blocked.ready > 0 || blocked.held + blocked.outside + blocked.throttled == 0) {
        return NULL;
    }
    *until_ms = blocked.until_ms == UINT64_MAX ? 0 : blocked.until_ms;
    if (blocked.outside > 0) {
        return say(core, "outside window: %" PRIu32 " target%s wait", blocked.outside,
                   plural(blocked.outside));
    }
    if (blocked.throttled > 0) {
        return say(core, "throttled: %" PRIu32 " target%s wait", blocked.throttled,
                   plural(blocked.throttled));
    }
    return say(core, "held: %" PRIu32 " target%s wait", blocked.held, plural(blocked.held));
}

const char *rollout_reason(const struct core *core, uint64_t at_ms, uint64_t *until_ms, bool *idle)
{
    const struct rollout *rollout = &core->rollout;
    const char *reason = NULL;
    *until_ms = 0;
    *idle = false;
    if (rollout->state == ROLLOUT_FAILED && rollout->target_count == 0) {
        if (rollout->sources_failed == 0 && rollout->policy.where[0] != '\0') {
            return say(core, "no target of the fleet matches %s", rollout->policy.where);
        }
        return rollout->sources_failed > 0 ? "no discovery succeeded, the fleet has no targets"
                                           : "the fleet has no targets";
    }
    if (rollout->state == ROLLOUT_PAUSED || rollout->state >= ROLLOUT_CANCELLING ||
        rollout->state == ROLLOUT_CLOSED || rollout->state == ROLLOUT_NONE) {
        return rollout->reason;
    }
    bool busy = core->jobs.live > core->jobs.probes || rollout->counts[TARGET_WAITING] > 0 ||
                rollout->counts[TARGET_POSTPONED] > 0 || rollout->sources_open > 0;
    if (rollout->state == ROLLOUT_DEPLOYING && !busy) {
        reason = wave_waits(core, until_ms);
        if (reason == NULL) {
            reason = targets_wait(core, at_ms, until_ms);
        }
        *idle = reason != NULL;
    }
    if (reason == NULL) {
        reason = nobody_works(core);
    }
    return reason != NULL ? reason : "";
}
