/* The report: how a rollout ended, for people. Pure: renders into a buffer. */
#ifndef DROVER_REPORT_REPORT_H
#define DROVER_REPORT_REPORT_H

#include "cli/text/style.h"
#include "common/wire/message.h"

/* On a terminal without -v. */
enum { REPORT_TARGETS_SHOWN = 8 /* of one group */, REPORT_GROUPS_SHOWN = 8 };

/* The table of waves, and what they wait for; nothing when no wave was formed. */
void report_waves(const struct message_progress *progress, const struct style *style,
                  struct buffer *out);

/* Failures grouped by cause: how many, then for each group heading, message, detail, hint, place,
 * names. `every`: all groups, and every name that travels; otherwise as many as above. */
void report_failures(const struct failure_group_list *failures, bool every,
                     const struct style *style, struct buffer *out);

/* "sqlstate=23505,revision=ae10": the scope that tells the targets of a group. */
void report_group_scope(const struct failure_group *group, struct buffer *out);

/* The same as issues of the pipeline's run, with their places. */
void report_issues(const struct failure_group_list *failures);

/* Waves, failures, the closing sentence (with the time it took unless
 * that is 0), and what to do next. */
void report_finished(const struct message_progress *progress,
                     const struct message_finished *finished, uint64_t elapsed_ms, bool every,
                     const struct style *style, struct buffer *out);

#endif
