/* common/calendar/schedule.h: the five fields, which days and minutes they name, what is refused. */
#include <criterion/criterion.h>
#include <string.h>
#include <time.h>

#include "common/base/array.h"
#include "common/calendar/schedule.h"

static struct schedule parsed(const char *text)
{
    struct schedule schedule = {0};
    struct error error = {0};
    cr_assert_eq(schedule_parse(text, &schedule, &error), 0, "%s: %s", text, error.message);
    return schedule;
}

Test(schedule, fields)
{
    struct schedule schedule = parsed("0,30 22-23,1 1-7/3 JAN-mar,12 mon-FRI");
    cr_expect_eq(schedule.minutes, 1ULL << 0 | 1ULL << 30);
    cr_expect_eq(schedule.hours, 1ULL << 1 | 1ULL << 22 | 1ULL << 23);
    cr_expect_eq(schedule.days, 1ULL << 1 | 1ULL << 4 | 1ULL << 7);
    cr_expect_eq(schedule.months, 1ULL << 1 | 1ULL << 2 | 1ULL << 3 | 1ULL << 12);
    cr_expect_eq(schedule.weekdays, 0x3e);
    cr_expect(schedule.either_day);
    schedule = parsed("\t*/20  5/9 * * 5-7 ");
    cr_expect_eq(schedule.minutes, 1ULL << 0 | 1ULL << 20 | 1ULL << 40);
    cr_expect_eq(schedule.hours, 1ULL << 5 | 1ULL << 14 | 1ULL << 23);
    cr_expect_eq(schedule.weekdays, 1 | 1 << 5 | 1 << 6);
    cr_expect_not(schedule.either_day);
    cr_expect_eq(parsed("* * * * 7").weekdays, 1);
    cr_expect_eq(parsed("* * * * 0").weekdays, 1);
    cr_expect_eq(parsed("* * * * Sat-Sun").weekdays, 1 | 1 << 6);
    cr_expect_eq(parsed("* * * * *").weekdays, 0x7f);
    cr_expect(schedule_is_every_hour(&(struct schedule){.hours = 0xffffff}));
    cr_expect_not(schedule_is_every_hour(&(struct schedule){.hours = 0x7fffff}));
}

Test(schedule, nicknames)
{
    struct schedule schedule = parsed("@Weekly");
    cr_expect_eq(schedule.minutes, 1);
    cr_expect_eq(schedule.hours, 1);
    cr_expect_eq(schedule.weekdays, 1);
    cr_expect_eq(parsed("@yearly").months, 2);
    cr_expect_eq(parsed("@monthly").days, 2);
    cr_expect_eq(parsed("@hourly").hours, 0xffffff);
}

/* Against the C library's own calendar. */
Test(schedule, dates)
{
    for (int64_t day = -200000; day < 200000; day++) {
        time_t seconds = (time_t)day * 86400;
        struct tm tm;
        cr_assert_not_null(gmtime_r(&seconds, &tm));
        struct date date = date_of_day(day);
        cr_assert_eq(date.year, tm.tm_year + 1900);
        cr_assert_eq(date.month, (unsigned)tm.tm_mon + 1);
        cr_assert_eq(date.day, (unsigned)tm.tm_mday);
        struct schedule schedule = {
            .months = 0x1ffe, .days = 0xfffffffe, .weekdays = UINT64_C(1) << tm.tm_wday};
        cr_assert(schedule_has_day(&schedule, day));
        schedule.weekdays = 0x7f & ~schedule.weekdays;
        cr_assert_not(schedule_has_day(&schedule, day));
    }
}

/* Friday the 13th needs a star; without one it is the 13th or Friday. */
Test(schedule, day_fields)
{
    const int64_t thursday_1 = 0; /* January 1970 */
    struct schedule either = parsed("0 0 13 * 5");
    cr_expect_not(schedule_has_day(&either, thursday_1));
    cr_expect(schedule_has_day(&either, thursday_1 + 1));
    cr_expect(schedule_has_day(&either, thursday_1 + 12));
    struct schedule both = parsed("0 0 */2 * 5");
    cr_expect_not(schedule_has_day(&both, thursday_1 + 1)); /* Friday 2 */
    cr_expect(schedule_has_day(&both, thursday_1 + 8));     /* Friday 9 */
    cr_expect_not(schedule_has_day(&both, thursday_1 + 2)); /* Saturday 3 */
}

Test(schedule, faults)
{
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"", "is not a schedule of five fields"},
        {"0 1 * *", "is not a schedule of five fields"},
        {"0 1 * * 1 x", "is not a schedule of five fields"},
        {"60 1 * * *", "is not a schedule: minute: a value is out of range or missing"},
        {"0 24 * * *", "is not a schedule: hour: a value is out of range or missing"},
        {"0 1 0 * *", "is not a schedule: day of month: a value is out of range or missing"},
        {"0 1 * 13 *", "is not a schedule: month: a value is out of range or missing"},
        {"0 1 * * 8", "is not a schedule: day of week: a value is out of range or missing"},
        {"0 1 * mon *", "is not a schedule: month: a value is out of range or missing"},
        {"0 1 ? * *", "is not a schedule: day of month: a value is out of range or missing"},
        {"0,,1 1 * * *", "is not a schedule: minute: a value is out of range or missing"},
        {"1000 1 * * *", "is not a schedule: minute: a value is out of range or missing"},
        {"-1 1 * * *", "is not a schedule: minute: a value is out of range or missing"},
        {"0 22-2 * * *", "is not a schedule: hour: a range goes upwards (write two: 22-23,0-4)"},
        {"0 1- * * *", "is not a schedule: hour: the end of a range is out of range or missing"},
        {"0 1-99 * * *", "is not a schedule: hour: the end of a range is out of range or missing"},
        {"*/0 1 * * *", "is not a schedule: minute: a step is a number from 1"},
        {"*/x 1 * * *", "is not a schedule: minute: a step is a number from 1"},
        {"0 1 * * 1#2", "is not a schedule: day of week: a value goes on strangely"},
        {"0 1 L * *", "is not a schedule: day of month: a value is out of range or missing"},
        {"0 0 30 2 *", "names no date that exists"},
        {"0 0 31 2,4,6,9,11 *", "names no date that exists"},
        {"@dayly", "is not a schedule"},
        {"@reboot", "is not a schedule"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct schedule schedule;
        struct error error = {0};
        cr_expect_eq(schedule_parse(cases[i].text, &schedule, &error), -1, "%s", cases[i].text);
        cr_expect_str_eq(error.message, cases[i].message, "%s: %s", cases[i].text, error.message);
        cr_expect_eq(error.code, ERROR_CONFIG);
        cr_expect_neq(error.hint[0], '\0');
    }
    struct schedule schedule;
    struct error error = {0};
    cr_expect_eq(schedule_parse("@dayly", &schedule, &error), -1);
    cr_expect_str_eq(error.hint, "did you mean @daily?");
    cr_expect_eq(schedule_parse("0 0 29 2 *", &schedule, &error), 0);
    cr_expect_eq(schedule_parse("0 0 30 2 1", &schedule, &error), 0); /* Mondays */
}
