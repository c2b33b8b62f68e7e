/* The page: what, who, how far, when, why not. */
#include "cli/report/account.h"

#include <inttypes.h>
#include <string.h>

#include "cli/report/account_style.h"
#include "cli/report/account_time_line.h"
#include "cli/report/group_text.h"
#include "cli/report/html.h"
#include "cli/report/progress.h"
#include "cli/text/point_in_time.h"
#include "cli/text/style.h"
#include "common/base/array.h"
#include "common/vocabulary/failure.h"

enum { TARGETS_SHOWN = 40 };

/* "Upgrade to head" */
static void title_append(const struct account *account, struct buffer *out)
{
    const struct rollout_status *status = &account->progress.status;
    char first[2] = {status->verb[0], '\0'};
    if (first[0] >= 'a' && first[0] <= 'z') {
        first[0] = (char)(first[0] - 'a' + 'A');
    }
    html_append(out, first);
    html_append(out, status->verb[0] != '\0' ? status->verb + 1 : "");
    if (status->spec[0] != '\0') {
        buffer_printf(out, " %s ", progress_joint(status->verb));
        html_append(out, status->spec);
    }
}

static void head_append(const struct account *account, struct buffer *out)
{
    /* the page itself asks for nothing, and whatever a database says cannot make it */
    buffer_text_append(out,
                       "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
                       "'none'; style-src 'unsafe-inline'\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width\">\n"
                       "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    title_append(account, out);
    buffer_printf(out, ", rollout ");
    html_append(out, account->progress.status.rollout);
    buffer_text_append(out, "</title>\n<style>\n" ACCOUNT_STYLE "</style>\n</head>\n<body>\n"
                            "<main>\n");
}

static const char *state_class(enum rollout_state state)
{
    switch (state) {
    case ROLLOUT_SUCCEEDED: return "state good";
    case ROLLOUT_FAILED:
    case ROLLOUT_REFUSED:
    case ROLLOUT_CANCELLED: return "state bad";
    case ROLLOUT_PAUSED: return "state wait";
    default: return "state";
    }
}

/* Who did what the fact says, each once. */
static void actors_append(const struct account *account, const char *fact, const char *begin,
                          struct buffer *out)
{
    struct texts names = {0};
    struct arena arena = {0};
    const char **items = arena_array(&arena, account->entries.count, sizeof *items);
    for (size_t i = 0; i < account->entries.count; i++) {
        const struct log_entry *entry = &account->entries.items[i];
        if (strcmp(entry->fact, fact) == 0 && entry->who.actor[0] != '\0' &&
            !texts_hold(names, entry->who.actor)) {
            buffer_text_append(out, names.count == 0 ? begin : ", ");
            html_append(out, entry->who.actor);
            items[names.count] = entry->who.actor;
            names = (struct texts){items, names.count + 1};
        }
    }
    arena_free(&arena);
}

static void header_append(const struct account *account, struct buffer *out)
{
    const struct rollout_status *status = &account->progress.status;
    buffer_text_append(out, "<header>\n<p class=\"kind\">Report of a rollout, ");
    html_append(out, status->rollout);
    buffer_text_append(out, "</p>\n<h1>");
    title_append(account, out);
    buffer_text_append(out, "</h1>\n<p>");
    html_element(out, "span", state_class(status->state), rollout_state_word(status->state));
    buffer_text_append(out, " <span class=\"text\">");
    html_append(out, account->finished.sentence);
    buffer_printf(out, "%s</span></p>\n<p class=\"soft\">Started",
                  account->over ? "" : " (so far)");
    actors_append(account, "rollout_started", " by ", out);
    actors_append(account, "wave_approved", ", approved by ", out);
    buffer_text_append(out, ".<br>From ");
    moment_exact_append(out, status->started_ms);
    buffer_text_append(out, status->finished_ms > 0 ? " to " : " until now, ");
    moment_exact_append(out, account_end_ms(account));
    buffer_text_append(out, ".</p>\n</header>\n");
}

/* ---- numbers ---- */

static void number_append(const char *name, uint32_t number, bool always, struct buffer *out)
{
    char text[NUMBER_TEXT_BYTES];
    if (number > 0 || always) {
        buffer_printf(out, "<div><dt>%s</dt><dd>%s</dd></div>\n", name, number_text(number, text));
    }
}

static void numbers_append(const struct account *account, struct buffer *out)
{
    const struct counts *counts = &account->progress.counts;
    buffer_text_append(out, "<dl class=\"numbers\">\n");
    number_append("targets", counts->targets, true, out);
    number_append("deployed", counts->deployed, true, out);
    number_append("nothing to do", counts->unchanged, false, out);
    number_append("failed", counts->failed, true, out);
    number_append("refused at the gate", counts->refused, false, out);
    number_append("skipped", counts->skipped, false, out);
    number_append("dropped meanwhile", counts->gone, false, out);
    number_append("still to go", counts->pending + counts->running + counts->waiting, false, out);
    number_append("attempts made again", account_repeats(account), false, out);
    buffer_text_append(out, "<div><dt>took</dt><dd>");
    duration_append(out, account_end_ms(account) - account->progress.status.started_ms);
    buffer_text_append(out, "</dd></div>\n</dl>\n");
}

/* ---- waves ---- */

static void wave_row_append(const struct wave_status *wave, struct buffer *out)
{
    const uint32_t numbers[] = {wave->counts.targets, wave->counts.deployed, wave->counts.unchanged,
                                wave->counts.failed, wave->counts.skipped};
    char text[NUMBER_TEXT_BYTES];
    buffer_text_append(out, "<tr>");
    html_element(out, "td", "", wave->name);
    html_element(out, "td", "", wave_state_word(wave->state));
    for (size_t i = 0; i < LENGTH(numbers); i++) {
        html_element(out, "td", "n", number_text(numbers[i], text));
    }
    buffer_text_append(out, "</tr>\n");
}

static void waves_append(const struct account *account, struct buffer *out)
{
    struct arena arena = {0};
    struct spans spans = account_spans(account, &arena);
    const struct wave_status_list *waves = &account->progress.waves;
    buffer_text_append(out, "<section>\n<h2>Waves</h2>\n<div class=\"scroll\">\n");
    account_time_line(account, &spans, out);
    buffer_text_append(out, "</div>\n<div class=\"scroll\"><table>\n<thead><tr><th "
                            "scope=\"col\">wave</th><th scope=\"col\">state</th>"
                            "<th scope=\"col\" class=\"n\">targets</th>"
                            "<th scope=\"col\" class=\"n\">deployed</th>"
                            "<th scope=\"col\" class=\"n\">nothing to do</th>"
                            "<th scope=\"col\" class=\"n\">failed</th>"
                            "<th scope=\"col\" class=\"n\">skipped</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < waves->count; i++) {
        wave_row_append(&waves->items[i], out);
    }
    buffer_text_append(out, "</tbody></table></div>\n</section>\n");
    arena_free(&arena);
}

/* ---- failures ---- */

static void field_append(const char *name, const char *text, struct buffer *out)
{
    if (text[0] != '\0') {
        buffer_printf(out, "<dt>%s</dt><dd>", name);
        html_append(out, text);
        buffer_text_append(out, "</dd>\n");
    }
}

static void failure_append(const struct failure_group *group, struct buffer *out)
{
    const struct failure *failure = &group->failure;
    size_t shown = group->targets.count < TARGETS_SHOWN ? group->targets.count : TARGETS_SHOWN;
    bool discovery = strcmp(group->phase, "discovery") == 0;
    buffer_text_append(out, "<div class=\"failure\">\n<h3>");
    buffer_count(out, group_size(group), discovery ? "discovery" : "target");
    buffer_text_append(out, ": ");
    html_append(out, failure_cause_heading(failure->cause));
    buffer_text_append(out, "</h3>\n");
    html_element(out, "div", "text", failure->message);
    buffer_text_append(out, "\n<dl>\n");
    field_append("detail", failure->detail, out);
    field_append("hint", failure->hint, out);
    field_append("at", failure->location, out);
    field_append("SQLSTATE", failure->sqlstate, out);
    field_append("revision", failure->revision, out);
    buffer_text_append(out, "<dt>targets</dt><dd>");
    for (size_t i = 0; i < shown; i++) {
        buffer_text_append(out, i > 0 ? ", " : "");
        html_element(out, "code", "", group->targets.items[i]);
    }
    if (group_size(group) > shown) {
        buffer_printf(out, " and %zu more", group_size(group) - shown);
    }
    buffer_text_append(out, "</dd>\n</dl>\n</div>\n");
}

static void failures_append(const struct account *account, struct buffer *out)
{
    buffer_text_append(out, "<section>\n<h2>Failures by cause</h2>\n");
    for (size_t i = 0; i < account->finished.failures.count; i++) {
        failure_append(&account->finished.failures.items[i], out);
    }
    if (account->finished.failures.count == 0) {
        buffer_text_append(out, account->over ? "<p>Nothing failed.</p>\n"
                                              : "<p>Nothing has failed so far.</p>\n");
    }
    buffer_text_append(out, "</section>\n");
}

/* ---- people ---- */

static void deeds_append(const struct account *account, struct buffer *out)
{
    buffer_text_append(out, "<section>\n<h2>Who did what</h2>\n<div class=\"scroll\"><table>\n"
                            "<thead><tr><th scope=\"col\">when</th><th scope=\"col\">what</th>"
                            "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < account->entries.count; i++) {
        const struct log_entry *entry = &account->entries.items[i];
        if (entry_is_deed(entry)) {
            buffer_text_append(out, "<tr><td class=\"when\">");
            moment_exact_append(out, entry->at_ms);
            buffer_text_append(out, "</td>");
            html_element(out, "td", "", entry->sentence);
            buffer_text_append(out, "</tr>\n");
        }
    }
    buffer_text_append(out, "</tbody></table></div>\n</section>\n");
}

static void footer_append(const struct account *account, struct buffer *out)
{
    const char *digest = account->progress.status.digest;
    buffer_text_append(out, "<footer>\n<p>Plan ");
    html_element(out, "code", "", digest[0] != '\0' ? digest : "none: the gate never opened");
    buffer_text_append(out, "</p>\n<p>Made ");
    moment_exact_append(out, account->progress.now_ms);
    buffer_text_append(out, " by drover " DROVER_VERSION " from the journal.</p>\n</footer>\n");
}

void account_html(const struct account *account, struct buffer *out)
{
    head_append(account, out);
    header_append(account, out);
    numbers_append(account, out);
    waves_append(account, out);
    failures_append(account, out);
    deeds_append(account, out);
    footer_append(account, out);
    buffer_text_append(out, "</main>\n</body>\n</html>\n");
}
