/* What waits for its next attempt; above it what makes the rollout wait as a whole. */
#include "cli/report/live_text.h"
#include "cli/screen/sheets.h"

void sheet_waiting(const struct sheet_source *source, struct sheet *sheet)
{
    struct message_progress waiting = source->progress;
    struct buffer text = {0};
    waiting.running_list.count = waiting.blockages.count = 0;
    live_render(&waiting, true, source->style, &text);
    status_holds_render(&source->progress, source->style, &text);
    sheet_text(sheet, buffer_text(&text));
    sheet_text(sheet, text.length > 0 ? "\n" : "");
    buffer_free(&text);
    sheet_target_list(source, "No target waits for another attempt.", sheet);
}
