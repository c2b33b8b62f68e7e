/* Fuzzing windows of time: eight bytes of the asked time, two of the duration in minutes, one that
 * picks a time zone, the rest is the schedule. An opening holds the time or comes after it, and is
 * the answer for every time within it. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"
#include "common/calendar/calendar.h"

enum { HEAD_BYTES = 11, MINUTE_MS = 60 * 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void window_check(const struct calendar_window *window, uint64_t at_ms)
{
    uint64_t opens_ms = 0;
    uint64_t closes_ms = 0;
    uint64_t again_opens_ms = 0;
    uint64_t again_closes_ms = 0;
    calendar_window_next(window, at_ms, &opens_ms, &closes_ms);
    if (opens_ms == UINT64_MAX) {
        return;
    }
    if (opens_ms >= closes_ms || closes_ms <= at_ms) {
        abort();
    }
    const uint64_t joined_ms = CALENDAR_JOINED_DAYS * UINT64_C(24) * 60 * MINUTE_MS;
    bool cut = closes_ms - opens_ms >= joined_ms;
    calendar_window_next(window, closes_ms - 1, &again_opens_ms, &again_closes_ms);
    if (!cut && (again_opens_ms != opens_ms || again_closes_ms != closes_ms)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const zones[] = {"", "Europe/Berlin", "Australia/Lord_Howe",
                                        "America/Santiago"};
    /* From 2012 to 2100. */
    const uint64_t first_ms = UINT64_C(1325376000000);
    const uint64_t range_ms = UINT64_C(2777000000000);
    struct arena arena = {0};
    struct error error = {0};
    const struct calendar_window *window = NULL;
    uint64_t at_ms = 0;
    uint16_t minutes = 0;
    if (size < HEAD_BYTES) {
        return 0;
    }
    memcpy(&at_ms, data, sizeof at_ms);
    memcpy(&minutes, data + sizeof at_ms, sizeof minutes);
    const char *zone = zones[data[HEAD_BYTES - 1] % (LENGTH(zones))];
    char *schedule = arena_strndup(&arena, (const char *)data + HEAD_BYTES, size - HEAD_BYTES);
    if (calendar_window_parse(&arena, schedule, (minutes + UINT64_C(1)) * MINUTE_MS, zone, &window,
                              &error) == 0) {
        window_check(window, first_ms + at_ms % range_ms);
    } else if (error.message[0] == '\0' || error.hint[0] == '\0') {
        abort();
    }
    arena_free(&arena);
    return 0;
}
