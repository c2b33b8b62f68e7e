/* Schedules: a small parser for each field, and dates by arithmetic. */
#include "common/calendar/schedule.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/array.h"
#include "common/base/spelling.h"

enum { FIELD_COUNT = 5, STEP_DIGITS_MAX = 3, FIELD_BYTES_MAX = 256 };

/* `names` begin with that of `named_from`. */
struct field {
    const char *title;
    unsigned least;
    unsigned most;
    unsigned named_from;
    const char *names; /* three letters each */
    const char *example;
};

static const struct field fields[FIELD_COUNT] = {
    {"minute", 0, 59, 0, "", "0, */15 or 0,30"},
    {"hour", 0, 23, 0, "", "1, 22-23 or *"},
    {"day of month", 1, 31, 0, "", "1, 1-7 or *"},
    {"month", 1, 12, 1, "janfebmaraprmayjunjulaugsepoctnovdec", "6, JAN-MAR or *"},
    {"day of week", 0, 7, 0, "sunmontuewedthufrisat", "1-5, SAT,SUN or *"},
};

static const struct {
    const char *name;
    const char *text;
} nicknames[] = {
    {"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},   {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
};

static int refuse(const struct field *field, const char *what, struct error *error)
{
    (void)error_set(error, ERROR_CONFIG, "is not a schedule: %s: %s", field->title, what);
    return error_hint(error, "the %s is %u to %u: %s", field->title, field->least, field->most,
                      field->example);
}

static int refuse_form(struct error *error)
{
    (void)error_set(error, ERROR_CONFIG, "is not a schedule of five fields");
    return error_hint(error, "minute hour day-of-month month day-of-week: \"0 1 * * 1-5\" is 01:00 "
                             "from Monday to Friday");
}

/* A number of at most three digits at *at. */
static bool take_number(const char **at, unsigned *number)
{
    size_t length = strspn(*at, "0123456789");
    if (length == 0 || length > STEP_DIGITS_MAX) {
        return false;
    }
    *number = 0;
    for (size_t i = 0; i < length; i++) {
        *number = *number * 10 + (unsigned)((*at)[i] - '0');
    }
    *at += length;
    return true;
}

/* A number within the field, or a name. */
static bool take_value(const struct field *field, const char **at, unsigned *value)
{
    if (take_number(at, value)) {
        return *value >= field->least && *value <= field->most;
    }
    for (unsigned i = 0; field->names[(size_t)3 * i] != '\0'; i++) {
        if (strncasecmp(*at, field->names + (size_t)3 * i, 3) == 0) {
            *value = field->named_from + i;
            *at += 3;
            return true;
        }
    }
    return false;
}

/* One item of a list: "*", "5", "1-5", each with a step. */
static int item_parse(const struct field *field, const char **at, uint64_t *bits,
                      struct error *error)
{
    unsigned first = field->least;
    unsigned last = field->most;
    unsigned step = 1;
    bool single = false;
    if (**at == '*') {
        (*at)++;
    } else if (!take_value(field, at, &first)) {
        return refuse(field, "a value is out of range or missing", error);
    } else if (**at == '-') {
        (*at)++;
        if (!take_value(field, at, &last)) {
            return refuse(field, "the end of a range is out of range or missing", error);
        }
        /* SAT-SUN */
        last = last == 0 && first > 0 && field->most == 7 ? 7 : last;
        if (last < first) {
            return refuse(field, "a range goes upwards (write two: 22-23,0-4)", error);
        }
    } else {
        single = true;
    }
    if (**at == '/') {
        (*at)++;
        if (!take_number(at, &step) || step == 0) {
            return refuse(field, "a step is a number from 1", error);
        }
        single = false;
    }
    for (unsigned value = first; value <= (single ? first : last); value += step) {
        *bits |= UINT64_C(1) << value;
    }
    return 0;
}

static int field_parse(const struct field *field, const char *text, uint64_t *bits,
                       struct error *error)
{
    const char *at = text;
    *bits = 0;
    for (;;) {
        if (item_parse(field, &at, bits, error) != 0) {
            return -1;
        }
        if (*at == '\0') {
            return 0;
        }
        if (*at != ',') {
            return refuse(field, "a value goes on strangely", error);
        }
        at++;
    }
}

/* The five fields of a nickname, `text` itself if it is none, or NULL with an error. */
static const char *nickname_resolve(const char *text, struct error *error)
{
    const char *names[LENGTH(nicknames)];
    const size_t count = LENGTH(nicknames);
    if (text[0] != '@') {
        return text;
    }
    for (size_t i = 0; i < count; i++) {
        names[i] = nicknames[i].name;
        if (strcasecmp(text, names[i]) == 0) {
            return nicknames[i].text;
        }
    }
    const char *nearest = spelling_nearest(text, names, count);
    (void)error_set(error, ERROR_CONFIG, "is not a schedule");
    if (nearest != NULL) {
        (void)error_hint(error, "did you mean %s?", nearest);
    } else {
        (void)error_hint(error, "@hourly, @daily, @weekly, @monthly, @yearly, or five fields: "
                                "\"0 1 * * 1-5\"");
    }
    return NULL;
}

/* Whether some month has one of the days: February counts 29. */
static bool has_date(const struct schedule *schedule)
{
    static const unsigned lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (unsigned month = 1; month <= 12; month++) {
        uint64_t days = (UINT64_C(1) << (lengths[month - 1] + 1)) - 1;
        if ((schedule->months >> month & 1) != 0 && (schedule->days & days) != 0) {
            return true;
        }
    }
    return false;
}

int schedule_parse(const char *text, struct schedule *schedule, struct error *error)
{
    uint64_t *const sets[FIELD_COUNT] = {&schedule->minutes, &schedule->hours, &schedule->days,
                                         &schedule->months, &schedule->weekdays};
    bool star[FIELD_COUNT];
    char field[FIELD_BYTES_MAX];
    const char *at = nickname_resolve(text, error);
    if (at == NULL) {
        return -1;
    }
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        at += strspn(at, " \t");
        size_t length = strcspn(at, " \t");
        if (length == 0 || length >= sizeof field) {
            return refuse_form(error);
        }
        memcpy(field, at, length);
        field[length] = '\0';
        at += length;
        if (field_parse(&fields[i], field, sets[i], error) != 0) {
            return -1;
        }
        star[i] = field[0] == '*';
    }
    if (at[strspn(at, " \t")] != '\0') {
        return refuse_form(error);
    }
    const unsigned sunday = 7;
    schedule->weekdays |= schedule->weekdays >> sunday;
    schedule->weekdays &= (1U << sunday) - 1;
    schedule->either_day = !star[2] && !star[4];
    if (!schedule->either_day && !has_date(schedule)) {
        (void)error_set(error, ERROR_CONFIG, "names no date that exists");
        return error_hint(error, "no month of it has such a day");
    }
    return 0;
}

