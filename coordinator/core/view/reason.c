/* Reasons, composed on demand from the state; see reason.h. */
#include "coordinator/core/view/reason.h"

#include <inttypes.h>

#include "coordinator/core/facts/outage.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/scope.h"
#include "coordinator/core/facts/wave.h"
#include "coordinator/core/facts/window.h"

/* ---- waves ---- */

struct wait core_wave_reason(const struct core *core, size_t number, struct arena *arena)
{
    const struct wave *wave = &core->rollout.waves[number];
    struct wait wait = {.reason = ""};
    switch (wave->state) {
    case WAVE_AWAITING:
        wait.reason = arena_printf(arena, "awaits approval: drover approve --digest %.12s",
                                   core->rollout.digest);
        break;
    case WAVE_SOAKING: return (struct wait){"soaks", wave->until_ms, false};
    case WAVE_CHECKING:
        wait.reason = wave_checks_failed(wave)
                          ? arena_printf(arena, "a check is not true on %" PRIu32 " target%s",
                                         wave->bad, plural(wave->bad))
                          : arena_printf(arena, "%" PRIu32 " target%s to be checked",
                                         wave->unchecked, plural(wave->unchecked));
        break;
    case WAVE_RUNNING:
        if (wave->counts.allowed < wave->counts.targets) {
            wait.reason = arena_printf(arena, "ramp: %" PRIu32 " of %" PRIu32 " may run",
                                       wave->counts.allowed + wave->ahead, wave->counts.targets);
        }
        break;
    default: break;
    }
    return wait;
}

/* ---- targets ---- */

static struct wait window_reason(const struct core *core, const struct target *target,
                                 struct arena *arena)
{
    const struct rollout *rollout = &core->rollout;
    uint64_t at_ms = core->now_ms;
    uint64_t until = windows_open_until(rollout, target->windows, at_ms);
    if (until > 0) {
        return (struct wait){
            .reason = arena_printf(
                arena, "takes about %" PRIu64 " s, its window closes in %" PRIu64 " s",
                path_expected_ms(rollout, target->path) / 1000, (until - at_ms) / 1000)};
    }
    uint64_t next = windows_next_open(rollout, target->windows, at_ms);
    return (struct wait){.reason = "outside its window", .until_ms = next == UINT64_MAX ? 0 : next};
}

/* Why a target that might run does not. */
static struct wait pending_reason(const struct core *core, uint32_t number, struct arena *arena)
{
    const struct rollout *rollout = &core->rollout;
    const struct target *target = &rollout->targets[number];
    const struct hold *hold = target_hold(core, number, false);
    struct wait wait = {.reason = ""};
    if (hold != NULL) {
        const struct who *who = &hold->status.who;
        wait.reason = arena_printf(arena, "held by %s: %s", who->actor, who->reason);
    } else if (!target_window_open(core, number, core->now_ms)) {
        wait = window_reason(core, target, arena);
    } else if (target_is_throttled(rollout, target)) {
        wait.reason = arena_printf(arena, "its server is throttled: %s",
                                   rollout->servers.loads[target->identity].verdict.reason);
    } else if (wave_is_active(&rollout->waves[target->wave - 1]) &&
               target_is_exclusive(rollout, target)) {
        wait.reason = "one at a time on its server: its revisions change rows that others share";
    }
    return wait;
}

/* A target that waits for its server to be reached. */
static struct wait outage_reason(const struct rollout *rollout, const struct target *target)
{
    const struct server *server = &rollout->servers.items[target->server];
    return (struct wait){.reason = "its server cannot be reached, it is waited for",
                         .until_ms = server->ask.until_ms};
}

static struct wait running_reason(const struct rollout *rollout, uint32_t number,
                                  struct arena *arena)
{
    const struct skip *skip = rollout_skip_find(rollout, number);
    return (struct wait){
        .reason = skip == NULL ? ""
                               : arena_printf(arena, "told to stop, and skipped then by %s: %s",
                                              skip->asked.who.actor, skip->asked.who.reason)};
}

