/* common/calendar: when windows open and close, on both sides of a change of the clock. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/array.h"
#include "common/calendar/calendar.h"

static const uint64_t minute = UINT64_C(60) * 1000;
static const uint64_t hour = UINT64_C(60) * 60 * 1000;
static const uint64_t day = UINT64_C(24) * 60 * 60 * 1000;

static struct arena arena;

static void forget(void)
{
    arena_free(&arena);
}

static const struct calendar_window *window(const char *schedule, uint64_t duration,
                                            const char *zone)
{
    const struct calendar_window *made = NULL;
    struct error error = {0};
    cr_assert_eq(calendar_window_parse(&arena, schedule, duration, zone, &made, &error), 0,
                 "%s %s: %s", schedule, zone, error.message);
    return made;
}

/* "2026-03-29 01:00" UTC */
static uint64_t utc(const char *text)
{
    struct tm tm = {0};
    int taken = sscanf(text, "%d-%d-%d %d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
                       &tm.tm_min);
    cr_assert_eq(taken, 5);
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    return (uint64_t)timegm(&tm) * 1000;
}

static const char *shown(uint64_t at)
{
    char text[32] = "never";
    time_t seconds = (time_t)(at / 1000);
    struct tm tm;
    if (at != UINT64_MAX && gmtime_r(&seconds, &tm) != NULL) {
        (void)strftime(text, sizeof text, "%Y-%m-%d %H:%M", &tm);
    }
    return arena_strdup(&arena, text);
}

static void expect(const struct calendar_window *asked, const char *at, const char *opens,
                   const char *closes)
{
    uint64_t opens_ms = 0;
    uint64_t closes_ms = 0;
    calendar_window_next(asked, utc(at), &opens_ms, &closes_ms);
    cr_expect_str_eq(shown(opens_ms), opens, "at %s opens %s, not %s", at, shown(opens_ms), opens);
    cr_expect_str_eq(shown(closes_ms), closes, "at %s closes %s, not %s", at, shown(closes_ms),
                     closes);
}

Test(calendar, edges_of_an_opening, .fini = forget)
{
    const struct calendar_window *night = window("0 1 * * 1-5", 4 * hour, "");
    expect(night, "2026-11-24 00:59", "2026-11-24 01:00", "2026-11-24 05:00");
    expect(night, "2026-11-24 01:00", "2026-11-24 01:00", "2026-11-24 05:00");
    expect(night, "2026-11-24 04:59", "2026-11-24 01:00", "2026-11-24 05:00");
    expect(night, "2026-11-24 05:00", "2026-11-25 01:00", "2026-11-25 05:00");
    expect(night, "2026-11-27 05:00", "2026-11-30 01:00", "2026-11-30 05:00"); /* a weekend */
    uint64_t opens = 0;
    uint64_t closes = 0;
    calendar_window_next(night, utc("2026-11-24 05:00") - 1, &opens, &closes);
    cr_expect_eq(opens, utc("2026-11-24 01:00"));
    calendar_window_next(night, utc("2026-11-24 01:00") - 1, &opens, &closes);
    cr_expect_eq(opens, utc("2026-11-24 01:00"));
}

Test(calendar, zones, .fini = forget)
{
    const struct calendar_window *berlin = window("0 1 * * *", 4 * hour, "Europe/Berlin");
    expect(berlin, "2026-01-10 12:00", "2026-01-11 00:00", "2026-01-11 04:00");
    expect(berlin, "2026-07-10 12:00", "2026-07-10 23:00", "2026-07-11 03:00");
    /* The date is the zone's: Monday in Kiritimati begins on Sunday, UTC. */
    expect(window("0 9 * * 1", hour, "Pacific/Kiritimati"), "2026-11-20 00:00", "2026-11-22 19:00",
           "2026-11-22 20:00");
    expect(window("30 0 * * *", hour, "Asia/Kolkata"), "2026-11-20 00:00", "2026-11-20 19:00",
           "2026-11-20 20:00");
}

