/* A table of text for people. */
#include "cli/text/table.h"

#include <string.h>

void table_init(struct table *table, struct arena *arena, const struct table_column *columns,
                size_t column_count)
{
    *table = (struct table){.arena = arena, .columns = columns, .column_count = column_count};
}

void table_row(struct table *table, const char *const *cells)
{
    if (table->row_count == table->row_capacity) {
        table->row_capacity = table->row_capacity == 0 ? 16 : table->row_capacity * 2;
        const char ***grown = arena_array(table->arena, table->row_capacity, sizeof *grown);
        for (size_t i = 0; i < table->row_count; i++) {
            grown[i] = table->rows[i];
        }
        table->rows = grown;
    }
    const char **row = arena_array(table->arena, table->column_count, sizeof *row);
    for (size_t i = 0; i < table->column_count; i++) {
        row[i] = arena_strdup(table->arena, cells[i]);
    }
    table->rows[table->row_count++] = row;
}

/* As much of a last cell as fits on the line; at least a word of it. */
static const char *cell_cut(const struct table *table, const size_t *widths, const char *text,
                            const struct style *style)
{
    enum { LEAST = 12 };
    size_t before = 0;
    for (size_t i = 0; i + 1 < table->column_count; i++) {
        before += widths[i] + 2;
    }
    size_t room = style->width > before + LEAST ? style->width - before - 1 : LEAST;
    if (style_columns(text) <= room) {
        return text;
    }
    size_t bytes = style_fitting_bytes(text, room - 3);
    return arena_printf(table->arena, "%.*s...", (int)bytes, text);
}

static void cell_append(const struct table *table, size_t column, const size_t *widths,
                        const char *text, enum tone tone, const struct style *style,
                        struct buffer *out)
{
    size_t columns = style_columns(text);
    size_t blanks = widths[column] > columns ? widths[column] - columns : 0;
    bool last = column + 1 == table->column_count;
    if (last && table->cut) {
        text = cell_cut(table, widths, text, style);
    }
    if (table->columns[column].right) {
        buffer_printf(out, "%*s", (int)blanks, "");
        blanks = 0;
    }
    style_append(style, tone, text, out);
    if (!last) {
        buffer_printf(out, "%*s", (int)blanks + 2, "");
    }
}

/* Blanks of empty last cells do not stay at the end of the line. */
static void line_end(struct buffer *out)
{
    while (out->length > 0 && out->data[out->length - 1] == ' ') {
        out->data[--out->length] = '\0';
    }
    buffer_text_append(out, "\n");
}

void table_render(const struct table *table, const struct style *style, struct buffer *out)
{
    size_t *widths = arena_array(table->arena, table->column_count, sizeof *widths);
    for (size_t column = 0; column < table->column_count; column++) {
        widths[column] = style_columns(table->columns[column].heading);
        for (size_t row = 0; row < table->row_count; row++) {
            size_t width = style_columns(table->rows[row][column]);
            widths[column] = width > widths[column] ? width : widths[column];
        }
    }
    for (size_t column = 0; column < table->column_count; column++) {
        cell_append(table, column, widths, table->columns[column].heading, TONE_FAINT, style, out);
    }
    line_end(out);
    for (size_t row = 0; row < table->row_count; row++) {
        for (size_t column = 0; column < table->column_count; column++) {
            cell_append(table, column, widths, table->rows[row][column], TONE_PLAIN, style, out);
        }
        line_end(out);
    }
}
