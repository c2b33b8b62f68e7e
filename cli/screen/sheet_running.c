/* What runs: who blocks whom, then each target with what it is at. */
#include "cli/report/live_text.h"
#include "cli/screen/sheets.h"

static void target_fill(const struct sheet_source *source, const struct target_status *target,
                        struct sheet *sheet)
{
    enum { INDENT = 4 };
    struct buffer line = {0};
    struct buffer text = {0};
    buffer_printf(&line, "%s: ", target->place.name);
    live_target_append(target, &line);
    style_wrap(source->style, target->activity.blocker_count > 0 ? TONE_CAUTION : TONE_PLAIN,
               buffer_text(&line), INDENT, &text);
    sheet_lead(sheet, LEAD_TARGET, target->place.name, buffer_text(&text));
    buffer_free(&line);
    buffer_free(&text);
}

void sheet_running(const struct sheet_source *source, struct sheet *sheet)
{
    const struct answers *answers = &source->known->answers;
    struct message_progress blocked = source->progress;
    struct buffer text = {0};
    blocked.running_list.count = blocked.waiting_list.count = 0;
    live_render(&blocked, true, source->style, &text);
    sheet_text(sheet, buffer_text(&text));
    sheet_text(sheet, text.length > 0 ? "\n" : "");
    buffer_free(&text);
    if (!sheet_has_answers(source, QUESTION_TARGETS, sheet)) {
        return;
    }
    for (size_t i = 0; i < answers->targets.count; i++) {
        target_fill(source, &answers->targets.items[i], sheet);
    }
    if (answers->targets.count == 0) {
        sheet_text(sheet, "Nothing runs.");
    }
}
