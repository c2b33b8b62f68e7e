/* The picture. */
#include "cli/screen/picture.h"

#include <stdio.h>
#include <string.h>

#include "cli/report/progress.h"
#include "cli/screen/terminal.h"

enum { HIGH_ROWS = 12 /* lower than that the heading says less */ };

/* ---- heading ---- */

/* What makes it wait and what to do, or how it ended. */
static void reason_append(const struct known *known, const struct message_progress *progress,
                          struct buffer *out)
{
    const struct message_finished *finished = &known->finished;
    struct buffer next = {0};
    if (known->over) {
        buffer_text_append(out, finished->sentence[0] != '\0'
                                    ? finished->sentence
                                    : rollout_state_word(finished->status.state));
        return;
    }
    progress_waiting(progress, out);
    progress_next(progress, &next);
    buffer_printf(out, "%s%s", out->length > 0 && next.length > 0 ? "; " : "", buffer_text(&next));
    buffer_free(&next);
}

static void heading_append(const struct known *known, const struct message_progress *progress,
                           bool high, const struct style *style, struct buffer *out)
{
    enum { INDENT = 2 };
    struct buffer reason = {0};
    progress_heading(progress, &known->display.speed, style, out);
    if (high) {
        buffer_printf(out, "  rollout %s\n", progress->status.rollout);
        progress_counts(progress, &known->display.speed, style, out);
    }
    reason_append(known, progress, &reason);
    if (reason.length > 0) {
        buffer_text_append(out, "  ");
        style_wrap(style, known->over && known->finished.exit_code == 0 ? TONE_GOOD : TONE_CAUTION,
                   buffer_text(&reason), INDENT, out);
    }
    buffer_free(&reason);
}

/* Its lines, half of the screen at most; how many. */
static unsigned heading_put(const struct known *known, const struct message_progress *progress,
                            const char *lost, unsigned rows, const struct style *style)
{
    struct arena arena = {0};
    struct sheet lines = {.arena = &arena};
    struct buffer text = {0};
    size_t most = rows / 2 > 0 ? rows / 2 : 1;
    if (known_any(known)) {
        heading_append(known, progress, rows >= HIGH_ROWS, style, &text);
    } else {
        buffer_text_append(&text, known->display.known ? "There was no rollout yet: waiting for one"
                                                       : "asking the coordinator");
    }
    sheet_text(&lines, buffer_text(&text));
    buffer_clear(&text);
    if (lost[0] != '\0') {
        style_wrap(style, TONE_BAD, lost, 0, &text);
        sheet_text(&lines, buffer_text(&text));
    }
    unsigned row = 0;
    while (row < lines.count && row < most) {
        terminal_put(row, lines.lines[row].text, row == 0 ? LOOK_BAR : LOOK_PLAIN);
        row++;
    }
    buffer_free(&text);
    arena_free(&arena);
    return row;
}

static uint32_t tab_count(const struct message_progress *progress, enum sheet_id sheet)
{
    return sheet == SHEET_RUNNING    ? progress->counts.running
           : sheet == SHEET_WAITING  ? progress->counts.waiting
           : sheet == SHEET_FAILURES ? progress->counts.failed + progress->counts.refused
                                     : 0;
}

/* "[1 waves]  2 running 4  3 waiting ...": the one that is shown in brackets. */
static void tabs_put(const struct message_progress *progress, const struct visits *visits,
                     unsigned row)
{
    struct buffer text = {0};
    for (unsigned i = 0; i < TAB_COUNT; i++) {
        bool shown = visits->list[0].sheet == (enum sheet_id)i;
        uint32_t count = tab_count(progress, (enum sheet_id)i);
        char number[NUMBER_TEXT_BYTES];
        buffer_printf(&text, "%s%u %s", shown ? "[" : " ", i + 1, sheet_kinds[i].title);
        if (count > 0) {
            buffer_printf(&text, " %s", number_text(count, number));
        }
        buffer_text_append(&text, shown ? "]" : " ");
    }
    terminal_put(row, buffer_text(&text), LOOK_BAR);
    buffer_free(&text);
}

/* ---- foot ---- */

static void foot_put(const struct known *known, const struct visits *visits, const char *filter,
                     const struct picture_foot *foot, unsigned row)
{
    struct buffer text = {0};
    const struct visit *shown = &visits->list[visits->count - 1];
    if (foot->typed != NULL) {
        buffer_printf(&text, "/%s_", foot->typed);
    } else {
        if (visits->count > 1) {
            buffer_printf(&text, "%s %s (Esc: back)  ", sheet_kinds[shown->sheet].title,
                          shown->where);
        }
        if (filter[0] != '\0') {
            buffer_printf(&text, "only %s (/)  ", filter);
        }
        buffer_text_append(&text, known->over ? "? help  q leaves"
                                              : "? help  q leaves, the rollout goes on");
    }
    terminal_put(row, buffer_text(&text), LOOK_BAR);
    buffer_free(&text);
}

/* ---- all ---- */

static void sheet_refill(struct picture *picture, const struct known *known,
                         const struct message_progress *progress, const struct visit *visit,
                         const char *filter, const struct style *style)
{
    const struct sheet_source source = {
        .known = known, .progress = *progress, .visit = visit, .filter = filter, .style = style};
    arena_free(&picture->arena);
    picture->sheet = (struct sheet){.arena = &picture->arena};
    if (known_any(known) || visit->sheet == SHEET_HELP) {
        sheet_kinds[visit->sheet].fill(&source, &picture->sheet);
    }
}

/* What somebody chose stays chosen while an answer is missing. */
static void lines_put(struct picture *picture, struct visit *visit, unsigned row)
{
    const struct sheet *sheet = &picture->sheet;
    size_t top = 0;
    if (!sheet->pending) {
        visit_settle(visit, sheet, picture->rows > 0 ? picture->rows : 1);
        top = visit->top;
    }
    for (size_t i = 0; i < picture->rows && top + i < sheet->count; i++) {
        bool chosen = !sheet->pending && top + i == visit->line;
        terminal_put(row + (unsigned)i, sheet->lines[top + i].text,
                     chosen ? LOOK_CHOSEN : LOOK_PLAIN);
    }
}

void picture_draw(struct picture *picture, const struct known *known, struct visits *visits,
                  const char *filter, const char *lost, const struct picture_foot *foot,
                  const struct style *style)
{
    struct terminal_size size = terminal_size();
    struct style fitted = *style;
    struct message_progress progress = {0};
    struct visit *visit = visits_shown(visits);
    if (known->display.known) {
        progress = known_progress(known);
    }
    fitted.width = size.columns;
    terminal_begin();
    unsigned row = heading_put(known, &progress, lost, size.rows, &fitted);
    tabs_put(&progress, visits, row++);
    unsigned below = foot->said[0] != '\0' ? 2 : 1; /* the foot's lines */
    picture->rows = size.rows > row + below ? size.rows - row - below : 0;
    sheet_refill(picture, known, &progress, visit, filter, &fitted);
    lines_put(picture, visit, row);
    if (size.rows > row) {
        if (foot->said[0] != '\0') {
            terminal_put(size.rows - 2, foot->said, LOOK_PLAIN);
        }
        foot_put(known, visits, filter, foot, size.rows - 1);
    }
    terminal_show();
}

void picture_free(struct picture *picture)
{
    arena_free(&picture->arena);
}
