/* The sheets, by their list. Each fills a sheet from what is known. */
#ifndef DROVER_SCREEN_SHEETS_H
#define DROVER_SCREEN_SHEETS_H

#include "cli/screen/known.h"
#include "cli/screen/sheet.h"

enum { TAB_COUNT = 6 };

enum sheet_id {
#define SHEET(id, name, title, questions, scope) SHEET_##id,
#include "cli/screen/sheets.def"
#undef SHEET
    SHEET_COUNT
};

/* A sheet that is open, and where somebody stands on it. */
struct visit {
    enum sheet_id sheet;
    char *
        where; /* the scope, or the name of the target, that a line has led to; owned; "" for a tab */
    size_t line;  /* that is chosen */
    char *chosen; /* its `where`; owned */
    bool moved;   /* somebody chose it */
    size_t top;   /* the first that is shown */
    bool at_end;  /* stays at the end when lines are added */
};

/* What a sheet is made of. */
struct sheet_source {
    const struct known *known;
    struct message_progress progress; /* as of now */
    const struct visit *visit;        /* what led here */
    const char *filter;               /* "" for all */
    const struct style *style;
};

typedef void sheet_fill(const struct sheet_source *source, struct sheet *sheet);

struct sheet_kind {
    const char *title;
    unsigned questions;
    const char *scope;
    sheet_fill *fill;
};

extern const struct sheet_kind sheet_kinds[SHEET_COUNT];

#define SHEET(id, name, title, questions, scope) sheet_fill sheet_##name;
#include "cli/screen/sheets.def"
#undef SHEET

/* ---- what several share ---- */

/* False, and says so on the sheet: the answers are not there, or refused. */
bool sheet_has_answers(const struct sheet_source *source, unsigned questions, struct sheet *sheet);

/* Targets as a table, each of which leads to itself; `none` when there is none. */
void sheet_target_list(const struct sheet_source *source, const char *none, struct sheet *sheet);

/* Lines of a log. Those of a target lead to it, if `leads`. */
void sheet_log_lines(const struct sheet_source *source, const struct log_lines *log, bool leads,
                     struct sheet *sheet);

#endif
