/* The visits. */
#include "cli/screen/visits.h"

#include <stdlib.h>
#include <string.h>

static void visit_end(struct visit *visit)
{
    free(visit->where);
    free(visit->chosen);
    *visit = (struct visit){0};
}

struct visit *visits_shown(struct visits *visits)
{
    return &visits->list[visits->count - 1];
}

void visits_open(struct visits *visits, enum sheet_id sheet, const char *where)
{
    bool help =
        sheet == SHEET_HELP && visits->count > 0 && visits_shown(visits)->sheet == SHEET_HELP;
    if (visits->count < VISITS_MOST && !help) {
        visits->list[visits->count++] = (struct visit){.sheet = sheet,
                                                       .where = memory_strdup(where),
                                                       .chosen = memory_strdup(""),
                                                       .at_end = sheet == SHEET_LOG};
    }
}

void visits_back(struct visits *visits)
{
    if (visits->count > 1) {
        visit_end(&visits->list[--visits->count]);
    }
}

void visits_tab(struct visits *visits, enum sheet_id sheet)
{
    visits_free(visits);
    visits_open(visits, sheet, "");
}

void visits_free(struct visits *visits)
{
    while (visits->count > 0) {
        visit_end(&visits->list[--visits->count]);
    }
}

/* ---- the place on a sheet ---- */

static bool is_chosen(const struct visit *visit, const struct sheet *sheet, size_t line)
{
    return line < sheet->count && strcmp(sheet->lines[line].where, visit->chosen) == 0;
}

/* A list whose lines moved: the chosen one goes along, to the nearest that leads to the same. */
static void chosen_follow(struct visit *visit, const struct sheet *sheet)
{
    size_t from = visit->line;
    if (visit->chosen[0] == '\0' || is_chosen(visit, sheet, from)) {
        return;
    }
    for (size_t distance = 1; distance <= from || from + distance < sheet->count; distance++) {
        if (is_chosen(visit, sheet, from + distance)) {
            visit->line = from + distance;
            return;
        }
        if (distance <= from && is_chosen(visit, sheet, from - distance)) {
            visit->line = from - distance;
            return;
        }
    }
}

static void choose(struct visit *visit, const struct sheet *sheet)
{
    free(visit->chosen);
    visit->chosen =
        memory_strdup(visit->line < sheet->count ? sheet->lines[visit->line].where : "");
}

void visit_settle(struct visit *visit, const struct sheet *sheet, size_t rows)
{
    size_t last = sheet->count > 0 ? sheet->count - 1 : 0;
    size_t last_top = sheet->count > rows ? sheet->count - rows : 0;
    if (!visit->moved) {
        visit->line = sheet_first_lead(sheet);
    }
    chosen_follow(visit, sheet);
    visit->line = visit->at_end || visit->line > last ? last : visit->line;
    choose(visit, sheet);
    if (visit->line < visit->top) {
        visit->top = visit->line;
    } else if (visit->line >= visit->top + rows) {
        visit->top = visit->line - rows + 1;
    }
    visit->top = visit->top > last_top ? last_top : visit->top;
}

void visit_move(struct visit *visit, const struct sheet *sheet, long lines)
{
    size_t last = sheet->count > 0 ? sheet->count - 1 : 0;
    size_t distance = (size_t)(lines > 0 ? lines : -lines);
    if (lines > 0) {
        visit->line =
            distance > last || visit->line > last - distance ? last : visit->line + distance;
    } else {
        visit->line = distance > visit->line ? 0 : visit->line - distance;
    }
    visit->moved = true;
    visit->at_end = visit->sheet == SHEET_LOG && visit->line == last;
    choose(visit, sheet);
}
