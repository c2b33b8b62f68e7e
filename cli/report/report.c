/* The report: the closing table, failures by cause, the last sentence. */
#include "cli/report/report.h"

#include <stdio.h>
#include <string.h>

#include "cli/agents/pipeline_log.h"
#include "cli/report/group_text.h"
#include "cli/report/remarks.h"
#include "cli/text/point_in_time.h"
#include "cli/text/table.h"
#include "common/revision/revision.h"
#include "common/vocabulary/failure.h"

enum { WAVE_COUNTS = 5, ISSUE_TARGETS_SHOWN = 3 };

static void wave_row(struct table *table, const char *name, const char *state,
                     const uint32_t counts[WAVE_COUNTS])
{
    char texts[WAVE_COUNTS][NUMBER_TEXT_BYTES];
    const char *cells[2 + WAVE_COUNTS] = {name, state};
    for (size_t i = 0; i < WAVE_COUNTS; i++) {
        cells[i + 2] = number_text(counts[i], texts[i]);
    }
    table_row(table, cells);
}

/* A wave does not know that the whole rollout is paused. */
static const char *wave_state(const struct message_progress *progress,
                              const struct wave_status *wave)
{
    bool paused = progress->status.state == ROLLOUT_PAUSED && wave->state == WAVE_RUNNING;
    return paused ? "paused" : wave_state_word(wave->state);
}

/* What waves wait for, each in a line. */
static void wave_reasons(const struct message_progress *progress, const struct style *style,
                         struct buffer *out)
{
    for (size_t i = 0; i < progress->waves.count; i++) {
        const struct wave_status *wave = &progress->waves.items[i];
        if (wave->wait.reason[0] == '\0') {
            continue;
        }
        struct buffer line = {0};
        buffer_printf(&line, "%s: %s", wave->name, wave->wait.reason);
        if (wave->wait.until_ms > progress->now_ms) {
            buffer_text_append(&line, " until ");
            moment_ahead_append(&line, wave->wait.until_ms, progress->now_ms);
        }
        buffer_text_append(out, "  ");
        style_wrap(style, TONE_CAUTION, buffer_text(&line), 4, out);
        buffer_free(&line);
    }
}

/* What became of the targets of a wave that were neither deployed nor failed; NULL: there are none. */
static const char *left_heading(const struct message_progress *progress)
{
    uint32_t left = 0;
    for (size_t i = 0; i < progress->waves.count; i++) {
        left += progress->waves.items[i].counts.skipped;
    }
    if (left == 0) {
        return NULL;
    }
    if (progress->counts.gone == 0) {
        return "SKIPPED";
    }
    return progress->counts.skipped == 0 ? "GONE" : "SKIPPED, GONE";
}

void report_waves(const struct message_progress *progress, const struct style *style,
                  struct buffer *out)
{
    bool stamp = strcmp(progress->status.verb, direction_word(DIRECTION_STAMP)) == 0 ||
                 strcmp(progress->status.verb, "adopt") == 0;
    const char *left = left_heading(progress);
    const struct table_column columns[] = {
        {"WAVE", false},     {"STATE", false},
        {"TARGETS", true},   {stamp ? "STAMPED" : "DEPLOYED", true},
        {"UNCHANGED", true}, {"FAILED", true},
        {left, true}};
    struct arena arena = {0};
    struct table table;
    uint32_t sums[WAVE_COUNTS] = {0};
    size_t counts_shown = left != NULL ? WAVE_COUNTS : WAVE_COUNTS - 1;
    table_init(&table, &arena, columns, 2 + counts_shown);
    for (size_t i = 0; i < progress->waves.count; i++) {
        const struct wave_status *wave = &progress->waves.items[i];
        uint32_t counts[WAVE_COUNTS] = {wave->counts.targets, wave->counts.deployed,
                                        wave->counts.unchanged, wave->counts.failed,
                                        wave->counts.skipped};
        wave_row(&table, wave->name, wave_state(progress, wave), counts);
        for (size_t k = 0; k < WAVE_COUNTS; k++) {
            sums[k] += counts[k];
        }
    }
    if (sums[0] > 0) {
        if (progress->waves.count > 1) {
            wave_row(&table, "all", "", sums);
        }
        table_render(&table, style, out);
        wave_reasons(progress, style, out);
    }
    arena_free(&arena);
}

void report_group_scope(const struct failure_group *group, struct buffer *out)
{
    bool code = group->failure.sqlstate[0] != '\0';
    buffer_printf(out, "%s=%s", code ? "sqlstate" : "cause",
                  code ? group->failure.sqlstate : failure_cause_word(group->failure.cause));
    if (group->failure.revision[0] != '\0') {
        buffer_printf(out, ",revision=%s", group->failure.revision);
    }
}

static void group_append(const struct failure_group *group, bool every, const struct style *style,
                         struct buffer *out)
{
    struct buffer heading = {0};
    bool discovery = strcmp(group->phase, "discovery") == 0;
    buffer_count(&heading, group_size(group), discovery ? "discovery" : "target");
    buffer_printf(&heading, ": %s", failure_cause_heading(group->failure.cause));
    style_append(style, TONE_BAD, buffer_text(&heading), out);
    buffer_text_append(out, "\n");
    group_field_append("", group->failure.message, style, out);
    group_field_append("detail", group->failure.detail, style, out);
    group_field_append("hint", group->failure.hint, style, out);
    group_field_append("at", group->failure.location, style, out);
    group_field_append("SQLSTATE", group->failure.sqlstate, style, out);
    group_field_append("revision", group->failure.revision, style, out);
    struct buffer command = {0};
    buffer_text_append(&command, "drover status --targets --where ");
    report_group_scope(group, &command);
    group_names_append(group->targets, group_size(group), every ? SIZE_MAX : REPORT_TARGETS_SHOWN,
                       buffer_text(&command), style, out);
    buffer_free(&command);
    buffer_free(&heading);
}

