/* The servers by the states of their targets, what is wrong with them, and the workers. */
#include "cli/line/scope.h"
#include "cli/report/grouping.h"
#include "cli/screen/sheets.h"

static void targets_count(const struct sheet_source *source, struct sheet *sheet)
{
    const struct answers *answers = &source->known->answers;
    struct buffer text = {0};
    struct texts servers = {0};
    size_t first = sheet->count + 1; /* behind the headings */
    servers = grouping_render(&answers->targets, &source->progress.waves, "server", source->style,
                              sheet->arena, &text);
    sheet_text(sheet, buffer_text(&text));
    for (size_t i = 0; i < servers.count && first + i < sheet->count; i++) {
        const char *value = scope_value(sheet->arena, servers.items[i]);
        if (value != NULL) {
            sheet->lines[first + i].lead = LEAD_TARGETS;
            sheet->lines[first + i].where = arena_printf(sheet->arena, "server=%s", value);
        }
    }
    if (answers->cut) {
        sheet_text(sheet, "Only the first 2,000 targets are counted: / filters");
    }
    buffer_free(&text);
}

void sheet_servers(const struct sheet_source *source, struct sheet *sheet)
{
    struct buffer text = {0};
    if (sheet_has_answers(source, QUESTION_TARGETS, sheet)) {
        targets_count(source, sheet);
    }
    status_servers_render(&source->progress, source->style, &text);
    sheet_text(sheet, buffer_text(&text));
    buffer_free(&text);
}
