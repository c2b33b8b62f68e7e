/* The windows of a rollout on the calendar: when they open next, and whether what takes so long
 * ever fits into one.
 */
#ifndef DROVER_FORECAST_WINDOW_OPENINGS_H
#define DROVER_FORECAST_WINDOW_OPENINGS_H

#include "coordinator/core/core.h"

struct calendar_window;

/* How far openings_longest looks ahead; and to find any opening at all. */
enum { OPENINGS_DAYS = 14, OPENINGS_FIRST_DAYS = 366 };

struct openings {
    const struct calendar_window *windows[CORE_WINDOWS_MAX]; /* NULL: never opens */
    bool deny[CORE_WINDOWS_MAX];
    bool overrun[CORE_WINDOWS_MAX];
    size_t count;
};

/* Reads the windows of the core's rollout; they live in `arena`. A schedule that the calendar does
 * not know (any more) never opens. */
void openings_read(struct openings *openings, const struct core *core, struct arena *arena);

/* The opening that contains at_ms or the next, as the core's port wants it (coordinator/core/facts/ports.h). */
void openings_next(const struct openings *openings, uint32_t window, uint64_t at_ms,
                   uint64_t *opens_ms, uint64_t *closes_ms);

/* How long a target of these windows (one bit for each) may run without a break, in an opening that begins within
 * OPENINGS_DAYS or is the first one; 0: there is none. Looks no further when `enough_ms` (from 1) is found. */
uint64_t openings_longest(const struct openings *openings, uint32_t windows, uint64_t at_ms,
                          uint64_t enough_ms);

/* Whether what runs in these windows may finish past their end. */
bool openings_overrun(const struct openings *openings, uint32_t windows);

/* "0 1 * * 1-5 for 4h Europe/Berlin", in `arena`. */
const char *window_sentence(const struct window_definition *window, struct arena *arena);

#endif