/* Clocks jump from 02:00 to 03:00 on 2026-03-29 at 01:00 UTC, and back from 03:00 to 02:00 on
 * 2026-10-25 at 01:00 UTC. */
Test(calendar, berlin_in_spring_and_autumn, .fini = forget)
{
    const struct calendar_window *gap = window("30 2 * * *", hour, "Europe/Berlin");
    expect(gap, "2026-03-28 00:00", "2026-03-28 01:30", "2026-03-28 02:30");
    expect(gap, "2026-03-28 12:00", "2026-03-29 01:00", "2026-03-29 02:00");
    expect(gap, "2026-03-29 02:00", "2026-03-30 00:30", "2026-03-30 01:30");
    expect(gap, "2026-10-24 12:00", "2026-10-25 00:30", "2026-10-25 01:30"); /* the first 02:30 */
    expect(gap, "2026-10-25 01:30", "2026-10-26 01:30", "2026-10-26 02:30");
    /* Elapsed time: from 01:00 to 06:00 on the clock in spring, to 04:00 in autumn. */
    const struct calendar_window *night = window("0 1 * * *", 4 * hour, "Europe/Berlin");
    expect(night, "2026-03-28 12:00", "2026-03-29 00:00", "2026-03-29 04:00");
    expect(night, "2026-10-24 12:00", "2026-10-24 23:00", "2026-10-25 03:00");
    /* A day that has 25 hours shows a hole in a window of 24 hours, one of 23 does not. */
    const struct calendar_window *daily = window("0 1 * * *", 24 * hour, "Europe/Berlin");
    expect(daily, "2026-10-25 23:30", "2026-10-26 00:00", "2027-10-31 23:00");
    /* Every hour: no hole, in both directions. */
    uint64_t opens = 0;
    uint64_t closes = 0;
    const struct calendar_window *hourly = window("0 * * * *", hour, "Europe/Berlin");
    calendar_window_next(hourly, utc("2026-10-24 12:00"), &opens, &closes);
    cr_expect_eq(closes, utc("2026-10-24 12:00") + CALENDAR_JOINED_DAYS * day);
    const struct calendar_window *half = window("30 * * * *", 10 * minute, "Europe/Berlin");
    expect(half, "2026-10-25 00:40", "2026-10-25 01:30", "2026-10-25 01:40");
    expect(half, "2026-03-29 00:40", "2026-03-29 01:00", "2026-03-29 01:10"); /* 02:30 */
    expect(half, "2026-03-29 01:10", "2026-03-29 01:30", "2026-03-29 01:40"); /* 03:30 */
}

/* 2026-03-08 02:00 -> 03:00 at 07:00 UTC; 2026-11-01 02:00 -> 01:00 at 06:00 UTC. */
Test(calendar, new_york_in_spring_and_autumn, .fini = forget)
{
    const struct calendar_window *gap = window("15 2 * * SUN", 2 * hour, "America/New_York");
    expect(gap, "2026-03-07 00:00", "2026-03-08 07:00", "2026-03-08 09:00");
    expect(gap, "2026-03-08 09:00", "2026-03-15 06:15", "2026-03-15 08:15");
    const struct calendar_window *twice = window("0,30 1 * * *", 10 * minute, "America/New_York");
    expect(twice, "2026-11-01 00:00", "2026-11-01 05:00", "2026-11-01 05:10");
    expect(twice, "2026-11-01 05:10", "2026-11-01 05:30", "2026-11-01 05:40");
    expect(twice, "2026-11-01 05:40", "2026-11-02 06:00", "2026-11-02 06:10");
}

/* Half an hour, in the south: 2026-04-05 02:00 -> 01:30 at 15:00 UTC of the 4th; 2026-10-04 02:00
 * -> 02:30 at 15:30 UTC of the 3rd. */
