/* Openings and what follows from several of them; see window.h. */
#include "coordinator/core/facts/window.h"

#include "coordinator/core/facts/override.h"
#include "coordinator/core/facts/rollout.h"

static bool window_known(const struct window *window, uint64_t at_ms)
{
    return window->opening.closes_ms > at_ms;
}

static bool window_active(const struct window *window, uint64_t at_ms)
{
    return window->opening.opens_ms <= at_ms && at_ms < window->opening.closes_ms;
}

static bool selected(uint32_t windows, uint32_t number)
{
    return (windows >> number & 1) != 0;
}

/* How far allow windows that follow each other without a gap reach. */
static uint64_t allowed_until(const struct rollout *rollout, uint32_t windows, uint64_t at_ms)
{
    bool any = false;
    uint64_t until = at_ms;
    for (bool grew = true; grew;) {
        grew = false;
        for (uint32_t i = 0; i < rollout->window_count; i++) {
            const struct window *window = &rollout->windows[i];
            if (!selected(windows, i) || window->definition.deny) {
                continue;
            }
            any = true;
            if (window_active(window, until)) {
                until = window->opening.closes_ms;
                grew = true;
            }
        }
    }
    if (!any) {
        return UINT64_MAX;
    }
    return until > at_ms ? until : 0;
}

uint64_t windows_open_until(const struct rollout *rollout, uint32_t windows, uint64_t at_ms)
{
    uint64_t until = allowed_until(rollout, windows, at_ms);
    for (uint32_t i = 0; i < rollout->window_count; i++) {
        const struct window *window = &rollout->windows[i];
        if (!selected(windows, i) || !window->definition.deny) {
            continue;
        }
        if (!window_known(window, at_ms) || window_active(window, at_ms)) {
            return 0;
        }
        until = window->opening.opens_ms < until ? window->opening.opens_ms : until;
    }
    return until;
}

/* Whether it likely may run at a later time: a deny window that is over by then says no more. */
static bool opens_at(const struct rollout *rollout, uint32_t windows, uint64_t at_ms)
{
    for (uint32_t i = 0; i < rollout->window_count; i++) {
        const struct window *window = &rollout->windows[i];
        if (selected(windows, i) && window->definition.deny && window_active(window, at_ms)) {
            return false;
        }
    }
    return allowed_until(rollout, windows, at_ms) > 0;
}

uint64_t windows_next_open(const struct rollout *rollout, uint32_t windows, uint64_t at_ms)
{
    if (windows_open_until(rollout, windows, at_ms) > 0) {
        return at_ms;
    }
    uint64_t next = UINT64_MAX;
    for (uint32_t i = 0; i < rollout->window_count; i++) {
        const struct window *window = &rollout->windows[i];
        uint64_t candidate =
            window->definition.deny ? window->opening.closes_ms : window->opening.opens_ms;
        if (selected(windows, i) && candidate > at_ms && candidate < next &&
            candidate != UINT64_MAX && opens_at(rollout, windows, candidate)) {
            next = candidate;
        }
    }
    return next;
}

bool windows_overrun(const struct rollout *rollout, uint32_t windows)
{
    for (uint32_t i = 0; i < rollout->window_count; i++) {
        if (selected(windows, i) && !rollout->windows[i].definition.sync_overrun) {
            return false;
        }
    }
    return true;
}

uint64_t windows_boundary_ms(const struct rollout *rollout, uint64_t at_ms)
{
    uint64_t boundary = UINT64_MAX;
    for (uint32_t i = 0; i < rollout->window_count; i++) {
        const struct window *window = &rollout->windows[i];
        uint64_t next =
            window->opening.opens_ms > at_ms ? window->opening.opens_ms : window->opening.closes_ms;
        if (next > at_ms && next < boundary) {
            boundary = next;
        }
    }
    return boundary;
}

static uint64_t path_measured_ms(const struct path *path)
{
    if (path->measured == 0) {
        return 0;
    }
    uint64_t twice = 2 * path->elapsed_sum_ms / path->measured;
    return twice < path->elapsed_max_ms ? twice : path->elapsed_max_ms;
}

uint64_t path_expected_ms(const struct rollout *rollout, uint32_t number)
{
    uint64_t expected = path_measured_ms(&rollout->paths[number]);
    for (uint32_t i = 0; rollout->paths[number].measured == 0 && i < rollout->path_count; i++) {
        uint64_t other = path_measured_ms(&rollout->paths[i]);
        expected = other > expected ? other : expected;
    }
    return expected;
}

bool windows_apply(const struct rollout *rollout)
{
    return rollout->window_count > 0 && rollout->policy.request.purpose == PURPOSE_DEPLOY &&
           !rollout_is_rollback(rollout);
}

/* Whether no window concerns it. */
static bool target_is_free(const struct core *core, uint32_t number)
{
    return core->rollout.targets[number].windows == 0 || !windows_apply(&core->rollout) ||
           target_windows_overridden(core, number);
}

bool target_window_open(const struct core *core, uint32_t number, uint64_t at_ms)
{
    const struct rollout *rollout = &core->rollout;
    const struct target *target = &rollout->targets[number];
    if (target_is_free(core, number)) {
        return true;
    }
    uint64_t until = windows_open_until(rollout, target->windows, at_ms);
    if (until == 0) {
        return false;
    }
    uint64_t expected = target->path != NUMBER_NONE ? path_expected_ms(rollout, target->path) : 0;
    return until - at_ms >= expected || windows_overrun(rollout, target->windows);
}

bool target_is_outside(const struct core *core, uint32_t number, uint64_t at_ms)
{
    uint32_t windows = core->rollout.targets[number].windows;
    return !target_is_free(core, number) &&
           windows_open_until(&core->rollout, windows, at_ms) == 0 &&
           !windows_overrun(&core->rollout, windows);
}
