/* Windows of time. What a schedule opens on one local day is a list of spans: starts that are no
 * further apart than the duration, joined. A cursor walks over spans and days in both directions.
 * As all occurrences last equally long, both ends of the spans are in order. */
#include "common/calendar/calendar.h"

#include <stdlib.h>
#include <string.h>

#include "common/calendar/schedule.h"
#include "common/calendar/zone.h"

enum { MINUTES = 24 * 60, SEARCHED_YEARS = 5, DURATION_DAYS_MAX = 366 };

static const int64_t minute_ms = INT64_C(60) * 1000;
static const int64_t day_ms = INT64_C(24) * 60 * 60 * 1000;
static const int64_t last_ms = INT64_C(253402300800000); /* year 10000: nothing is asked beyond */

struct calendar_window {
    struct schedule schedule;
    int64_t duration_ms;
    const char *time_zone;
};

struct span {
    int64_t opens;
    int64_t closes;
};

/* Stands between two spans: before items[next] of the day. */
struct cursor {
    const struct calendar_window *window;
    struct zone *zone;
    int64_t day;
    size_t usual_count;
    size_t count;
    size_t next;
    struct span usual[MINUTES]; /* of a day without a change of the clock, from its begin */
    struct span items[2 * MINUTES];
};

/* Joins starts that are in order. Returns the number of spans. */
static size_t spans_join(const int64_t *starts, size_t count, int64_t duration, struct span *spans)
{
    size_t made = 0;
    for (size_t i = 0; i < count; i++) {
        if (made == 0 || starts[i] > spans[made - 1].closes) {
            spans[made++].opens = starts[i];
        }
        spans[made - 1].closes = starts[i] + duration;
    }
    return made;
}

static void cursor_open(struct cursor *cursor, const struct calendar_window *window)
{
    int64_t starts[MINUTES];
    size_t count = 0;
    for (unsigned minute = 0; minute < MINUTES; minute++) {
        if (schedule_has_minute(&window->schedule, minute)) {
            starts[count++] = minute * minute_ms;
        }
    }
    cursor->window = window;
    cursor->zone = zone_open(window->time_zone);
    cursor->usual_count = spans_join(starts, count, window->duration_ms, cursor->usual);
}

static void cursor_close(struct cursor *cursor)
{
    zone_close(cursor->zone);
}