struct wait core_target_reason(const struct core *core, size_t number, struct arena *arena)
{
    const struct target *target = &core->rollout.targets[number];
    if (rollout_is_active(&core->rollout) && server_is_down(&core->rollout, target->server) &&
        target_awaits_server(&core->rollout, (uint32_t)number)) {
        return outage_reason(&core->rollout, target);
    }
    switch (target->state) {
    case TARGET_GONE:
    case TARGET_SKIPPED: return (struct wait){.reason = arena_strdup(arena, target->note)};
    case TARGET_WAITING:
    case TARGET_POSTPONED:
        return (struct wait){.reason = "tried again", .until_ms = target->trial.not_before_ms};
    case TARGET_PENDING: return pending_reason(core, (uint32_t)number, arena);
    case TARGET_INSPECTING:
    case TARGET_RUNNING: return running_reason(&core->rollout, (uint32_t)number, arena);
    default: return (struct wait){.reason = ""};
    }
}

/* ---- the rollout ---- */

static const char *nobody_works(const struct core *core)
{
    bool connected = false;
    for (uint32_t i = 0; i < core->worker_count; i++) {
        if (core->workers[i].state == WORKER_CONNECTED) {
            return "";
        }
        connected = connected || core->workers[i].state == WORKER_DRAINING;
    }
    return connected ? "all workers are draining" : "no worker is connected";
}

