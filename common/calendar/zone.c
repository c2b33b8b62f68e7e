/* Time zones: ICU tells eras, the spans of time with one offset from UTC; the last
 * one is kept. A failure of ICU with a name that it knows means that memory ran out
 * or its tables are damaged, and aborts. */
#include "common/calendar/zone.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/ucal.h>
#include <unicode/udat.h>
#include <unicode/uenum.h>
#include <unicode/ustring.h>

#include "common/base/arena.h"
#include "common/base/array.h"
#include "common/base/impossible.h"
#include "common/base/spelling.h"

enum { NAME_UNITS_MAX = 128, FORMATTED_UNITS_MAX = 128 };

static const int64_t day_ms = INT64_C(24) * 60 * 60 * 1000;

/* [since, until) */
struct era {
    int64_t since;
    int64_t until;
    int64_t offset; /* of the clock from UTC */
};

struct zone {
    UCalendar *calendar;
    struct era era;
};

static void must(UErrorCode status)
{
    INVARIANT_THAT(U_SUCCESS(status), "ICU: %s", u_errorName(status));
}

/* The name in UTF-16; false if it cannot be one. */
static bool name_widen(const char *name, UChar out[NAME_UNITS_MAX])
{
    if (strlen(name) >= NAME_UNITS_MAX) {
        return false;
    }
    for (const char *c = name; *c != '\0'; c++) {
        if ((unsigned char)*c >= 0x80) {
            return false;
        }
    }
    (void)u_uastrcpy(out, name[0] == '\0' ? "UTC" : name);
    return true;
}

static bool is_known(const char *name)
{
    UChar wide[NAME_UNITS_MAX];
    UChar canonical[NAME_UNITS_MAX];
    UErrorCode status = U_ZERO_ERROR;
    UBool of_system = 0;
    if (!name_widen(name, wide)) {
        return false;
    }
    (void)ucal_getCanonicalTimeZoneID(wide, -1, canonical, NAME_UNITS_MAX, &of_system, &status);
    return U_SUCCESS(status) && of_system != 0;
}

/* Whether `name` is the last part of `zone`: Berlin of Europe/Berlin. */
static bool is_city_of(const char *zone, const char *name)
{
    const char *slash = strrchr(zone, '/');
    return slash != NULL && spelling_distance(slash + 1, name) == 0;
}

/* The known name that is likely meant, in `arena`, or NULL. */
static const char *name_nearest(struct arena *arena, const char *name)
{
    UErrorCode status = U_ZERO_ERROR;
    const char *nearest = NULL;
    const char *known = NULL;
    size_t least = SIZE_MAX;
    int32_t length = 0;
    UEnumeration *names = ucal_openTimeZones(&status);
    must(status);
    while ((known = uenum_next(names, &length, &status)) != NULL && U_SUCCESS(status)) {
        bool city = is_city_of(known, name);
        size_t distance = city ? 0 : spelling_distance(known, name);
        if ((city || spelling_close(known, name)) && distance < least) {
            least = distance;
            nearest = arena_strdup(arena, known);
        }
    }
    uenum_close(names);
    return nearest;
}

int zone_check(const char *name, struct error *error)
{
    if (is_known(name)) {
        return 0;
    }
    struct arena scratch = {0};
    const char *nearest = name_nearest(&scratch, name);
    (void)error_set(error, ERROR_CONFIG, "is not a time zone");
    if (nearest != NULL) {
        (void)error_hint(error, "did you mean %s?", nearest);
    } else {
        (void)error_hint(error,
                         "a name of the IANA database: Europe/Berlin, America/New_York, UTC");
    }
    arena_free(&scratch);
    return -1;
}

struct zone *zone_open(const char *name)
{
    UChar wide[NAME_UNITS_MAX];
    UErrorCode status = U_ZERO_ERROR;
    bool widened = name_widen(name, wide);
    INVARIANT_THAT(widened, "the time zone \"%s\" was not checked", name);
    struct zone *zone = memory_alloc(sizeof *zone);
    zone->calendar = ucal_open(wide, -1, "en_US", UCAL_GREGORIAN, &status);
    must(status);
    return zone;
}

void zone_close(struct zone *zone)
{
    ucal_close(zone->calendar);
    free(zone);
}

