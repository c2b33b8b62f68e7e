/* Time zones: between instants and the clock on a wall, by ICU. */
#ifndef DROVER_CALENDAR_ZONE_H
#define DROVER_CALENDAR_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

/* One clock; not for several threads. */
struct zone;

/* Whether ICU knows the name ("" is UTC): 0, or -1 with ERROR_CONFIG and what may be meant. */
int zone_check(const char *name, struct error *error) MUST_CHECK;

/* The clock of a name that zone_check accepts. zone_close gives it back. */
struct zone *zone_open(const char *name);
void zone_close(struct zone *zone);

/* The date on the clock, as days from 1 January 1970. */
int64_t zone_day(struct zone *zone, int64_t at_ms);

/* The clock on one day, on which it is changed at most once. */
struct zone_clock {
    int64_t midnight; /* as if it were UTC */
    int64_t before;   /* offsets from UTC before and after the change */
    int64_t after;
    int64_t change; /* instant, or ZONE_NO_CHANGE */
};
#define ZONE_NO_CHANGE INT64_MAX

struct zone_clock zone_clock(struct zone *zone, int64_t day);

/* When the clock shows this time of the day: inside a gap the first instant after it; of a time
 * that comes twice the first, or with `again` the second. */
int64_t zone_instant(const struct zone_clock *clock, unsigned minute_of_day, bool again);

/* "Tue 24 Nov 01:00 CET", cut to `size`. */
void zone_format(const char *name, int64_t at_ms, char *out, size_t size);

#endif
