/* A sheet: what the full screen shows under its heading. Lines, some of which lead further. */
#ifndef DROVER_SCREEN_SHEET_H
#define DROVER_SCREEN_SHEET_H

#include "cli/text/style.h"
#include "cli/text/table.h"
#include "common/base/arena.h"

/* What Enter opens on a line. */
enum lead {
    LEAD_NOWHERE,
    LEAD_TARGETS, /* the targets of a scope */
    LEAD_TARGET,  /* one, by name */
};

struct sheet_line {
    const char *text; /* with the marks of style_append */
    enum lead lead;
    const char *where; /* the scope, or the name */
};

struct sheet {
    struct arena *arena; /* borrowed; holds the lines */
    struct sheet_line *lines;
    size_t count;
    size_t capacity;
    bool pending; /* an answer is missing: the lines say so and no more */
};

/* Each line of `text`. */
void sheet_text(struct sheet *sheet, const char *text);

/* The same; each of them leads to `where`, which is copied. */
void sheet_lead(struct sheet *sheet, enum lead lead, const char *where, const char *text);

/* A table: the row i leads to wheres[i]. */
void sheet_table(struct sheet *sheet, struct table *table, const struct style *style,
                 enum lead lead, const char *const *wheres);

/* The first line that leads somewhere, or else the first. */
size_t sheet_first_lead(const struct sheet *sheet);

#endif
