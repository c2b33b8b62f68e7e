/* One row for each wave: a bar from its begin to its end, in the colours of what became of its targets. */
#include "cli/report/account_time_line.h"

#include <inttypes.h>
#include <string.h>

#include "cli/report/html.h"
#include "cli/text/point_in_time.h"
#include "cli/text/style.h"
#include "common/base/array.h"

/* In units of the picture. */
enum {
    WIDTH = 960,
    NAMES = 150, /* columns of names */
    ENDS = 210,  /* what is said behind a bar */
    ROW = 34,
    BAR = 16,
    AXIS = 26,
    TICKS = 5,
    NAME_SHOWN = 20,
};

struct scale {
    uint64_t begin_ms;
    uint64_t end_ms;
    int rows;
};

static double place(const struct scale *scale, uint64_t at_ms)
{
    uint64_t at = at_ms < scale->begin_ms ? scale->begin_ms
                  : at_ms > scale->end_ms ? scale->end_ms
                                          : at_ms;
    double part = (double)(at - scale->begin_ms) / (double)(scale->end_ms - scale->begin_ms);
    return NAMES + part * (WIDTH - NAMES - ENDS);
}

static void rect_append(struct buffer *out, const char *class, double x, int y, double width,
                        int height)
{
    buffer_printf(out,
                  "<rect class=\"%s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" "
                  "rx=\"2\"/>",
                  class, x, y, width, height);
}

static void text_append(struct buffer *out, const char *class, const char *anchor, double x, int y,
                        const char *text)
{
    buffer_printf(out, "<text class=\"%s\" x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">", class, x, y,
                  anchor);
    html_append(out, text);
    buffer_text_append(out, "</text>");
}

static void ticks_append(const struct scale *scale, struct buffer *out)
{
    int height = scale->rows * ROW;
    struct buffer text = {0};
    for (int i = 0; i < TICKS; i++) {
        uint64_t at_ms =
            scale->begin_ms + (scale->end_ms - scale->begin_ms) * (uint64_t)i / (TICKS - 1);
        double x = place(scale, at_ms);
        buffer_clear(&text);
        moment_clock_append(&text, at_ms, scale->end_ms - scale->begin_ms);
        buffer_printf(out, "<line class=\"grid\" x1=\"%.1f\" y1=\"0\" x2=\"%.1f\" y2=\"%d\"/>", x,
                      x, height + 4);
        text_append(out, "soft",
                    i == 0           ? "start"
                    : i == TICKS - 1 ? "end"
                                     : "middle",
                    x, height + 20, buffer_text(&text));
    }
    buffer_free(&text);
}

/* From a pause to what lifts it. */
static void pauses_append(const struct account *account, const struct scale *scale,
                          struct buffer *out)
{
    uint64_t paused_ms = 0;
    const struct log_entry_list *entries = &account->entries;
    for (size_t i = 0; i <= entries->count; i++) {
        bool end = i == entries->count;
        const char *fact = end ? "" : entries->items[i].fact;
        uint64_t at_ms = end ? scale->end_ms : entries->items[i].at_ms;
        bool lifts = end || strcmp(fact, "rollout_resumed") == 0 ||
                     strcmp(fact, "rollout_cancel_asked") == 0 ||
                     strcmp(fact, "rollout_finished") == 0;
        if (paused_ms > 0 && lifts) {
            double x = place(scale, paused_ms);
            double width = place(scale, at_ms) - x;
            rect_append(out, "pause", x, 0, width > 2 ? width : 2, scale->rows * ROW);
            paused_ms = 0;
        } else if (paused_ms == 0 && strcmp(fact, "rollout_paused") == 0) {
            paused_ms = at_ms;
        }
    }
}

