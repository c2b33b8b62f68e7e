/* Moments: points in time for people, in local time, and how far away they are. */
#ifndef DROVER_TEXT_POINT_IN_TIME_H
#define DROVER_TEXT_POINT_IN_TIME_H

#include <stdint.h>

#include "common/base/buffer.h"

/* "14:05 CET" on the same day as `now_ms`, "Tue 14:05 CET" within six days, else "2026-11-23 14:05 CET". */
void moment_append(struct buffer *out, uint64_t at_ms, uint64_t now_ms);

/* "14:05:09", "14:05" or "23 Nov 14:05": as exact as a picture over `span_ms` is. */
void moment_clock_append(struct buffer *out, uint64_t at_ms, uint64_t span_ms);

/* "2026-11-23 14:05:09 CET" */
void moment_exact_append(struct buffer *out, uint64_t at_ms);

/* "2026-11-23 14:05 CET" */
void moment_date_append(struct buffer *out, uint64_t at_ms);

/* "14:05 CET (in 4 min 10 s)"; without the distance when it is past. */
void moment_ahead_append(struct buffer *out, uint64_t at_ms, uint64_t now_ms);

/* "14:05 CET to 16:10 CET"; of less than ten minutes "14:05:10 to 14:05:40 CET". */
void moment_span_append(struct buffer *out, uint64_t start_ms, uint64_t finish_ms, uint64_t now_ms);

#endif
