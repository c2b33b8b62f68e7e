/* A table of text for people: columns as wide as their widest cell, two blanks between them. On a terminal that is
 * too narrow the last column is wrapped between words, or, where no room is left for it, each row stands on several
 * lines: no word is broken. */
#ifndef DROVER_TEXT_TABLE_H
#define DROVER_TEXT_TABLE_H

#include "cli/text/style.h"
#include "common/base/arena.h"

struct table_column {
    const char *heading;
    bool right; /* numbers */
};

struct table {
    struct arena *arena; /* borrowed; holds the cells */
    const struct table_column *columns;
    size_t column_count;
    const char ***rows;
    size_t row_count;
    size_t row_capacity;
    bool cut;   /* the last column ends where the terminal does */
    bool whole; /* a row stands on one line, whatever its length: somebody counts them */
};

void table_init(struct table *table, struct arena *arena, const struct table_column *columns,
                size_t column_count);

/* As many cells as columns; copied. */
void table_row(struct table *table, const char *const *cells);

void table_render(const struct table *table, const struct style *style, struct buffer *out);

#endif