Test(calendar, lord_howe_and_the_south, .fini = forget)
{
    const struct calendar_window *gap = window("15 2 * * *", hour, "Australia/Lord_Howe");
    expect(gap, "2026-10-03 00:00", "2026-10-03 15:30", "2026-10-03 16:30");
    expect(gap, "2026-10-03 16:30", "2026-10-04 15:15", "2026-10-04 16:15");
    const struct calendar_window *twice = window("45 1 * * *", hour, "Australia/Lord_Howe");
    expect(twice, "2026-04-04 00:00", "2026-04-04 14:45", "2026-04-04 15:45");
    expect(twice, "2026-04-04 15:45", "2026-04-05 15:15", "2026-04-05 16:15");
    /* Chile: 2026-04-04 24:00 -> 23:00 at 03:00 UTC of the 5th; 2026-09-06 00:00 -> 01:00 at 04:00
     * UTC: the day begins at 01:00. */
    const struct calendar_window *late = window("30 23 * * *", hour, "America/Santiago");
    expect(late, "2026-04-04 12:00", "2026-04-05 02:30", "2026-04-05 03:30");
    expect(late, "2026-04-05 03:30", "2026-04-06 03:30", "2026-04-06 04:30");
    expect(window("0 0 * * *", hour, "America/Santiago"), "2026-09-06 00:00", "2026-09-06 04:00",
           "2026-09-06 05:00");
    /* Samoa left out 2011-12-30: what would start on it starts when the 31st begins. */
    expect(window("0 12 30 12 *", hour, "Pacific/Apia"), "2011-12-01 00:00", "2011-12-30 10:00",
           "2011-12-30 11:00");
}

Test(calendar, years_and_leap_days, .fini = forget)
{
    expect(window("0 22 31 12 *", 4 * hour, "UTC"), "2026-06-01 00:00", "2026-12-31 22:00",
           "2027-01-01 02:00");
    expect(window("0 22 31 12 *", 4 * hour, "UTC"), "2027-01-01 01:59", "2026-12-31 22:00",
           "2027-01-01 02:00");
    expect(window("0 0 29 2 *", day, "UTC"), "2026-01-01 00:00", "2028-02-29 00:00",
           "2028-03-01 00:00");
    expect(window("0 0 29 2 *", day, "UTC"), "2028-03-01 00:00", "2032-02-29 00:00",
           "2032-03-01 00:00");
    expect(window("0 0 29 2 *", day, "UTC"), "2096-03-01 00:00", "never", "never"); /* 2104 */
    expect(window("0 0 1 1 *", hour, "UTC"), "1970-01-01 00:30", "1970-01-01 00:00",
           "1970-01-01 01:00");
    uint64_t opens = 0;
    uint64_t closes = 0;
    calendar_window_next(window("@daily", hour, "UTC"), UINT64_MAX, &opens, &closes);
    cr_expect_eq(opens, UINT64_MAX);
    cr_expect_eq(closes, UINT64_MAX);
}

Test(calendar, runs_are_joined, .fini = forget)
{
    expect(window("0,30 1-2 * * *", 30 * minute, "UTC"), "2026-06-01 01:45", "2026-06-01 01:00",
           "2026-06-01 03:00"); /* touching */
    expect(window("0,30 1-2 * * *", 29 * minute, "UTC"), "2026-06-01 01:45", "2026-06-01 01:30",
           "2026-06-01 01:59");
    expect(window("0 0 * * 6,0", 24 * hour, "UTC"), "2026-06-07 12:00", "2026-06-06 00:00",
           "2026-06-08 00:00"); /* a weekend */
    expect(window("0 0 1 * *", 20 * day, "UTC"), "2026-06-20 12:00", "2026-06-01 00:00",
           "2026-06-21 00:00");
    const struct calendar_window *always = window("* * * * *", hour, "Europe/Berlin");
    uint64_t at = utc("2026-06-01 00:00");
    uint64_t opens = 0;
    uint64_t closes = 0;
    calendar_window_next(always, at, &opens, &closes);
    cr_expect_eq(opens, at - CALENDAR_JOINED_DAYS * day);
    cr_expect_eq(closes, at + CALENDAR_JOINED_DAYS * day);
    calendar_window_next(always, hour, &opens, &closes);
    cr_expect_eq(opens, 0);
}

static uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* For any window and time: the opening holds the time or comes after it; later times have later
 * openings; the one after begins after this one's end. */
Test(calendar, openings_are_in_order, .fini = forget)
{
    static const char *const schedules[] = {"0 1 * * 1-5",     "*/7 2 * * *",      "30 2 * * SUN",
                                            "0 */5 */3 * *",   "15,45 * * * *",    "0 0 1 */2 *",
                                            "59 23 28-31 * *", "0 12 29 2,3 1",    "30 1-3 * * *",
                                            "0 0 * * *",       "0,30 0,2,23 * * *"};
    static const char *const zones[] = {"UTC",
                                        "Europe/Berlin",
                                        "America/New_York",
                                        "Australia/Lord_Howe",
                                        "America/Santiago",
                                        "Pacific/Chatham",
                                        "Asia/Kathmandu",
                                        "America/Havana"};
    static const uint64_t durations[] = {1, 5, 29, 30, 60, 61, 240, 1440, 1500, 4320}; /* minutes */
    uint64_t state = 20261124;
    for (int i = 0; i < 1000; i++) {
        const char *schedule = schedules[random_next(&state) % 11];
        const char *zone = zones[random_next(&state) % 8];
        uint64_t duration = durations[random_next(&state) % 10] * minute;
        const struct calendar_window *asked = window(schedule, duration, zone);
        uint64_t at = utc("2020-01-01 00:00") + random_next(&state) % (UINT64_C(20) * 366 * day);
        uint64_t later = at + random_next(&state) % (400 * day);
        uint64_t opens[3];
        uint64_t closes[3];
        calendar_window_next(asked, at, &opens[0], &closes[0]);
        calendar_window_next(asked, later, &opens[1], &closes[1]);
        calendar_window_next(asked, closes[0], &opens[2], &closes[2]);
        cr_assert(at < closes[0] && opens[0] + duration <= closes[0], "%s %s", schedule, zone);
        cr_assert(opens[0] <= opens[1] && closes[0] <= closes[1], "%s %s", schedule, zone);
        bool cut = closes[0] - at >= CALENDAR_JOINED_DAYS * day && opens[0] <= at;
        cr_assert(cut ? opens[2] > opens[0] : opens[2] > closes[0], "%s %s at %s", schedule, zone,
                  shown(at));
        uint64_t within = opens[0] + random_next(&state) % (closes[0] - opens[0]);
        bool capped = closes[0] - opens[0] >= CALENDAR_JOINED_DAYS * day;
        calendar_window_next(asked, within, &opens[2], &closes[2]);
        cr_assert(capped || (opens[2] == opens[0] && closes[2] == closes[0]),
                  "%s %s %s: two answers for one opening", schedule, zone, shown(within));
        arena_free(&arena);
    }
}

/* Each opening of a walk is what is found at the end of the one before. */
static void walk_compare(const struct calendar_window *asked, uint64_t at)
{
    struct calendar_walk *walk = calendar_walk_open(asked);
    for (int i = 0; i < 300 && at != UINT64_MAX; i++) {
        uint64_t opens[2];
        uint64_t closes[2];
        calendar_walk_next(walk, at, &opens[0], &closes[0]);
        calendar_window_next(asked, at, &opens[1], &closes[1]);
        cr_assert(opens[0] == opens[1] && closes[0] == closes[1], "at %s", shown(at));
        at = closes[0];
    }
    calendar_walk_close(walk);
}

