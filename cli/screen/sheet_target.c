/* One target: all that is known of it, and what happened there. */
#include <string.h>

#include "cli/report/group_text.h"
#include "cli/report/live_text.h"
#include "cli/screen/sheets.h"
#include "common/base/array.h"

static void texts_append(const char *name, struct texts texts, const struct style *style,
                         struct buffer *out)
{
    struct buffer line = {0};
    for (size_t i = 0; i < texts.count; i++) {
        buffer_printf(&line, "%s%s", i > 0 ? ", " : "", texts.items[i]);
    }
    group_field_append(name, buffer_text(&line), style, out);
    buffer_free(&line);
}

static void failure_append(const struct failure *failure, const struct style *style,
                           struct buffer *out)
{
    const char *const fields[][2] = {
        {"failure", failure->message},   {"detail", failure->detail},
        {"hint", failure->hint},         {"at", failure->location},
        {"SQLSTATE", failure->sqlstate}, {"revision", failure->revision}};
    for (size_t i = 0; i < LENGTH(fields) && failure->message[0] != '\0'; i++) {
        group_field_append(fields[i][0], fields[i][1], style, out);
    }
}

static void target_append(const struct sheet_source *source, const struct target_status *target,
                          struct buffer *out)
{
    const struct style *style = source->style;
    const struct wave_status_list *waves = &source->progress.waves;
    bool placed = target->wave > 0 && target->wave <= waves->count;
    const char *const fields[][2] = {{"state", target_state_word(target->state)},
                                     {"waits", target->wait.reason},
                                     {"wave", placed ? waves->items[target->wave - 1].name : ""},
                                     {"server", target->server},
                                     {"url", target->place.url},
                                     {"schema", target->place.schema},
                                     {"version table", target->reading.version_table}};
    style_append(style, TONE_STRONG, target->place.name, out);
    buffer_text_append(out, "\n");
    for (size_t i = 0; i < LENGTH(fields); i++) {
        group_field_append(fields[i][0], fields[i][1], style, out);
    }
    if (target->state == TARGET_RUNNING) {
        struct buffer line = {0};
        live_target_append(target, &line);
        group_field_append("at work", buffer_text(&line), style, out);
        buffer_free(&line);
    }
    if (target->inspected && target->heads.count == 0) {
        group_field_append("at", "<base>", style, out);
    }
    texts_append("at", target->heads, style, out);
    texts_append("labels", target->labels, style, out);
    if (target->attempt > 0) {
        char number[NUMBER_TEXT_BYTES];
        group_field_append("attempt", number_text(target->attempt, number), style, out);
    }
    texts_append("half done", target->unfinished, style, out);
    failure_append(&target->failure, style, out);
}

void sheet_target(const struct sheet_source *source, struct sheet *sheet)
{
    const struct answers *answers = &source->known->answers;
    struct buffer text = {0};
    if (!sheet_has_answers(source, QUESTION_TARGETS | QUESTION_LOG, sheet)) {
        return;
    }
    for (size_t i = 0; i < answers->targets.count; i++) {
        if (strcmp(answers->targets.items[i].place.name, source->visit->where) == 0) {
            target_append(source, &answers->targets.items[i], &text);
        }
    }
    sheet_text(sheet, text.length > 0 ? buffer_text(&text) : "The rollout has no such target.");
    sheet_text(sheet, "\n");
    sheet_log_lines(source, &answers->log, false, sheet);
    buffer_free(&text);
}
