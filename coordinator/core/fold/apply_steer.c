/* What keeps targets from running: windows, throttles, holds, limits, failures that repeat. */
#include "coordinator/core/fold/apply_steer.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"
#include "common/base/impossible.h"
#include "coordinator/core/facts/intern.h"
#include "coordinator/core/fold/apply.h"
#include "coordinator/core/fold/apply_job.h"
#include "coordinator/core/fold/named.h"
#include "coordinator/core/order/schedule.h"

/* ---- windows ---- */

void apply_window_defined(struct core *core, const struct event *event)
{
    const struct window_definition *defined = &event->window_defined.window;
    struct rollout *rollout = &core->rollout;
    INVARIANT(rollout->window_count < CORE_WINDOWS_MAX);
    INVARIANT_THAT(rollout->target_count == 0,
                   "a window is defined after %u targets, which do not "
                   "know it",
                   rollout->target_count);
    rollout->windows = array_room(rollout->windows, rollout->window_count,
                                  &rollout->window_capacity, sizeof *rollout->windows);
    struct window *window = &rollout->windows[rollout->window_count++];
    *window = (struct window){.selector = selector_of(&rollout->intern, defined->select)};
    layout_copy(window_definition_layout(), &rollout->intern.arena, defined, &window->definition);
}

uint32_t windows_of(const struct rollout *rollout, struct texts labels)
{
    uint32_t windows = 0;
    for (uint32_t i = 0; i < rollout->window_count; i++) {
        if (selector_matches_labels(rollout->windows[i].selector, labels)) {
            windows |= UINT32_C(1) << i;
        }
    }
    return windows;
}

void apply_window_scheduled(struct core *core, const struct event *event)
{
    const struct event_window_scheduled *scheduled = &event->window_scheduled;
    INVARIANT_THAT(scheduled->window < core->rollout.window_count, "window %u of %u",
                   scheduled->window, core->rollout.window_count);
    core->rollout.windows[scheduled->window].opening = scheduled->opening;
    schedule_windows_changed(core->schedule);
}

/* ---- throttles ---- */

void apply_throttle_defined(struct core *core, const struct event *event)
{
    struct rollout *rollout = &core->rollout;
    rollout->throttles = array_room(rollout->throttles, rollout->throttle_count,
                                    &rollout->throttle_capacity, sizeof *rollout->throttles);
    struct throttle *throttle = &rollout->throttles[rollout->throttle_count++];
    layout_copy(throttle_definition_layout(), &rollout->intern.arena,
                &event->throttle_defined.throttle, &throttle->definition);
    throttle->limit = strtod(throttle->definition.threshold, NULL);
}

void apply_server_probed(struct core *core, const struct event *event)
{
    const struct event_server_probed *probed = &event->server_probed;
    struct load *load = load_at(core, probed->identity);
    job_end(core, probed->job, event->type);
    load->probed_ms = event->at_ms;
    load->verdict = probed->verdict;
    intern_record(&core->rollout.intern, probe_verdict_layout(), &load->verdict);
    schedule_server_changed(core->schedule, probed->identity);
}

/* ---- holds and limits ---- */

void apply_hold_placed(struct core *core, const struct event *event)
{
    const struct event_hold_placed *placed = &event->hold_placed;
    struct rollout *rollout = &core->rollout;
    struct intern *intern = &rollout->intern;
    rollout->holds = array_room(rollout->holds, rollout->hold_count, &rollout->hold_capacity,
                                sizeof *rollout->holds);
    struct hold *hold = &rollout->holds[rollout->hold_count++];
    *hold = (struct hold){.status = placed->hold,
                          .selector = selector_of(intern, placed->hold.scope),
                          .now = placed->now};
    hold->status.since_ms = event->at_ms;
    intern_record(intern, hold_status_layout(), &hold->status);
}

void apply_hold_lifted(struct core *core, const struct event *event)
{
    struct rollout *rollout = &core->rollout;
    uint32_t hold = event->hold_lifted.hold;
    INVARIANT_THAT(hold < rollout->hold_count, "hold %u of %u", hold, rollout->hold_count);
    rollout->hold_count--;
    memmove(&rollout->holds[hold], &rollout->holds[hold + 1],
            (rollout->hold_count - hold) * sizeof *rollout->holds);
    schedule_unpark(core->schedule);
}