/* The parts of a bar, as long as their shares of the targets. */
static void bar_append(const struct span *span, double x, int y, double width, struct buffer *out)
{
    const struct wave_counts *counts = span->counts;
    if (counts == NULL || counts->targets == 0) {
        rect_append(out, "fill-same", x, y, width, BAR);
        return;
    }
    const struct {
        const char *class;
        uint32_t count;
    } parts[] = {{"fill-good", counts->deployed},
                 {"fill-same", counts->unchanged},
                 {"fill-bad", counts->failed},
                 {"fill-skip", counts->skipped}};
    rect_append(out, "fill-rest", x, y, width, BAR);
    for (size_t i = 0; i < LENGTH(parts); i++) {
        double part = width * parts[i].count / counts->targets;
        if (parts[i].count > 0) {
            rect_append(out, parts[i].class, x, y, part, BAR);
        }
        x += part;
    }
}

static void said_append(const struct span *span, uint64_t end_ms, struct buffer *out)
{
    if (span->counts != NULL) {
        buffer_printf(out, "%" PRIu32 " of %" PRIu32 ", ",
                      span->counts->deployed + span->counts->unchanged, span->counts->targets);
    }
    duration_append(out, end_ms - span->begin_ms);
    buffer_text_append(out, span->end_ms == 0 ? " so far" : "");
}

static void row_append(const struct span *span, const struct scale *scale, int row,
                       struct buffer *out)
{
    struct buffer text = {0};
    uint64_t end_ms = span->end_ms > 0 ? span->end_ms : scale->end_ms;
    uint64_t done_ms = span->soak_ms > 0 && span->soak_ms < end_ms ? span->soak_ms : end_ms;
    int y = row * ROW + (ROW - BAR) / 2;
    double x = place(scale, span->begin_ms);
    double width = place(scale, done_ms) - x;
    width = width > 3 ? width : 3;
    size_t shown = style_fitting_bytes(span->name, NAME_SHOWN);
    buffer_append(&text, span->name, shown);
    buffer_text_append(&text, span->name[shown] != '\0' ? "\xe2\x80\xa6" : "");
    text_append(out, "", "start", 0, y + 13, buffer_text(&text));
    bar_append(span, x, y, width, out);
    double soak = place(scale, end_ms) - x - width;
    if (soak > 1) {
        rect_append(out, "soak", x + width, y, soak, BAR);
        width += soak;
    }
    buffer_clear(&text);
    said_append(span, end_ms, &text);
    text_append(out, "soft", "start", x + width + 8, y + 13, buffer_text(&text));
    buffer_free(&text);
}

static void key_append(const char *class, const char *word, struct buffer *out)
{
    buffer_text_append(out, "<li><svg viewBox=\"0 0 12 12\" aria-hidden=\"true\">");
    rect_append(out, class, 1, 1, 10, 10);
    buffer_printf(out, "</svg>%s</li>", word);
}

void account_time_line(const struct account *account, const struct spans *spans, struct buffer *out)
{
    struct scale scale = {account->progress.status.started_ms, account_end_ms(account),
                          (int)spans->count};
    if (scale.end_ms < scale.begin_ms + 1000) {
        scale.end_ms = scale.begin_ms + 1000;
    }
    buffer_printf(out,
                  "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"line\">"
                  "<title id=\"line\">Waves over time; the table below says the same</title>",
                  WIDTH, scale.rows * ROW + AXIS);
    ticks_append(&scale, out);
    pauses_append(account, &scale, out);
    for (size_t i = 0; i < spans->count; i++) {
        row_append(&spans->items[i], &scale, (int)i, out);
    }
    buffer_text_append(out, "</svg>\n<ul class=\"key\" aria-hidden=\"true\">");
    key_append("fill-good", "deployed", out);
    key_append("fill-same", "nothing to do, or validation", out);
    key_append("fill-bad", "failed", out);
    key_append("fill-skip", "skipped", out);
    key_append("fill-rest", "still to go", out);
    key_append("soak", "soaked", out);
    key_append("pause", "paused", out);
    buffer_text_append(out, "</ul>\n");
}
