/* The summary of a finished rollout, with when its waves ran and who did what. */
#include "cli/report/account.h"
#include "cli/report/summary.h"
#include "cli/text/point_in_time.h"
#include "cli/text/style.h"

static void spans_append(const struct account *account, struct buffer *out)
{
    struct arena arena = {0};
    struct spans spans = account_spans(account, &arena);
    buffer_text_append(out, "#### When\n\n| Wave | Began | Ended | Took |\n|---|---|---|---|\n");
    for (size_t i = 0; i < spans.count; i++) {
        const struct span *span = &spans.items[i];
        bool ended = span->end_ms > 0;
        buffer_text_append(out, "| ");
        markdown_append(out, span->name);
        buffer_text_append(out, " | ");
        moment_exact_append(out, span->begin_ms);
        buffer_text_append(out, " | ");
        if (ended) {
            moment_exact_append(out, span->end_ms);
        }
        buffer_text_append(out, " | ");
        duration_append(out, (ended ? span->end_ms : account_end_ms(account)) - span->begin_ms);
        buffer_printf(out, "%s |\n", ended ? "" : " so far");
    }
    buffer_text_append(out, "\n");
    arena_free(&arena);
}

static void deeds_append(const struct account *account, struct buffer *out)
{
    buffer_text_append(out, "#### Who did what\n\n");
    for (size_t i = 0; i < account->entries.count; i++) {
        const struct log_entry *entry = &account->entries.items[i];
        if (entry_is_deed(entry)) {
            buffer_text_append(out, "- ");
            moment_exact_append(out, entry->at_ms);
            buffer_text_append(out, ": ");
            markdown_append(out, entry->sentence);
            buffer_text_append(out, "\n");
        }
    }
}

void account_markdown(const struct account *account, struct buffer *out)
{
    summary_finished(&account->progress, &account->finished,
                     account_end_ms(account) - account->progress.status.started_ms, out);
    spans_append(account, out);
    deeds_append(account, out);
}
