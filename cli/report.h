/* The report: how a rollout ended, for people. Pure: renders into a buffer. */
#ifndef DROVER_CLI_REPORT_H
#define DROVER_CLI_REPORT_H

#include "cli/style.h"
#include "common/wire/message.h"

enum { REPORT_TARGETS_SHOWN = 20 }; /* of one group, on a terminal without -v */

/* The table of waves; nothing when no wave was formed. */
void report_waves(const struct message_progress *progress, const struct style *style,
                  struct buffer *out);

/* Failures grouped by cause: heading, message, detail, hint, place, names. `every` name is shown,
 * or at most REPORT_TARGETS_SHOWN. */
void report_failures(const struct failure_group_list *failures, bool every,
                     const struct style *style, struct buffer *out);

/* Waves, failures, the closing sentence (with the time it took unless that is 0), and what to do
 * next. */
void report_finished(const struct message_progress *progress,
                     const struct message_finished *finished, uint64_t elapsed_ms, bool every,
                     const struct style *style, struct buffer *out);

#endif
