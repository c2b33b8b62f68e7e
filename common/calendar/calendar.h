/* Windows of time: a cron schedule says when they open, a duration how long they stay open.
 *
 * The schedule is read on the clock of a time zone, the duration is elapsed time. Where that clock
 * jumps ahead, what would start inside the gap starts at the first instant after it. Where an hour
 * comes twice, what starts in it starts once, the first time; only a schedule of every hour (`*` as
 * hour) starts in both, so that it leaves no hole. Times are milliseconds since 1970 UTC.
 */
#ifndef DROVER_CALENDAR_CALENDAR_H
#define DROVER_CALENDAR_CALENDAR_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/error.h"

/* Openings are joined for this many days back and ahead of the asked time, not further. */
enum { CALENDAR_JOINED_DAYS = 400 };

/* Immutable; may be used from several threads. */
struct calendar_window;

/* Checks a window and keeps it in `arena`. `schedule` is five-field cron (schedule.h); `time_zone`
 * a name like Europe/Berlin, "" or "UTC"; `duration_ms` from 1 to 366 days. On failure ERROR_CONFIG
 * with a hint; nothing of the caller's is kept. */
int calendar_window_parse(struct arena *arena, const char *schedule, uint64_t duration_ms,
                          const char *time_zone, const struct calendar_window **out,
                          struct error *error) MUST_CHECK;

/* The opening that contains at_ms (opens <= at < closes), or the next one after it. Openings that
 * overlap or touch are one. Both UINT64_MAX when none begins within five years. One that goes on
 * for more than CALENDAR_JOINED_DAYS before or after at_ms (`* * * * *` never ends) is cut there:
 * asked again at its end, the answer begins later, but may still be open. */
void calendar_window_next(const struct calendar_window *window, uint64_t at_ms, uint64_t *opens_ms,
                          uint64_t *closes_ms);

/* Openings one after the other: what costs most is paid once. Not for several threads. */
struct calendar_walk;

struct calendar_walk *calendar_walk_open(const struct calendar_window *window);
void calendar_walk_close(struct calendar_walk *walk);

/* As calendar_window_next; quick where at_ms is the end of the opening before. */
void calendar_walk_next(struct calendar_walk *walk, uint64_t at_ms, uint64_t *opens_ms,
                        uint64_t *closes_ms);

/* Whether each part alone is right, for messages at its place: 0, or -1 with ERROR_CONFIG, a
 * message that goes on after the text ("is not a schedule: ...") and a hint. */
int calendar_schedule_check(const char *schedule, struct error *error) MUST_CHECK;
int calendar_time_zone_check(const char *time_zone, struct error *error) MUST_CHECK;

/* "Tue 24 Nov 01:00 CET" for people, cut to `size`. Returns 0, or -1 with `out` "" when there is no
 * such time zone. */
int calendar_format(uint64_t at_ms, const char *time_zone, char *out, size_t size);

#endif
