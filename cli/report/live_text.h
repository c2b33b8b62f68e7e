/* Targets that run or wait, and who is in whose way: for people. */
#ifndef DROVER_REPORT_LIVE_TEXT_H
#define DROVER_REPORT_LIVE_TEXT_H

#include "cli/text/style.h"
#include "common/wire/message.h"

/* The sections RUNNING, WAITING and BLOCKED of a status; nothing when nothing is worth a look. `every`: all that
 * PROGRESS holds. */
void live_render(const struct message_progress *progress, bool every, const struct style *style,
                 struct buffer *out);

/* "us_acme_15: r17 statement 2 of 2, 1 min 12 s, waits 12 s for ..., blocked by pid 4711, ...", without its name: what a
 * target that has a worker is at. */
void live_target_append(const struct target_status *target, struct buffer *out);

/* One line, of the worst that runs or of the blockage with most targets; nothing when all goes well. */
void live_line(const struct message_progress *progress, struct buffer *out);

#endif