static int compare_instants(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* The spans of a day on which the clock is changed. */
static void changed_day_load(struct cursor *cursor, const struct zone_clock *clock)
{
    const struct schedule *schedule = &cursor->window->schedule;
    bool twice = schedule_is_every_hour(schedule);
    int64_t starts[2 * MINUTES];
    size_t count = 0;
    for (unsigned minute = 0; minute < MINUTES; minute++) {
        if (!schedule_has_minute(schedule, minute)) {
            continue;
        }
        starts[count++] = zone_instant(clock, minute, false);
        if (twice) {
            starts[count++] = zone_instant(clock, minute, true);
        }
    }
    qsort(starts, count, sizeof *starts, compare_instants);
    cursor->count = spans_join(starts, count, cursor->window->duration_ms, cursor->items);
}

static void cursor_load(struct cursor *cursor, int64_t day)
{
    cursor->day = day;
    cursor->count = 0;
    if (!schedule_has_day(&cursor->window->schedule, day)) {
        return;
    }
    struct zone_clock clock = zone_clock(cursor->zone, day);
    if (clock.change != ZONE_NO_CHANGE) {
        changed_day_load(cursor, &clock);
        return;
    }
    int64_t begin = zone_instant(&clock, 0, false);
    for (size_t i = 0; i < cursor->usual_count; i++) {
        cursor->items[i].opens = begin + cursor->usual[i].opens;
        cursor->items[i].closes = begin + cursor->usual[i].closes;
    }
    cursor->count = cursor->usual_count;
}

/* The next span, passed over; false if there is none up to `last_day`. */
static bool cursor_forward(struct cursor *cursor, int64_t last_day, struct span *span)
{
    while (cursor->next == cursor->count) {
        if (cursor->day >= last_day) {
            return false;
        }
        cursor_load(cursor, cursor->day + 1);
        cursor->next = 0;
    }
    *span = cursor->items[cursor->next++];
    return true;
}

/* The span before, passed over; false if there is none down to `first_day`. */
static bool cursor_back(struct cursor *cursor, int64_t first_day, struct span *span)
{
    while (cursor->next == 0) {
        if (cursor->day <= first_day) {
            return false;
        }
        cursor_load(cursor, cursor->day - 1);
        cursor->next = cursor->count;
    }
    *span = cursor->items[--cursor->next];
    return true;
}

/* Puts the cursor right after the last span that opens no later than `at`. Where a change of the
 * clock crosses midnight, instants of neighbouring days may touch: hence one more day each way. */
static void cursor_place(struct cursor *cursor, int64_t at)
{
    struct span span;
    int64_t day = zone_day(cursor->zone, at);
    cursor_load(cursor, day + 1);
    cursor->next = cursor->count;
    while (cursor_back(cursor, day - 1, &span)) {
        if (span.opens <= at) {
            cursor->next++;
            return;
        }
    }
}

/* Whether a span holds `at`, and then the opening that it is part of, up to where the span closes,
 * and not further back than `earliest`. Leaves the cursor somewhere. */
static bool opening_begin(struct cursor *cursor, int64_t at, int64_t earliest, struct span *opening)
{
    bool held = false;
    struct span span;
    int64_t first_day = zone_day(cursor->zone, earliest) - 1;
    while (cursor_back(cursor, first_day, &span)) {
        if (held ? span.closes < opening->opens : span.closes <= at) {
            break;
        }
        opening->closes = held ? opening->closes : span.closes;
        opening->opens = span.opens > earliest ? span.opens : earliest;
        held = true;
        if (span.opens <= earliest) {
            break;
        }
    }
    return held;
}

/* Adds the spans after the cursor to the opening, up to `latest`, and leaves it before the first that is no part
 * of it. */
static void opening_end(struct cursor *cursor, int64_t latest, struct span *opening)
{
    struct span span;
    int64_t last_day = zone_day(cursor->zone, latest) + 1;
    while (opening->closes < latest && cursor_forward(cursor, last_day, &span)) {
        if (span.opens > opening->closes) {
            cursor->next--;
            break;
        }
        opening->closes = span.closes;
    }
    opening->closes = opening->closes < latest ? opening->closes : latest;
}

struct calendar_walk {
    struct cursor cursor;
    int64_t closed; /* the cursor stands after the opening that ends here; -1: it stands nowhere */
};

struct calendar_walk *calendar_walk_open(const struct calendar_window *window)
{
    struct calendar_walk *walk = memory_alloc(sizeof *walk);
    cursor_open(&walk->cursor, window);
    walk->closed = -1;
    return walk;
}

void calendar_walk_close(struct calendar_walk *walk)
{
    cursor_close(&walk->cursor);
    free(walk);
}

/* The opening that holds `at`, up to where a span of it closes, or the first span after it; the cursor stands
 * after that. */
static bool opening_find(struct calendar_walk *walk, int64_t at, struct span *opening)
{
    struct cursor *cursor = &walk->cursor;
    const int64_t joined = CALENDAR_JOINED_DAYS * day_ms;
    if (at != walk->closed) {
        cursor_place(cursor, at);
        bool held = opening_begin(cursor, at, at > joined ? at - joined : 0, opening);
        cursor_place(cursor, at);
        if (held) {
            return true;
        }
    }
    int64_t last_day = zone_day(cursor->zone, at) + SEARCHED_YEARS * INT64_C(366);
    return cursor_forward(cursor, last_day, opening);
}

void calendar_walk_next(struct calendar_walk *walk, uint64_t at_ms, uint64_t *opens_ms,
                        uint64_t *closes_ms)
{
    *opens_ms = UINT64_MAX;
    *closes_ms = UINT64_MAX;
    if (at_ms > (uint64_t)last_ms) {
        return;
    }
    int64_t at = (int64_t)at_ms;
    struct span opening = {0, 0};
    bool found = opening_find(walk, at, &opening);
    walk->closed = -1;
    if (found) {
        int64_t latest = (opening.opens > at ? opening.opens : at) + CALENDAR_JOINED_DAYS * day_ms;
        opening_end(&walk->cursor, latest, &opening);
        walk->closed = opening.closes < latest ? opening.closes : -1;
        *opens_ms = (uint64_t)opening.opens;
        *closes_ms = (uint64_t)opening.closes;
    }
}

void calendar_window_next(const struct calendar_window *window, uint64_t at_ms, uint64_t *opens_ms,
                          uint64_t *closes_ms)
{
    struct calendar_walk *walk = calendar_walk_open(window);
    calendar_walk_next(walk, at_ms, opens_ms, closes_ms);
    calendar_walk_close(walk);
}

int calendar_schedule_check(const char *schedule, struct error *error)
{
    struct schedule parsed;
    return schedule_parse(schedule, &parsed, error);
}

int calendar_time_zone_check(const char *time_zone, struct error *error)
{
    return zone_check(time_zone, error);
}

int calendar_window_parse(struct arena *arena, const char *schedule, uint64_t duration_ms,
                          const char *time_zone, const struct calendar_window **out,
                          struct error *error)
{
    struct calendar_window *window = arena_alloc(arena, sizeof *window);
    if (schedule_parse(schedule, &window->schedule, error) != 0) {
        return error_wrap(error, "schedule '%.100s'", schedule);
    }
    if (zone_check(time_zone, error) != 0) {
        return error_wrap(error, "time zone '%.100s'", time_zone);
    }
    if (duration_ms == 0 || duration_ms > (uint64_t)(DURATION_DAYS_MAX * day_ms)) {
        (void)error_set(error, ERROR_CONFIG, "the duration of a window is 1 ms to %d days",
                        DURATION_DAYS_MAX);
        return error_hint(error, "for example 4h");
    }
    window->duration_ms = (int64_t)duration_ms;
    window->time_zone = arena_strdup(arena, time_zone);
    *out = window;
    return 0;
}

int calendar_format(uint64_t at_ms, const char *time_zone, char *out, size_t size)
{
    struct error error;
    if (size > 0) {
        out[0] = '\0';
    }
    if (zone_check(time_zone, &error) != 0) {
        return -1;
    }
    zone_format(time_zone, (int64_t)(at_ms < (uint64_t)last_ms ? at_ms : (uint64_t)last_ms), out,
                size);
    return 0;
}
