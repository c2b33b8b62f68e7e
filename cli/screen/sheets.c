/* The list of sheets, and what several share. */
#include "cli/screen/sheets.h"

#include <stdio.h>
#include <time.h>

const struct sheet_kind sheet_kinds[SHEET_COUNT] = {
#define SHEET(id, name, title, questions, scope) {title, questions, scope, sheet_##name},
#include "cli/screen/sheets.def"
#undef SHEET
};

bool sheet_has_answers(const struct sheet_source *source, unsigned questions, struct sheet *sheet)
{
    const struct answers *answers = &source->known->answers;
    sheet->pending = answers->refusal[0] != '\0' || (answers->answered & questions) != questions;
    if (answers->refusal[0] != '\0') {
        struct buffer text = {0};
        style_wrap(source->style, TONE_BAD, answers->refusal, 0, &text);
        sheet_text(sheet, buffer_text(&text));
        buffer_free(&text);
        return false;
    }
    if (sheet->pending) {
        sheet_text(sheet, "asking the coordinator");
    }
    return !sheet->pending;
}

void sheet_target_list(const struct sheet_source *source, const char *none, struct sheet *sheet)
{
    const struct answers *answers = &source->known->answers;
    if (!sheet_has_answers(source, QUESTION_TARGETS, sheet)) {
        return;
    }
    if (answers->targets.count == 0) {
        sheet_text(sheet, none);
        return;
    }
    const char **names = arena_array(sheet->arena, answers->targets.count, sizeof *names);
    for (size_t i = 0; i < answers->targets.count; i++) {
        names[i] = answers->targets.items[i].place.name;
    }
    if (answers->cut) {
        sheet_text(sheet, "There are more than these 2,000: / filters\n");
    }
    struct table table = status_target_table(&answers->targets, &source->progress, sheet->arena);
    sheet_table(sheet, &table, source->style, LEAD_TARGET, names);
}

void sheet_log_lines(const struct sheet_source *source, const struct log_lines *log, bool leads,
                     struct sheet *sheet)
{
    enum { TIME_COLUMNS = 10 };
    for (size_t i = 0; i < log_lines_kept(log); i++) {
        const struct log_entry *line = log_lines_at(log, i);
        struct buffer text = {0};
        struct tm local = {0};
        char clock[16];
        time_t seconds = (time_t)(line->at_ms / 1000);
        (void)localtime_r(&seconds, &local);
        (void)strftime(clock, sizeof clock, "%H:%M:%S", &local);
        buffer_printf(&text, "%s  ", clock);
        style_wrap(source->style, tone_of_level(line->level), line->sentence, TIME_COLUMNS, &text);
        sheet_lead(sheet, leads && line->target[0] != '\0' ? LEAD_TARGET : LEAD_NOWHERE,
                   line->target, buffer_text(&text));
        buffer_free(&text);
    }
    if (log_lines_kept(log) == 0) {
        sheet_text(sheet, "Nothing of that kind happened.");
    }
}
