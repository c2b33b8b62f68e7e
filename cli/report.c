/* The report: the closing table, failures by cause, the last sentence. */
#include "cli/report.h"

#include <stdio.h>
#include <string.h>

#include "cli/table.h"
#include "common/base/outcome.h"
#include "common/revision/revision.h"

static void wave_row(struct table *table, const char *name, const char *state,
                     const uint32_t counts[4])
{
    char texts[4][NUMBER_TEXT_BYTES];
    const char *cells[6] = {name, state};
    for (size_t i = 0; i < 4; i++) {
        cells[i + 2] = number_text(counts[i], texts[i]);
    }
    table_row(table, cells);
}

void report_waves(const struct message_progress *progress, const struct style *style,
                  struct buffer *out)
{
    bool stamp = strcmp(progress->verb, direction_word(DIRECTION_STAMP)) == 0;
    const struct table_column columns[] = {
        {"WAVE", false},     {"STATE", false},
        {"TARGETS", true},   {stamp ? "STAMPED" : "DEPLOYED", true},
        {"UNCHANGED", true}, {"FAILED", true}};
    struct arena arena = {0};
    struct table table;
    uint32_t sums[4] = {0};
    table_init(&table, &arena, columns, 6);
    for (size_t i = 0; i < progress->waves.count; i++) {
        const struct wave_status *wave = &progress->waves.items[i];
        uint32_t counts[4] = {wave->targets, wave->deployed, wave->unchanged, wave->failed};
        wave_row(&table, wave->name, wave->state, counts);
        for (size_t k = 0; k < 4; k++) {
            sums[k] += counts[k];
        }
    }
    if (sums[0] > 0) {
        if (progress->waves.count > 1) {
            wave_row(&table, "all", "", sums);
        }
        table_render(&table, style, out);
    }
    arena_free(&arena);
}

/* Names, wrapped and indented. */
static void names_append(struct texts names, size_t shown, const struct style *style,
                         struct buffer *out)
{
    unsigned width = style->width > 100 ? 100 : style->width;
    buffer_text_append(out, "  ");
    style_append(style, TONE_FAINT, "targets:", out);
    size_t column = 10;
    for (size_t i = 0; i < names.count && i < shown; i++) {
        bool more = i + 1 < names.count;
        size_t length = style_columns(names.items[i]) + (more ? 1 : 0);
        if (column + length + 1 > width) {
            buffer_text_append(out, "\n    ");
            column = 4;
        } else {
            buffer_text_append(out, " ");
            column++;
        }
        buffer_printf(out, "%s%s", names.items[i], more ? "," : "");
        column += length;
    }
    if (names.count > shown) {
        buffer_printf(out, "\n    and %zu more: -v shows all", names.count - shown);
    }
    buffer_text_append(out, "\n");
}

/* "  detail: ..." with further lines indented. */
static void field_append(const char *name, const char *text, const struct style *style,
                         struct buffer *out)
{
    if (text[0] == '\0') {
        return;
    }
    buffer_text_append(out, "  ");
    if (name[0] != '\0') {
        struct buffer label = {0};
        buffer_printf(&label, "%s: ", name);
        style_append(style, TONE_FAINT, buffer_text(&label), out);
        buffer_free(&label);
    }
    for (const char *line = text; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        buffer_append(out, line, length);
        line += length + (line[length] == '\n');
        buffer_text_append(out, *line == '\0' ? "\n" : "\n    ");
    }
}

static void group_append(const struct failure_group *failure, bool every, const struct style *style,
                         struct buffer *out)
{
    struct buffer heading = {0};
    int cause = failure_cause_from_word(failure->cause);
    bool discovery = strcmp(failure->phase, "discovery") == 0;
    count_append(&heading, failure->targets.count, discovery ? "discovery" : "target",
                 discovery ? "discoveries" : "targets");
    buffer_printf(&heading, ": %s",
                  cause < 0 ? failure->cause : failure_cause_heading((enum failure_cause)cause));
    style_append(style, TONE_BAD, buffer_text(&heading), out);
    buffer_text_append(out, "\n");
    field_append("", failure->message, style, out);
    field_append("detail", failure->detail, style, out);
    field_append("hint", failure->hint, style, out);
    field_append("at", failure->location, style, out);
    field_append("SQLSTATE", failure->sqlstate, style, out);
    names_append(failure->targets, every ? SIZE_MAX : REPORT_TARGETS_SHOWN, style, out);
    buffer_free(&heading);
}

void report_failures(const struct failure_group_list *failures, bool every,
                     const struct style *style, struct buffer *out)
{
    for (size_t i = 0; i < failures->count; i++) {
        if (out->length > 0) {
            buffer_text_append(out, "\n");
        }
        group_append(&failures->items[i], every, style, out);
    }
}

/* What somebody would want to know now. */
static const char *next_step(const struct message_finished *finished)
{
    if (strcmp(finished->state, "refused") == 0) {
        return "Nothing was changed anywhere. Mend the causes and run the same command again.";
    }
    if (strcmp(finished->state, "failed") == 0) {
        return "What failed in a transaction was rolled back. Mend the causes and run the same "
               "command\n"
               "again: targets that are done are left alone.";
    }
    if (strcmp(finished->state, "paused") == 0 && finished->failures.count > 0) {
        return "When the cause is mended, `drover retry` tries the failed targets again and goes "
               "on.\n"
               "A revision whose file must change needs `drover cancel` first, then a new rollout.";
    }
    if (strcmp(finished->state, "paused") == 0) {
        return "`drover resume`, or the same command again, goes on; `drover cancel` gives it up.";
    }
    return "";
}

static enum tone finished_tone(const struct message_finished *finished)
{
    if (strcmp(finished->state, "succeeded") == 0) {
        return TONE_GOOD;
    }
    return strcmp(finished->state, "paused") == 0 ? TONE_CAUTION : TONE_BAD;
}

void report_finished(const struct message_progress *progress,
                     const struct message_finished *finished, uint64_t elapsed_ms, bool every,
                     const struct style *style, struct buffer *out)
{
    if (progress != NULL && !(finished->digest[0] == '\0' && finished->failures.count > 0)) {
        report_waves(progress, style, out);
    }
    report_failures(&finished->failures, every, style, out);
    if (out->length > 0) {
        buffer_text_append(out, "\n");
    }
    const char *sentence = finished->sentence[0] == '\0' ? finished->state : finished->sentence;
    style_append(style, finished_tone(finished), sentence, out);
    if (elapsed_ms > 0) {
        buffer_text_append(out, " (");
        duration_append(out, elapsed_ms);
        buffer_text_append(out, ")");
    }
    buffer_text_append(out, "\n");
    const char *next = next_step(finished);
    if (next[0] != '\0') {
        buffer_printf(out, "%s\n", next);
    }
}