Test(calendar, a_walk_finds_what_is_found_alone, .fini = forget)
{
    uint64_t before = utc("2026-03-28 20:00"); /* the clocks of Europe change in the next night */
    walk_compare(window("* * * * *", 500, "Europe/Berlin"), before);
    walk_compare(window("*/7 * * * *", minute, "Europe/Berlin"), before + minute / 2);
    walk_compare(window("30 0-3 * * *", hour, "Europe/Berlin"), before);
    walk_compare(window("0 3 * * SUN", 30 * hour, "Australia/Lord_Howe"), before);
    walk_compare(window("59 23 28-31 * *", 90 * minute, "America/Havana"), before);
    walk_compare(window("0 0 29 2 *", day, "UTC"), before);
    walk_compare(window("* * * * *", minute, "UTC"), before); /* never ends, and is cut */
    walk_compare(window("0 0 * * *", 366 * day, "UTC"), before);
}

Test(calendar, faults, .fini = forget)
{
    const struct calendar_window *made = NULL;
    struct error error = {0};
    cr_expect_eq(calendar_window_parse(&arena, "0 1", hour, "UTC", &made, &error), -1);
    cr_expect_str_eq(error.message, "schedule '0 1': is not a schedule of five fields");
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_eq(calendar_window_parse(&arena, "@daily", 0, "UTC", &made, &error), -1);
    cr_expect_str_eq(error.message, "the duration of a window is 1 ms to 366 days");
    cr_expect_eq(calendar_window_parse(&arena, "@daily", 367 * day, "", &made, &error), -1);
    cr_expect_eq(calendar_window_parse(&arena, "@daily", 366 * day, "", &made, &error), 0);
    static const struct {
        const char *name;
        const char *hint;
    } zones[] = {
        {"Europe/Berln", "did you mean Europe/Berlin?"},
        {"europe/berlin", "did you mean Europe/Berlin?"},
        {"Berlin", "did you mean Europe/Berlin?"},
        {"New_York", "did you mean America/New_York?"},
        {"Mars/Olympus_Mons_Base_Camp",
         "a name of the IANA database: Europe/Berlin, America/New_York, UTC"},
        {"GMT+2:30", NULL}, /* a place has rules, an offset has none */
        {"Z\xc3\xbcrich", NULL},
    };
    for (size_t i = 0; i < LENGTH(zones); i++) {
        cr_expect_eq(calendar_window_parse(&arena, "@daily", hour, zones[i].name, &made, &error),
                     -1, "%s", zones[i].name);
        cr_expect(strstr(error.message, "is not a time zone") != NULL, "%s", error.message);
        if (zones[i].hint != NULL) {
            cr_expect_str_eq(error.hint, zones[i].hint, "%s: %s", zones[i].name, error.hint);
        }
    }
}

Test(calendar, text_for_people)
{
    char text[64];
    static const struct {
        const char *at;
        const char *zone;
        const char *text;
    } cases[] = {
        {"2026-11-24 00:00", "Europe/Berlin", "Tue 24 Nov 01:00 CET"},
        {"2026-07-01 12:05", "Europe/Berlin", "Wed 1 Jul 14:05 CEST"},
        {"2026-11-24 00:00", "America/New_York", "Mon 23 Nov 19:00 EST"},
        {"2026-11-24 00:00", "Australia/Sydney", "Tue 24 Nov 11:00 AEDT"},
        {"2026-11-24 00:00", "Asia/Tokyo", "Tue 24 Nov 09:00 GMT+9"},
        {"2026-11-24 00:00", "Europe/London", "Tue 24 Nov 00:00 GMT"},
        {"2026-11-24 00:00", "UTC", "Tue 24 Nov 00:00 UTC"},
        {"2026-11-24 00:00", "", "Tue 24 Nov 00:00 UTC"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        cr_expect_eq(calendar_format(utc(cases[i].at), cases[i].zone, text, sizeof text), 0);
        cr_expect_str_eq(text, cases[i].text, "%s: %s", cases[i].zone, text);
    }
    char small[8];
    cr_expect_eq(calendar_format(utc("2026-11-24 00:00"), "UTC", small, sizeof small), 0);
    cr_expect_str_eq(small, "Tue 24 ");
    cr_expect_eq(calendar_format(0, "Nowhere/Land", text, sizeof text), -1);
    cr_expect_str_eq(text, "");
}
