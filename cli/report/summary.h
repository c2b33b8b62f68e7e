/* The summary: how a rollout ended, as a page of Markdown for a pipeline's run. Pure. */
#ifndef DROVER_REPORT_SUMMARY_H
#define DROVER_REPORT_SUMMARY_H

#include "common/base/buffer.h"
#include "common/wire/message.h"

/* `progress` may be NULL. Names and messages are quoted: they cannot add Markdown or HTML. */
void summary_finished(const struct message_progress *progress,
                      const struct message_finished *finished, uint64_t elapsed_ms,
                      struct buffer *out);

/* What `drover plan` printed, as it stands. */
void summary_plan(const char *text, struct buffer *out);

/* Text in a line or a cell of a table. */
void markdown_append(struct buffer *out, const char *text);

#endif
