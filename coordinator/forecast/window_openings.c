/* Walks from edge to edge: between two edges no window opens or closes. */
#include "coordinator/forecast/window_openings.h"

#include <inttypes.h>

#include "common/calendar/calendar.h"
#include "coordinator/core/facts/rollout.h"

#define DAY_MS (UINT64_C(24) * 3600 * 1000)

void openings_read(struct openings *openings, const struct core *core, struct arena *arena)
{
    const struct rollout *rollout = core_rollout(core);
    *openings = (struct openings){.count = rollout->window_count};
    for (size_t i = 0; i < rollout->window_count; i++) {
        const struct window_definition *window = &rollout->windows[i].definition;
        struct error unknown;
        openings->deny[i] = window->deny;
        openings->overrun[i] = window->sync_overrun;
        if (calendar_window_parse(arena, window->schedule, window->duration_ms, window->time_zone,
                                  &openings->windows[i], &unknown) != 0) {
            openings->windows[i] = NULL;
        }
    }
}

void openings_next(const struct openings *openings, uint32_t window, uint64_t at_ms,
                   uint64_t *opens_ms, uint64_t *closes_ms)
{
    *opens_ms = *closes_ms = UINT64_MAX;
    if (openings->windows[window] != NULL) {
        calendar_window_next(openings->windows[window], at_ms, opens_ms, closes_ms);
    }
}

/* Where a walk stands: the present or next opening of each window. */
struct walk {
    const struct openings *openings;
    uint32_t windows;
    uint64_t at_ms;
    struct calendar_walk *calendars[CORE_WINDOWS_MAX]; /* NULL: never opens */
    uint64_t opens_ms[CORE_WINDOWS_MAX];
    uint64_t closes_ms[CORE_WINDOWS_MAX];
};

static bool walk_takes(const struct walk *walk, size_t window)
{
    return (walk->windows >> window & 1) != 0;
}

static void walk_begin(struct walk *walk)
{
    for (size_t i = 0; i < walk->openings->count; i++) {
        const struct calendar_window *window = walk->openings->windows[i];
        walk->calendars[i] =
            walk_takes(walk, i) && window != NULL ? calendar_walk_open(window) : NULL;
        walk->opens_ms[i] = walk->closes_ms[i] = walk->calendars[i] != NULL ? 0 : UINT64_MAX;
    }
}

static void walk_end(struct walk *walk)
{
    for (size_t i = 0; i < walk->openings->count; i++) {
        if (walk->calendars[i] != NULL) {
            calendar_walk_close(walk->calendars[i]);
        }
    }
}

static void walk_look(struct walk *walk)
{
    for (size_t i = 0; i < walk->openings->count; i++) {
        if (walk->closes_ms[i] <= walk->at_ms) {
            calendar_walk_next(walk->calendars[i], walk->at_ms, &walk->opens_ms[i],
                               &walk->closes_ms[i]);
        }
    }
}

static bool walk_is_open(const struct walk *walk)
{
    bool allowed = false;
    bool asks = false;
    for (size_t i = 0; i < walk->openings->count; i++) {
        bool active = walk_takes(walk, i) && walk->opens_ms[i] <= walk->at_ms;
        if (active && walk->openings->deny[i]) {
            return false;
        }
        if (walk_takes(walk, i) && !walk->openings->deny[i]) {
            asks = true;
            allowed = allowed || active;
        }
    }
    return allowed || !asks;
}

static uint64_t walk_next_edge(const struct walk *walk)
{
    uint64_t next = UINT64_MAX;
    for (size_t i = 0; i < walk->openings->count; i++) {
        if (walk_takes(walk, i)) {
            uint64_t edge =
                walk->opens_ms[i] > walk->at_ms ? walk->opens_ms[i] : walk->closes_ms[i];
            next = edge < next ? edge : next;
        }
    }
    return next;
}

bool openings_overrun(const struct openings *openings, uint32_t windows)
{
    for (size_t i = 0; i < openings->count; i++) {
        if ((windows >> i & 1) != 0 && !openings->overrun[i]) {
            return false;
        }
    }
    return true;
}

uint64_t openings_longest(const struct openings *openings, uint32_t windows, uint64_t at_ms,
                          uint64_t enough_ms)
{
    struct walk walk = {.openings = openings, .windows = windows, .at_ms = at_ms};
    uint64_t end_ms = at_ms + OPENINGS_FIRST_DAYS * DAY_MS;
    uint64_t open_since = 0; /* 0: closed */
    uint64_t longest = 0;
    walk_begin(&walk);
    while (longest < enough_ms && (walk.at_ms < end_ms || open_since > 0)) {
        walk_look(&walk);
        uint64_t edge = walk_next_edge(&walk);
        if (!walk_is_open(&walk)) {
            open_since = 0;
        } else {
            open_since = open_since > 0 ? open_since : walk.at_ms;
            end_ms = at_ms + OPENINGS_DAYS * DAY_MS;
            longest = edge - open_since > longest ? edge - open_since : longest;
        }
        if (edge == UINT64_MAX) {
            break;
        }
        walk.at_ms = edge;
    }
    walk_end(&walk);
    return longest;
}

const char *window_sentence(const struct window_definition *window, struct arena *arena)
{
    static const struct {
        uint64_t ms;
        const char *name;
    } units[] = {{3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
    size_t unit = 0;
    while (window->duration_ms % units[unit].ms != 0) {
        unit++;
    }
    return arena_printf(arena, "%s for %" PRIu64 "%s %s", window->schedule,
                        window->duration_ms / units[unit].ms, units[unit].name,
                        window->time_zone[0] != '\0' ? window->time_zone : "UTC");
}
