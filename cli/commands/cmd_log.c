/* `log`: what happened, from the journal, by a running coordinator or without one. */
#define _XOPEN_SOURCE 700 // NOLINT(bugprone-reserved-identifier): strptime

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/client/log_reading.h"
#include "cli/line/commands.h"
#include "cli/line/scope.h"
#include "cli/text/json.h"
#include "cli/text/point_in_time.h"
#include "common/config/value.h"

enum { LIMIT_DEFAULT = 500, LIMIT_MOST = 1000000 };

struct log_view {
    struct invocation *invocation;
    char day[16];   /* of the last line */
    bool told_less; /* that there is more */
    size_t count;
};

/* "2026-11-27 CET" before the first line of each day. */
static void day_show(struct log_view *view, const struct tm *local, struct buffer *out)
{
    char day[sizeof view->day];
    char zone[24];
    (void)strftime(day, sizeof day, "%Y-%m-%d", local);
    (void)strftime(zone, sizeof zone, "%Z", local);
    if (strcmp(day, view->day) == 0) {
        return;
    }
    (void)snprintf(view->day, sizeof view->day, "%s", day);
    char heading[48];
    (void)snprintf(heading, sizeof heading, "%s %s", day, zone);
    style_append(&view->invocation->output, TONE_STRONG, heading, out);
    buffer_text_append(out, "\n");
}

static void entry_show(struct log_view *view, const struct log_entry *entry)
{
    enum { TIME_COLUMNS = 10 };
    const struct style *style = &view->invocation->output;
    time_t seconds = (time_t)(entry->at_ms / 1000);
    struct tm local = {0};
    char clock[16];
    struct buffer line = {0};
    (void)localtime_r(&seconds, &local);
    (void)strftime(clock, sizeof clock, "%H:%M:%S", &local);
    day_show(view, &local, &line);
    buffer_printf(&line, "%s  ", clock);
    if (style->terminal) {
        style_wrap(style, tone_of_level(entry->level), entry->sentence, TIME_COLUMNS, &line);
    } else {
        buffer_printf(&line, "%s\n", entry->sentence);
    }
    (void)fputs(buffer_text(&line), stdout);
    buffer_free(&line);
}

static void part_show(const struct message_log *log, void *context)
{
    struct log_view *view = context;
    if (log->left_out > 0 && !view->invocation->json) {
        char count[NUMBER_TEXT_BYTES];
        (void)fprintf(stderr, "%s earlier lines are left out: --limit N, or --since TIME\n",
                      number_text(log->left_out, count));
    }
    for (size_t i = 0; i < log->entries.count; i++) {
        if (view->invocation->json) {
            json_line(json_log_entry(&log->entries.items[i]));
        } else {
            entry_show(view, &log->entries.items[i]);
        }
    }
    view->count += log->entries.count;
    (void)fflush(stdout);
}

/* "12h", how long ago; or a point in time: "05:30" of today, "2026-11-27", "2026-11-27 05:30", local. */
static int since_parse(const char *text, uint64_t *from_ms, struct error *error)
{
    static const char *const forms[] = {
        "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d",
        "%H:%M:%S",          "%H:%M"};
    time_t now = time(NULL);
    uint64_t ago_ms = 0;
    if (value_duration(text, &ago_ms, error) == 0) {
        *from_ms = (uint64_t)now * 1000 - ago_ms;
        return 0;
    }
    *error = (struct error){0};
    for (size_t i = 0; i < LENGTH(forms); i++) {
        struct tm local = {0};
        (void)localtime_r(&now, &local);
        local.tm_hour = local.tm_min = local.tm_sec = 0;
        const char *end = strptime(text, forms[i], &local);
        local.tm_isdst = -1;
        time_t at = end != NULL && *end == '\0' ? mktime(&local) : -1;
        if (at >= 0) {
            *from_ms = (uint64_t)at * 1000;
            return 0;
        }
    }
    (void)error_set(error, ERROR_USAGE, "--since \"%s\" is neither how long ago nor when", text);
    return error_hint(error, "--since 12h, --since 05:30, --since \"2026-11-27 05:30\"");
}

static int wanted_read(struct invocation *invocation, struct message_log_wanted *wanted,
                       struct error *error)
{
    const struct arguments *arguments = &invocation->arguments;
    struct texts none = {0};
    const char *since = arguments_value(arguments, OPTION_SINCE);
    uint32_t fallback = since != NULL ? 0 : LIMIT_DEFAULT;
    *wanted = (struct message_log_wanted){
        .rollout = arguments->words.count > 0 ? arguments->words.items[0] : "",
        .whole = invocation->verbose};
    if (scope_make(invocation, none, &wanted->where, error) != 0 ||
        arguments_number(arguments, OPTION_LIMIT, LIMIT_MOST, fallback, &wanted->limit, error) !=
            0) {
        return -1;
    }
    return since == NULL ? 0 : since_parse(since, &wanted->from_ms, error);
}

int command_log(struct invocation *invocation, struct error *error)
{
    struct log_view view = {.invocation = invocation};
    struct message_log_wanted wanted;
    if (wanted_read(invocation, &wanted, error) != 0) {
        return -1;
    }
    bool follows = arguments_given(&invocation->arguments, OPTION_FOLLOW);
    int result = log_read(invocation, &wanted, follows, part_show, &view, error);
    if (result >= 0 && view.count == 0 && !invocation->json) {
        (void)puts(result == 1 ? "There was no rollout yet." : "Nothing of that kind happened.");
    }
    return result < 0 ? -1 : 0;
}