void apply_safeguard_overridden(struct core *core, const struct event *event)
{
    const struct event_safeguard_overridden *overridden = &event->safeguard_overridden;
    struct rollout *rollout = &core->rollout;
    struct intern *intern = &rollout->intern;
    rollout->overrides = array_room(rollout->overrides, rollout->override_count,
                                    &rollout->override_capacity, sizeof *rollout->overrides);
    struct override *override = &rollout->overrides[rollout->override_count++];
    *override = (struct override){.status = overridden->override,
                                  .selector = selector_of(intern, overridden->override.scope),
                                  .servers = intern_set(intern, overridden->servers)};
    intern_record(intern, override_status_layout(), &override->status);
    override->status.since_ms = event->at_ms;
    schedule_unpark(core->schedule);
    schedule_caps_changed(core->schedule);
}

void apply_safeguard_restored(struct core *core, const struct event *event)
{
    struct rollout *rollout = &core->rollout;
    uint32_t at = event->safeguard_restored.number;
    INVARIANT_THAT(at < rollout->override_count, "override %u of %u", at, rollout->override_count);
    rollout->override_count--;
    memmove(&rollout->overrides[at], &rollout->overrides[at + 1],
            (rollout->override_count - at) * sizeof *rollout->overrides);
    schedule_caps_changed(core->schedule);
}

void apply_limits_set(struct core *core, const struct event *event)
{
    limits_change(&core->rollout.policy.limits, &core->rollout.policy.timeouts,
                  &event->limits_set.limits);
    schedule_caps_changed(core->schedule);
}

void apply_rollback_asked(struct core *core, const struct event *event)
{
    const char *id = event->rollback_asked.rollout;
    bool kept = core->kept.state != ROLLOUT_NONE && strcmp(core->kept.policy.rollout, id) == 0;
    struct rollout *rollout = kept ? &core->kept : &core->rollout;
    if (!kept && id[0] != '\0' && strcmp(rollout->policy.rollout, id) != 0) {
        return; /* it was recalled from the journal, and its rollback follows */
    }
    rollout->rollback_wanted = true;
    rollout->rollback_actor = intern_text(&rollout->intern, event->rollback_asked.who.actor);
    rollout->rollback_reason = intern_text(&rollout->intern, event->rollback_asked.who.reason);
    rollout->rollback_bundle = intern_text(&rollout->intern, event->rollback_asked.bundle);
}

/* ---- the brake ---- */

static struct brake *brake_find(struct rollout *rollout, const char *key)
{
    for (uint32_t i = 0; i < rollout->brake_count; i++) {
        if (strcmp(rollout->brakes[i].key, key) == 0) {
            return &rollout->brakes[i];
        }
    }
    rollout->brakes = array_room(rollout->brakes, rollout->brake_count, &rollout->brake_capacity,
                                 sizeof *rollout->brakes);
    struct brake *brake = &rollout->brakes[rollout->brake_count++];
    *brake = (struct brake){.key = intern_text(&rollout->intern, key)};
    return brake;
}

/* Servers are told apart by identity, and by "host:port" while that is not known. */
static const char *server_name(const struct servers *servers, const struct target *target)
{
    return target->identity != NUMBER_NONE ? servers->loads[target->identity].identity
                                           : servers->items[target->server].key;
}

void brake_count(struct rollout *rollout, const struct target *target,
                 const struct event_target_failed *failed)
{
    struct buffer key = {0};
    buffer_printf(&key, "%s %s",
                  failed->failure.sqlstate[0] != '\0' ? failed->failure.sqlstate
                                                      : failure_cause_word(failed->failure.cause),
                  failed->failure.location);
    struct brake *brake = brake_find(rollout, buffer_text(&key));
    buffer_free(&key);
    const struct texts *known = &brake->servers;
    const char *name = server_name(&rollout->servers, target);
    if (known->count == CORE_BRAKE_SERVERS || texts_hold(*known, name)) {
        return;
    }
    const char **names = arena_array(&rollout->intern.arena, CORE_BRAKE_SERVERS, sizeof *names);
    for (size_t i = 0; i < known->count; i++) {
        names[i] = known->items[i];
    }
    names[known->count] = name;
    brake->servers = (struct texts){names, known->count + 1};
}
