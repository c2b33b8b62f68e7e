/* The waves: bars, a table whose rows lead to the targets of a wave, and what they wait for. */
#include "cli/line/scope.h"
#include "cli/plan/plan_text.h"
#include "cli/report/progress.h"
#include "cli/report/report.h"
#include "cli/screen/sheets.h"

static void expected_end(const struct sheet_source *source, struct buffer *out)
{
    const struct known *known = source->known;
    if (!known->over && (known->answers.answered & QUESTION_FORECAST) != 0 &&
        known->answers.refusal[0] == '\0') {
        forecast_line(&known->answers.ahead.forecast, source->progress.now_ms, out);
    }
}

/* Nothing when the name has no place in a scope. */
static const char *wave_scope(const struct wave_status *wave, struct arena *arena)
{
    const char *value = scope_value(arena, wave->name);
    return value == NULL ? "" : arena_printf(arena, "wave=%s", value);
}

static void table_fill(const struct sheet_source *source, struct sheet *sheet)
{
    const struct wave_status_list *waves = &source->progress.waves;
    struct buffer text = {0};
    size_t first = sheet->count + 1; /* behind the headings */
    report_waves(&source->progress, source->style, &text);
    sheet_text(sheet, buffer_text(&text));
    for (size_t i = 0; i < waves->count && first + i < sheet->count; i++) {
        sheet->lines[first + i].where = wave_scope(&waves->items[i], sheet->arena);
        sheet->lines[first + i].lead =
            sheet->lines[first + i].where[0] == '\0' ? LEAD_NOWHERE : LEAD_TARGETS;
    }
    buffer_free(&text);
}

void sheet_waves(const struct sheet_source *source, struct sheet *sheet)
{
    struct buffer text = {0};
    progress_bars(&source->progress, source->style, &text);
    buffer_text_append(&text, "\n");
    sheet_text(sheet, buffer_text(&text));
    table_fill(source, sheet);
    buffer_clear(&text);
    expected_end(source, &text);
    sheet_text(sheet, buffer_text(&text));
    buffer_clear(&text);
    status_holds_render(&source->progress, source->style, &text);
    sheet_text(sheet, buffer_text(&text));
    buffer_free(&text);
}