/* "3,112 failures, 4 causes" */
static void failures_heading(const struct failure_group_list *failures, const struct style *style,
                             struct buffer *out)
{
    size_t count = 0;
    struct buffer heading = {0};
    for (size_t i = 0; i < failures->count; i++) {
        count += group_size(&failures->items[i]);
    }
    buffer_count(&heading, count, "failure");
    buffer_text_append(&heading, ", ");
    buffer_count(&heading, failures->count, "cause");
    style_append(style, TONE_STRONG, buffer_text(&heading), out);
    buffer_text_append(out, "\n\n");
    buffer_free(&heading);
}

void report_failures(const struct failure_group_list *failures, bool every,
                     const struct style *style, struct buffer *out)
{
    size_t shown =
        every || failures->count <= REPORT_GROUPS_SHOWN ? failures->count : REPORT_GROUPS_SHOWN;
    if (out->length > 0 && failures->count > 0) {
        buffer_text_append(out, "\n");
    }
    if (failures->count > 1) {
        failures_heading(failures, style, out);
    }
    for (size_t i = 0; i < shown; i++) {
        buffer_text_append(out, i > 0 ? "\n" : "");
        group_append(&failures->items[i], every, style, out);
    }
    if (failures->count > shown) {
        buffer_text_append(out, "\nand ");
        buffer_count(out, failures->count - shown, "cause");
        buffer_text_append(out, " more: -v shows all\n");
    }
}

void report_issues(const struct failure_group_list *failures)
{
    struct buffer text = {0};
    for (size_t i = 0; i < failures->count; i++) {
        const struct failure_group *group = &failures->items[i];
        const struct texts *names = &group->targets;
        buffer_clear(&text);
        buffer_printf(&text, "%s: %s", failure_cause_heading(group->failure.cause),
                      group->failure.message);
        if (group->failure.sqlstate[0] != '\0') {
            buffer_printf(&text, " (SQLSTATE %s)", group->failure.sqlstate);
        }
        for (size_t n = 0; n < names->count && n < ISSUE_TARGETS_SHOWN; n++) {
            buffer_printf(&text, "%s %s", n == 0 ? ";" : ",", names->items[n]);
        }
        if (names->count > ISSUE_TARGETS_SHOWN) {
            buffer_printf(&text, " and %zu more", names->count - ISSUE_TARGETS_SHOWN);
        }
        pipeline_log_issue_at("error", group->failure.location, buffer_text(&text));
    }
    buffer_free(&text);
}

/* What somebody would want to know now. */
static const char *next_step(const struct message_progress *progress,
                             const struct message_finished *finished)
{
    bool stopped = progress != NULL && progress->pause.until_resumed;
    if (finished->status.state == ROLLOUT_REFUSED) {
        return finished->failures.count == 0 ? "Nothing was changed anywhere."
                                             : "Nothing was changed anywhere. Mend the causes and "
                                               "run the same command again.";
    }
    if (finished->status.state == ROLLOUT_FAILED && finished->failures.count > 0) {
        return "What failed in a transaction was rolled back. Mend the causes and run the same "
               "command\n"
               "again: targets that are done are left alone.";
    }
    if (finished->status.state == ROLLOUT_PAUSED && stopped) {
        return "`drover resume` lifts the pause, and nothing else; `drover cancel` gives it up.";
    }
    if (finished->status.state == ROLLOUT_PAUSED && finished->failures.count > 0) {
        return "When the cause is mended, `drover retry` tries the failed targets again and goes "
               "on.\n"
               "A revision whose file must change needs `drover cancel` first, then a new rollout.";
    }
    if (finished->status.state == ROLLOUT_PAUSED) {
        return "`drover resume`, or the same command again, goes on; `drover cancel` gives it up.";
    }
    return "";
}

static enum tone finished_tone(const struct message_finished *finished)
{
    if (finished->status.state == ROLLOUT_SUCCEEDED) {
        return TONE_GOOD;
    }
    return finished->status.state == ROLLOUT_PAUSED ? TONE_CAUTION : TONE_BAD;
}

void report_finished(const struct message_progress *progress,
                     const struct message_finished *finished, uint64_t elapsed_ms, bool every,
                     const struct style *style, struct buffer *out)
{
    if (progress != NULL && !(finished->status.digest[0] == '\0' && finished->failures.count > 0)) {
        report_waves(progress, style, out);
    }
    report_failures(&finished->failures, every, style, out);
    report_remarks(&finished->remarks, every, style, out);
    if (out->length > 0) {
        buffer_text_append(out, "\n");
    }
    const char *sentence = finished->sentence[0] == '\0'
                               ? rollout_state_word(finished->status.state)
                               : finished->sentence;
    style_append(style, finished_tone(finished), sentence, out);
    if (progress != NULL && finished->status.state == ROLLOUT_PAUSED &&
        progress->pause.until_resumed) {
        buffer_text_append(out, ", since ");
        moment_append(out, progress->pause.paused_ms, progress->now_ms);
    }
    if (elapsed_ms > 0) {
        buffer_text_append(out, " (");
        duration_append(out, elapsed_ms);
        buffer_text_append(out, ")");
    }
    buffer_text_append(out, "\n");
    const char *next = next_step(progress, finished);
    if (next[0] != '\0') {
        buffer_printf(out, "%s\n", next);
    }
}