static struct era era_at(struct zone *zone, int64_t at_ms)
{
    if (zone->era.since <= at_ms && at_ms < zone->era.until) {
        return zone->era;
    }
    UErrorCode status = U_ZERO_ERROR;
    UDate change = 0;
    UCalendar *calendar = zone->calendar;
    ucal_setMillis(calendar, (UDate)at_ms, &status);
    zone->era.offset = ucal_get(calendar, UCAL_ZONE_OFFSET, &status) +
                       ucal_get(calendar, UCAL_DST_OFFSET, &status);
    bool found =
        ucal_getTimeZoneTransitionDate(calendar, UCAL_TZ_TRANSITION_NEXT, &change, &status) != 0;
    zone->era.until = found ? (int64_t)change : INT64_MAX;
    found = ucal_getTimeZoneTransitionDate(calendar, UCAL_TZ_TRANSITION_PREVIOUS_INCLUSIVE, &change,
                                           &status) != 0;
    zone->era.since = found ? (int64_t)change : INT64_MIN;
    must(status);
    return zone->era;
}

int64_t zone_day(struct zone *zone, int64_t at_ms)
{
    int64_t local = at_ms + era_at(zone, at_ms).offset;
    return (local >= 0 ? local : local - (day_ms - 1)) / day_ms;
}

struct zone_clock zone_clock(struct zone *zone, int64_t day)
{
    const int64_t offset_most = INT64_C(26) * 60 * 60 * 1000; /* no clock is so far from UTC */
    int64_t midnight = day * day_ms;
    struct era era = era_at(zone, midnight - offset_most);
    struct zone_clock clock = {midnight, era.offset, era.offset, ZONE_NO_CHANGE};
    while (era.until < midnight + day_ms + offset_most) {
        struct era next = era_at(zone, era.until);
        /* The change is this day's if the clock skips or repeats a part of it, or stops there. */
        int64_t from = era.until + (era.offset < next.offset ? era.offset : next.offset);
        int64_t to = era.until + (era.offset < next.offset ? next.offset : era.offset);
        if (from >= midnight + day_ms) {
            break;
        }
        clock.after = next.offset;
        if (to > midnight && era.offset != next.offset) {
            clock.change = era.until;
            break;
        }
        clock.before = next.offset;
        era = next;
    }
    return clock;
}

int64_t zone_instant(const struct zone_clock *clock, unsigned minute_of_day, bool again)
{
    int64_t local = clock->midnight + (int64_t)minute_of_day * 60 * 1000;
    bool has_first = local - clock->before < clock->change;
    bool has_second = local - clock->after >= clock->change;
    if (!has_first && !has_second) {
        return clock->change;
    }
    return has_first && !(again && has_second) ? local - clock->before : local - clock->after;
}

/* ICU names a zone only where its people do: CET in en_GB, EST in en_US; elsewhere it is GMT+1. */
static bool format_in(const char *locale, const UChar *zone, int64_t at_ms,
                      UChar out[FORMATTED_UNITS_MAX])
{
    UChar pattern[32];
    UErrorCode status = U_ZERO_ERROR;
    (void)u_uastrcpy(pattern, "EEE d MMM HH:mm zzz");
    UDateFormat *format =
        udat_open(UDAT_PATTERN, UDAT_PATTERN, locale, zone, -1, pattern, -1, &status);
    must(status);
    (void)udat_format(format, (UDate)at_ms, out, FORMATTED_UNITS_MAX, NULL, &status);
    must(status);
    udat_close(format);
    UChar offset[8];
    (void)u_uastrcpy(offset, " GMT");
    const UChar *found = u_strstr(out, offset);
    return found == NULL || found[4] == 0;
}

void zone_format(const char *name, int64_t at_ms, char *out, size_t size)
{
    static const char *const locales[] = {"en_GB", "en_US", "en_AU", "en_CA",
                                          "en_NZ", "en_ZA", "en_IN"};
    UChar zone[NAME_UNITS_MAX];
    UChar text[FORMATTED_UNITS_MAX];
    char plain[FORMATTED_UNITS_MAX];
    if (size == 0 || !name_widen(name, zone)) {
        return;
    }
    bool named = false;
    for (size_t i = 0; i < LENGTH(locales) && !named; i++) {
        named = format_in(locales[i], zone, at_ms, text);
    }
    if (!named) {
        (void)format_in(locales[0], zone, at_ms, text);
    }
    (void)u_austrncpy(plain, text, sizeof plain - 1);
    plain[sizeof plain - 1] = '\0';
    size_t length = strlen(plain) < size ? strlen(plain) : size - 1;
    memcpy(out, plain, length);
    out[length] = '\0';
}
