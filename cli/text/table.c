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

/* ---- layout ---- */

enum {
    GAP = 2,
    INDENT = 4, /* of the second and further lines of a row */
    CUT_LEAST = 12,
    LAST_LEAST = 24, /* columns that make it worth wrapping the last cell */
};

/* Where each column stands. */
struct placing {
    size_t *widths;
    size_t *begins; /* on its line, from 0 */
    bool *breaks;   /* it begins a line of its row */
};

static size_t column_width(const struct table *table, size_t column)
{
    size_t width = style_columns(table->columns[column].heading);
    for (size_t row = 0; row < table->row_count; row++) {
        size_t cell = style_columns(table->rows[row][column]);
        width = cell > width ? cell : width;
    }
    return width;
}

/* Whether one line holds a row, with some room for the last cell. */
static bool fits(const struct table *table, const size_t *widths, const struct style *style)
{
    size_t used = 0;
    for (size_t i = 0; i + 1 < table->column_count; i++) {
        used += widths[i] + GAP;
    }
    size_t last = widths[table->column_count - 1];
    bool wraps = !table->columns[table->column_count - 1].right;
    return used + (wraps && last > LAST_LEAST ? LAST_LEAST : last) < style->width;
}

static struct placing place(const struct table *table, const struct style *style)
{
    size_t count = table->column_count;
    struct placing placing = {.widths = arena_array(table->arena, count, sizeof(size_t)),
                              .begins = arena_array(table->arena, count, sizeof(size_t)),
                              .breaks = arena_array(table->arena, count, sizeof(bool))};
    for (size_t i = 0; i < count; i++) {
        placing.widths[i] = column_width(table, i);
    }
    bool folds = style->terminal && !table->whole && !fits(table, placing.widths, style);
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        bool last = i + 1 == count && !table->columns[i].right;
        size_t width = placing.widths[i];
        size_t needed = last && width > LAST_LEAST ? LAST_LEAST : width;
        placing.breaks[i] = folds && i > 0 && at + needed >= style->width;
        at = placing.breaks[i] ? INDENT : at;
        placing.begins[i] = at;
        at += width + GAP;
    }
    return placing;
}

/* ---- cells ---- */

/* A last cell: as much as fits, or over several lines below its beginning. */
static void last_append(const struct table *table, size_t begins, const char *text, enum tone tone,
                        const struct style *style, struct buffer *out)
{
    bool wide = style->terminal && begins + style_columns(text) >= style->width;
    if (!wide) {
        style_append(style, tone, text, out);
    } else if (table->cut) {
        size_t room = style->width > begins + CUT_LEAST ? style->width - begins - 1 : CUT_LEAST;
        size_t bytes = style_fitting_bytes(text, room - 3);
        style_append(style, tone, arena_printf(table->arena, "%.*s...", (int)bytes, text), out);
    } else {
        style_wrap(style, tone, text, (unsigned)begins, out);
    }
}

static void cell_append(const struct table *table, const struct placing *placing, size_t column,
                        const char *text, enum tone tone, const struct style *style,
                        struct buffer *out)
{
    size_t columns = style_columns(text);
    size_t width = placing->widths[column];
    size_t blanks = width > columns ? width - columns : 0;
    bool last = column + 1 == table->column_count;
    if (table->columns[column].right) {
        buffer_printf(out, "%*s", (int)blanks, "");
        blanks = 0;
    } else if (last) {
        last_append(table, placing->begins[column], text, tone, style, out);
        return;
    }
    style_append(style, tone, text, out);
    if (!last) {
        buffer_printf(out, "%*s", (int)blanks + GAP, "");
    }
}

/* Blanks of empty last cells do not stay at the end of the line. */
static void line_end(struct buffer *out)
{
    while (out->length > 0 &&
           (out->data[out->length - 1] == ' ' || out->data[out->length - 1] == '\n')) {
        out->data[--out->length] = '\0';
    }
    buffer_text_append(out, "\n");
}

/* Whether the line of the row that begins with this column says anything. */
static bool line_says(const struct table *table, const struct placing *placing,
                      const char *const *cells, size_t column)
{
    do {
        if (cells[column][0] != '\0') {
            return true;
        }
        column++;
    } while (column < table->column_count && !placing->breaks[column]);
    return false;
}

static void row_append(const struct table *table, const struct placing *placing,
                       const char *const *cells, enum tone tone, const struct style *style,
                       struct buffer *out)
{
    bool says = true;
    for (size_t column = 0; column < table->column_count; column++) {
        if (placing->breaks[column]) {
            says = line_says(table, placing, cells, column);
            if (says) {
                line_end(out);
                buffer_printf(out, "%*s", INDENT, "");
            }
        }
        if (says) {
            cell_append(table, placing, column, cells[column], tone, style, out);
        }
    }
    line_end(out);
}

void table_render(const struct table *table, const struct style *style, struct buffer *out)
{
    struct placing placing = place(table, style);
    const char **headings = arena_array(table->arena, table->column_count, sizeof *headings);
    for (size_t column = 0; column < table->column_count; column++) {
        headings[column] = table->columns[column].heading;
    }
    row_append(table, &placing, headings, TONE_FAINT, style, out);
    for (size_t row = 0; row < table->row_count; row++) {
        row_append(table, &placing, table->rows[row], TONE_PLAIN, style, out);
    }
}
