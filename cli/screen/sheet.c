/* Sheets. */
#include "cli/screen/sheet.h"

#include <string.h>

static struct sheet_line *line_add(struct sheet *sheet, const char *text, size_t length)
{
    if (sheet->count == sheet->capacity) {
        size_t capacity = sheet->capacity == 0 ? 64 : sheet->capacity * 2;
        struct sheet_line *grown = arena_array(sheet->arena, capacity, sizeof *grown);
        for (size_t i = 0; i < sheet->count; i++) {
            grown[i] = sheet->lines[i];
        }
        sheet->lines = grown;
        sheet->capacity = capacity;
    }
    struct sheet_line *line = &sheet->lines[sheet->count++];
    *line = (struct sheet_line){.text = arena_strndup(sheet->arena, text, length), .where = ""};
    return line;
}

void sheet_text(struct sheet *sheet, const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        (void)line_add(sheet, text, length);
        text += length;
        text += *text == '\n' ? 1 : 0;
    }
}

void sheet_lead(struct sheet *sheet, enum lead lead, const char *where, const char *text)
{
    size_t first = sheet->count;
    sheet_text(sheet, text);
    for (size_t i = first; i < sheet->count; i++) {
        sheet->lines[i].lead = lead;
        sheet->lines[i].where = arena_strdup(sheet->arena, where);
    }
}

void sheet_table(struct sheet *sheet, struct table *table, const struct style *style,
                 enum lead lead, const char *const *wheres)
{
    struct buffer text = {0};
    size_t first = sheet->count + 1; /* behind the headings */
    table->cut = table->whole = true;
    table_render(table, style, &text);
    sheet_text(sheet, buffer_text(&text));
    for (size_t i = 0; i < table->row_count && first + i < sheet->count; i++) {
        sheet->lines[first + i].lead = lead;
        sheet->lines[first + i].where = arena_strdup(sheet->arena, wheres[i]);
    }
    buffer_free(&text);
}

size_t sheet_first_lead(const struct sheet *sheet)
{
    size_t i = 0;
    while (i < sheet->count && sheet->lines[i].lead == LEAD_NOWHERE) {
        i++;
    }
    return i < sheet->count ? i : 0;
}
