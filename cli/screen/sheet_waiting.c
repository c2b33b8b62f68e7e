/* What waits for its next attempt; above it what makes the rollout wait as a whole. */
#include "cli/screen/sheets.h"

void sheet_waiting(const struct sheet_source *source, struct sheet *sheet)
{
    struct buffer text = {0};
    status_holds_render(&source->progress, source->style, &text);
    sheet_text(sheet, buffer_text(&text));
    sheet_text(sheet, text.length > 0 ? "\n" : "");
    buffer_free(&text);
    sheet_target_list(source, "No target waits for another attempt.", sheet);
}