/* The first wave that waits for somebody or for time. */
static struct wait wave_waits(const struct core *core, struct arena *arena)
{
    const struct rollout *rollout = &core->rollout;
    for (uint32_t i = 0; i < rollout->wave_count; i++) {
        const struct wave *wave = &rollout->waves[i];
        if (wave->state == WAVE_AWAITING || wave->state == WAVE_SOAKING) {
            struct wait wait = core_wave_reason(core, i, arena);
            wait.reason = arena_printf(arena, "wave %s %s", wave->definition.name, wait.reason);
            return wait;
        }
    }
    return (struct wait){.reason = ""};
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

static void blocked_count(const struct core *core, uint32_t number, struct blocked *blocked)
{
    const struct rollout *rollout = &core->rollout;
    const struct target *target = &rollout->targets[number];
    uint64_t at_ms = core->now_ms;
    if (target_hold(core, number, false) != NULL) {
        blocked->held++;
    } else if (!target_window_open(core, number, at_ms)) {
        uint64_t next = windows_next_open(rollout, target->windows, at_ms);
        if (next <= at_ms) { /* open, but too short for it */
            next = windows_boundary_ms(rollout, at_ms);
        }
        blocked->outside++;
        blocked->until_ms = next < blocked->until_ms ? next : blocked->until_ms;
    } else if (target_is_throttled(rollout, target)) {
        blocked->throttled++;
    } else {
        blocked->ready++;
    }
}

/* Only what was taken aside is looked at, or stands before a throttled server: never more than the
 * waves that run. */
static struct blocked blocked_find(const struct core *core)
{
    const struct rollout *rollout = &core->rollout;
    struct blocked blocked = {.until_ms = UINT64_MAX};
    for (uint32_t i = 0; i < rollout->waves_started; i++) {
        const struct wave *wave = &rollout->waves[i];
        uint32_t end = wave->ahead > 0 ? wave->counts.targets : wave->counts.allowed;
        for (uint32_t j = 0; wave->state == WAVE_RUNNING && j < end; j++) {
            uint32_t number = rollout->wave_order[wave->first + j];
            const struct target *target = &rollout->targets[number];
            bool may_run = j < wave->counts.allowed || target->ahead;
            if (may_run && target->state == TARGET_PENDING) {
                blocked_count(core, number, &blocked);
            }
            if (blocked.ready > 0) {
                return blocked;
            }
        }
    }
    return blocked;
}

static struct wait targets_wait(const struct core *core, struct arena *arena)
{
    struct blocked blocked = blocked_find(core);
    struct wait wait = {.reason = ""};
    if (blocked.ready > 0 || blocked.held + blocked.outside + blocked.throttled == 0) {
        return wait;
    }
    wait.until_ms = blocked.until_ms == UINT64_MAX ? 0 : blocked.until_ms;
    const char *what = "held";
    uint32_t count = blocked.held;
    if (blocked.outside > 0) {
        what = "outside window";
        count = blocked.outside;
    } else if (blocked.throttled > 0) {
        what = "throttled";
        count = blocked.throttled;
    }
    wait.reason = arena_printf(arena, "%s: %" PRIu32 " target%s wait", what, count, plural(count));
    return wait;
}

static const char *no_targets(const struct rollout *rollout, struct arena *arena)
{
    if (rollout->sources_failed > 0) {
        return "no discovery succeeded, the fleet has no targets";
    }
    return rollout->policy.request.where[0] != '\0'
               ? arena_printf(arena, "no target of the fleet matches %s",
                              rollout->policy.request.where)
               : "the fleet has no targets";
}

/* Stopped by a person, or over. */
static bool rollout_says_why(const struct rollout *rollout)
{
    return rollout->state == ROLLOUT_PAUSED || rollout->state == ROLLOUT_CLOSED ||
           rollout->state >= ROLLOUT_CANCELLING;
}

static bool rollout_is_busy(const struct core *core)
{
    const struct rollout *rollout = &core->rollout;
    return core->jobs.live > core->jobs.probes || rollout->counts[TARGET_WAITING] > 0 ||
           rollout->counts[TARGET_POSTPONED] > 0 || rollout->sources_open > 0;
}

/* Nothing runs but what asks for servers that nobody reaches. */
static struct wait outages_wait(const struct core *core, struct arena *arena)
{
    const struct servers *servers = &core->rollout.servers;
    struct wait wait = {.reason = ""};
    const struct server *first = NULL;
    uint32_t asking = 0;
    for (uint32_t i = 0; servers->down > 0 && i < servers->count; i++) {
        const struct server *server = &servers->items[i];
        if (server_is_down(&core->rollout, i)) {
            first = first == NULL ? server : first;
            asking += server->job != 0;
            wait.until_ms =
                server->ask.until_ms > wait.until_ms ? server->ask.until_ms : wait.until_ms;
        }
    }
    if (first == NULL || core->jobs.live > core->jobs.probes + asking) {
        return (struct wait){.reason = ""};
    }
    wait.reason =
        servers->down == 1
            ? arena_printf(arena, "%s cannot be reached, it is waited for", first->key)
            : arena_printf(arena, "%" PRIu32 " servers cannot be reached, they are waited for",
                           servers->down);
    return wait;
}

struct wait core_rollout_reason(const struct core *core, struct arena *arena)
{
    const struct rollout *rollout = &core->rollout;
    struct wait wait = {.reason = ""};
    if (rollout->state == ROLLOUT_NONE) {
        return wait;
    }
    if (rollout->state == ROLLOUT_FAILED && rollout->target_count == 0) {
        wait.reason = no_targets(rollout, arena);
        return wait;
    }
    if (rollout->pause.until_resumed) {
        wait.reason = arena_printf(arena, "paused by %s%s%s", rollout->pause.paused_by,
                                   rollout->reason[0] != '\0' ? ": " : "", rollout->reason);
        return wait;
    }
    if (rollout_says_why(rollout)) {
        wait.reason = arena_strdup(arena, rollout->reason);
        return wait;
    }
    bool open = rollout->state == ROLLOUT_GATE || rollout->state == ROLLOUT_DEPLOYING;
    if (open && !rollout_is_busy(core)) {
        wait = wave_waits(core, arena);
        if (wait.reason[0] == '\0') {
            wait = targets_wait(core, arena);
        }
        wait.idle = wait.reason[0] != '\0';
    }
    if (wait.reason[0] == '\0') {
        wait.reason = nobody_works(core);
    }
    if (wait.reason[0] == '\0') {
        wait = outages_wait(core, arena);
    }
    return wait;
}