struct date date_of_day(int64_t day)
{
    /* Years from March on, in eras of 400 years, so that leap days come last. */
    const int64_t era_days = 146097;
    const int64_t epoch = 719468; /* days from 1 March 0000 to 1 January 1970 */
    int64_t shifted = day + epoch;
    int64_t era = (shifted >= 0 ? shifted : shifted - (era_days - 1)) / era_days;
    int64_t of_era = shifted - era * era_days;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153; /* from March */
    bool next_year = month >= 10;
    return (struct date){.year = (int)(year + era * 400 + (next_year ? 1 : 0)),
                         .month = (unsigned)(next_year ? month - 9 : month + 3),
                         .day = (unsigned)(of_year - (153 * month + 2) / 5 + 1)};
}

bool schedule_has_day(const struct schedule *schedule, int64_t day)
{
    struct date date = date_of_day(day);
    int64_t weekday = ((day + 4) % 7 + 7) % 7; /* 1 January 1970 was a Thursday */
    bool by_day = (schedule->days >> date.day & 1) != 0;
    bool by_weekday = (schedule->weekdays >> weekday & 1) != 0;
    return (schedule->months >> date.month & 1) != 0 &&
           (schedule->either_day ? by_day || by_weekday : by_day && by_weekday);
}

bool schedule_has_minute(const struct schedule *schedule, unsigned minute_of_day)
{
    return (schedule->hours >> (minute_of_day / 60) & 1) != 0 &&
           (schedule->minutes >> (minute_of_day % 60) & 1) != 0;
}

bool schedule_is_every_hour(const struct schedule *schedule)
{
    return schedule->hours == (UINT64_C(1) << 24) - 1;
}
