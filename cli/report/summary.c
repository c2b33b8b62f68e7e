/* The summary: a heading, the waves as a table, the failures by cause. */
#include "cli/report/summary.h"

#include <string.h>

#include "cli/report/group_text.h"
#include "cli/report/progress.h"
#include "cli/text/style.h"
#include "common/vocabulary/failure.h"

enum { TARGETS_SHOWN = 50 };

void markdown_append(struct buffer *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '<') {
            buffer_text_append(out, "&lt;");
        } else if (*c == '&') {
            buffer_text_append(out, "&amp;");
        } else if (*c == '\n' || *c == '\r') {
            buffer_text_append(out, " ");
        } else if (strchr("\\`*_{}[]()#+!|~>$", *c) != NULL) {
            buffer_printf(out, "\\%c", *c);
        } else {
            buffer_append(out, c, 1);
        }
    }
}

static void waves_append(const struct message_progress *progress, struct buffer *out)
{
    if (progress->waves.count == 0) {
        return;
    }
    buffer_text_append(out, "| Wave | State | Targets | Deployed | Unchanged | Failed |\n"
                            "|---|---|--:|--:|--:|--:|\n");
    for (size_t i = 0; i < progress->waves.count; i++) {
        const struct wave_status *wave = &progress->waves.items[i];
        buffer_text_append(out, "| ");
        markdown_append(out, wave->name);
        buffer_printf(out, " | %s | %u | %u | %u | %u |\n", wave_state_word(wave->state),
                      wave->counts.targets, wave->counts.deployed, wave->counts.unchanged,
                      wave->counts.failed);
    }
    buffer_text_append(out, "\n");
}

static void field_append(const char *name, const char *text, struct buffer *out)
{
    if (text[0] != '\0') {
        buffer_printf(out, "- %s: ", name);
        markdown_append(out, text);
        buffer_text_append(out, "\n");
    }
}

static void failure_append(const struct failure_group *group, struct buffer *out)
{
    buffer_text_append(out, "#### ");
    buffer_count(out, group_size(group), "target");
    buffer_text_append(out, ": ");
    markdown_append(out, failure_cause_heading(group->failure.cause));
    buffer_text_append(out, "\n\n");
    field_append("message", group->failure.message, out);
    field_append("detail", group->failure.detail, out);
    field_append("hint", group->failure.hint, out);
    field_append("at", group->failure.location, out);
    field_append("SQLSTATE", group->failure.sqlstate, out);
    buffer_text_append(out, "- targets:");
    for (size_t i = 0; i < group->targets.count && i < TARGETS_SHOWN; i++) {
        buffer_text_append(out, i == 0 ? " " : ", ");
        markdown_append(out, group->targets.items[i]);
    }
    size_t shown = group->targets.count < TARGETS_SHOWN ? group->targets.count : TARGETS_SHOWN;
    if (group_size(group) > shown) {
        buffer_printf(out, " and %zu more", group_size(group) - shown);
    }
    buffer_text_append(out, "\n\n");
}

void summary_finished(const struct message_progress *progress,
                      const struct message_finished *finished, uint64_t elapsed_ms,
                      struct buffer *out)
{
    buffer_text_append(out, "### ");
    if (progress != NULL) {
        markdown_append(out, progress->status.verb);
        buffer_printf(out, " %s ", progress_joint(progress->status.verb));
        markdown_append(out, progress->status.spec);
        buffer_text_append(out, ": ");
    }
    markdown_append(out, rollout_state_word(finished->status.state));
    buffer_text_append(out, "\n\n");
    markdown_append(out, finished->sentence);
    if (elapsed_ms > 0) {
        buffer_text_append(out, " (");
        duration_append(out, elapsed_ms);
        buffer_text_append(out, ")");
    }
    buffer_text_append(out, "\n\n");
    if (finished->status.digest[0] != '\0') {
        buffer_printf(out, "Plan `%s`, rollout `%s`\n\n", finished->status.digest,
                      finished->status.rollout);
    }
    if (progress != NULL) {
        waves_append(progress, out);
    }
    for (size_t i = 0; i < finished->failures.count; i++) {
        failure_append(&finished->failures.items[i], out);
    }
}

/* As code: indented lines, which no text can end. */
void summary_plan(const char *text, struct buffer *out)
{
    buffer_text_append(out, "### Plan\n\n");
    while (*text != '\0') {
        size_t length = strcspn(text, "\r\n");
        buffer_text_append(out, "    ");
        buffer_append(out, text, length);
        buffer_text_append(out, "\n");
        text += length;
        text += *text == '\0' ? 0 : 1;
    }
    buffer_text_append(out, "\n");
}
