/* Moments. */
#include "cli/text/point_in_time.h"

#include <stdbool.h>
#include <time.h>

#include "cli/text/style.h"

enum { MOMENT_BYTES = 64, DAY_SECONDS = 24 * 3600 };

#define NEAR_MS  (UINT64_C(6) * 24 * 3600 * 1000)
#define SHORT_MS (UINT64_C(10) * 60 * 1000) /* of a span: seconds tell its ends apart */

static struct tm local_of(uint64_t at_ms)
{
    struct tm local = {0};
    time_t seconds = (time_t)(at_ms / 1000);
    (void)localtime_r(&seconds, &local);
    return local;
}

void moment_clock_append(struct buffer *out, uint64_t at_ms, uint64_t span_ms)
{
    const uint64_t hour_ms = UINT64_C(3600) * 1000;
    char text[MOMENT_BYTES] = "";
    struct tm local = local_of(at_ms);
    if (span_ms < hour_ms) {
        (void)strftime(text, sizeof text, "%H:%M:%S", &local);
    } else if (span_ms < 20 * hour_ms) {
        (void)strftime(text, sizeof text, "%H:%M", &local);
    } else {
        (void)strftime(text, sizeof text, "%d %b %H:%M", &local);
    }
    buffer_text_append(out, text);
}

void moment_exact_append(struct buffer *out, uint64_t at_ms)
{
    char text[MOMENT_BYTES + MOMENT_BYTES] = "";
    struct tm local = local_of(at_ms);
    (void)strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %Z", &local);
    buffer_text_append(out, text);
}

void moment_date_append(struct buffer *out, uint64_t at_ms)
{
    char text[MOMENT_BYTES] = "";
    struct tm local = local_of(at_ms);
    (void)strftime(text, sizeof text, "%Y-%m-%d %H:%M %Z", &local);
    buffer_text_append(out, text);
}

void moment_append(struct buffer *out, uint64_t at_ms, uint64_t now_ms)
{
    char text[MOMENT_BYTES] = "";
    struct tm at = local_of(at_ms);
    struct tm now = local_of(now_ms);
    uint64_t distance = at_ms > now_ms ? at_ms - now_ms : now_ms - at_ms;
    if (at.tm_year == now.tm_year && at.tm_yday == now.tm_yday) {
        (void)strftime(text, sizeof text, "%H:%M %Z", &at);
    } else if (distance < NEAR_MS) {
        (void)strftime(text, sizeof text, "%a %H:%M %Z", &at);
    } else {
        moment_date_append(out, at_ms);
    }
    buffer_text_append(out, text);
}

void moment_span_append(struct buffer *out, uint64_t start_ms, uint64_t finish_ms, uint64_t now_ms)
{
    char from[MOMENT_BYTES] = "";
    char to[MOMENT_BYTES] = "";
    struct tm start = local_of(start_ms);
    struct tm finish = local_of(finish_ms);
    bool short_one = finish_ms < start_ms + SHORT_MS && start.tm_yday == finish.tm_yday;
    if (!short_one) {
        moment_append(out, start_ms, now_ms);
        buffer_text_append(out, " to ");
        moment_append(out, finish_ms, now_ms);
        return;
    }
    (void)strftime(from, sizeof from, "%H:%M:%S", &start);
    (void)strftime(to, sizeof to, "%H:%M:%S %Z", &finish);
    buffer_printf(out, "%s to %s", from, to);
}

/* "9 s", "4 min 10 s", "2 h 10 min", "3 days" */
static void distance_append(struct buffer *out, uint64_t seconds)
{
    if (seconds < 60) {
        buffer_printf(out, "%u s", (unsigned)seconds);
    } else if (seconds < DAY_SECONDS) {
        duration_append(out, seconds * 1000);
    } else {
        buffer_count(out, (seconds + DAY_SECONDS / 2) / DAY_SECONDS, "day");
    }
}

void moment_ahead_append(struct buffer *out, uint64_t at_ms, uint64_t now_ms)
{
    moment_append(out, at_ms, now_ms);
    if (at_ms > now_ms) {
        buffer_text_append(out, " (in ");
        distance_append(out, (at_ms - now_ms + 999) / 1000);
        buffer_text_append(out, ")");
    }
}
