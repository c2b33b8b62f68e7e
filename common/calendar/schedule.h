/* Schedules: five fields of cron as sets of bits.
 *
 *     minute hour day-of-month month day-of-week
 *
 * A field is `*` or a list of numbers, ranges `1-5` and names (`MON`, `jan`), each with a step
 * (`0-30/10`; `*`/10; `5/10` is from 5 to the end). Sunday is 0 or 7. As in Vixie cron, when
 * neither day field begins with `*`, either of them is enough. `@hourly @daily @midnight @weekly
 * @monthly @yearly @annually` stand for their five fields.
 */
#ifndef DROVER_CALENDAR_SCHEDULE_H
#define DROVER_CALENDAR_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/error.h"

struct schedule {
    uint64_t minutes;  /* bit 0..59 */
    uint64_t hours;    /* bit 0..23 */
    uint64_t days;     /* bit 1..31 */
    uint64_t months;   /* bit 1..12 */
    uint64_t weekdays; /* bit 0..6, Sunday first */
    bool either_day;   /* neither day field begins with `*` */
};

/* A schedule that names no date that exists (30 February) is an error too. On failure ERROR_CONFIG,
 * a message that goes on after the text, and a hint. */
int schedule_parse(const char *text, struct schedule *schedule, struct error *error) MUST_CHECK;

/* Days are counted from 1 January 1970. */
bool schedule_has_day(const struct schedule *schedule, int64_t day);
bool schedule_has_minute(const struct schedule *schedule, unsigned minute_of_day);
bool schedule_is_every_hour(const struct schedule *schedule);

struct date {
    int year;
    unsigned month; /* from 1 */
    unsigned day;   /* from 1 */
};
struct date date_of_day(int64_t day); /* Gregorian */

#endif
