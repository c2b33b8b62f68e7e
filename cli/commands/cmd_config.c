/* `config check`: everything that is wrong with the configuration, or when its windows open. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/line/commands.h"
#include "cli/line/invocation.h"
#include "cli/project/project.h"
#include "cli/text/json.h"
#include "common/calendar/calendar.h"

static json_t *diagnostic_json(const struct diagnostic *diagnostic)
{
    return json_pack("{s:s, s:i, s:i, s:s, s:o, s:o}", "file", diagnostic->file, "line",
                     (int)diagnostic->line, "column", (int)diagnostic->column, "level",
                     diagnostic->warning ? "warning" : "error", "message",
                     json_text(diagnostic->message), "hint",
                     diagnostic->hint == NULL ? json_null() : json_text(diagnostic->hint));
}

/* When a window is open next, or already. Its texts were checked with the configuration. */
static struct opening_times opening_after(const struct window_definition *window, uint64_t now_ms)
{
    struct arena scratch = {0};
    struct error error;
    struct opening_times opening = {UINT64_MAX, UINT64_MAX};
    const struct calendar_window *calendar = NULL;
    if (calendar_window_parse(&scratch, window->schedule, window->duration_ms, window->time_zone,
                              &calendar, &error) == 0) {
        calendar_window_next(calendar, now_ms, &opening.opens_ms, &opening.closes_ms);
    }
    arena_free(&scratch);
    return opening;
}

static const char *window_word(const struct window_definition *window)
{
    return window->deny ? "deny" : "allow";
}

static uint64_t now_ms(void)
{
    return (uint64_t)time(NULL) * 1000;
}

static json_t *windows_json(const struct config *config)
{
    json_t *list = json_array();
    for (size_t i = 0; config != NULL && i < config->fleet.windows.count; i++) {
        const struct window_definition *window = &config->fleet.windows.items[i];
        struct opening_times opening = opening_after(window, now_ms());
        bool never = opening.opens_ms == UINT64_MAX;
        (void)json_array_append_new(
            list,
            json_pack("{s:o, s:s, s:o, s:o}", "origin", json_text(window->origin), "kind",
                      window_word(window), "opens_ms",
                      never ? json_null() : json_integer((json_int_t)opening.opens_ms), "closes_ms",
                      never ? json_null() : json_integer((json_int_t)opening.closes_ms)));
    }
    return list;
}

/* "drover.yaml:12:5: allow window, opens Tue 24 Nov 01:00 CET, closes Tue 24 Nov 05:00 CET". */
static void window_print(const struct window_definition *window)
{
    char opens[64] = "";
    char closes[64] = "";
    uint64_t now = now_ms();
    struct opening_times opening = opening_after(window, now);
    if (opening.opens_ms == UINT64_MAX) {
        (void)printf("%s: %s window, does not open within five years\n", window->origin,
                     window_word(window));
        return;
    }
    (void)calendar_format(opening.opens_ms, window->time_zone, opens, sizeof opens);
    (void)calendar_format(opening.closes_ms, window->time_zone, closes, sizeof closes);
    if (opening.closes_ms - now >= CALENDAR_JOINED_DAYS * UINT64_C(86400000)) {
        (void)printf("%s: %s window, always open\n", window->origin, window_word(window));
    } else if (opening.opens_ms <= now) {
        (void)printf("%s: %s window, open, closes %s\n", window->origin, window_word(window),
                     closes);
    } else {
        (void)printf("%s: %s window, opens %s, closes %s\n", window->origin, window_word(window),
                     opens, closes);
    }
}

/* With --json the diagnostics are the result, so they are not errors of the command's own. */
static int check_json(const char *path)
{
    struct diagnostics diagnostics = {0};
    struct config *config = config_load(path, &diagnostics);
    json_t *list = json_array();
    for (const struct diagnostic *d = diagnostics.first; d != NULL; d = d->next) {
        (void)json_array_append_new(list, diagnostic_json(d));
    }
    bool valid = config != NULL && diagnostics.error_count == 0;
    json_page(json_pack("{s:s, s:b, s:o, s:o}", "file", path, "valid", valid, "diagnostics", list,
                        "windows", windows_json(config)));
    config_free(config);
    diagnostics_free(&diagnostics);
    return valid ? 0 : error_exit_code(ERROR_CONFIG);
}

int command_config_check(struct invocation *invocation, struct error *error)
{
    const char *path = project_config_file(invocation);
    if (invocation->json && !arguments_given(&invocation->arguments, OPTION_URL)) {
        return check_json(path == NULL ? PROJECT_FILE : path);
    }
    const struct config *config = project_config(invocation, error);
    if (config == NULL) {
        return -1;
    }
    struct buffer text = {0};
    buffer_printf(&text, "%s is valid: ", config->path[0] == '\0' ? "The URL" : config->path);
    buffer_count(&text, config->fleet.sources.count, "entry");
    buffer_text_append(&text, " under targets, ");
    buffer_count(&text, config->fleet.waves.count, "wave");
    if (config->fleet.windows.count > 0) {
        buffer_text_append(&text, ", ");
        buffer_count(&text, config->fleet.windows.count, "window");
    }
    (void)puts(buffer_text(&text));
    for (size_t i = 0; i < config->fleet.windows.count; i++) {
        window_print(&config->fleet.windows.items[i]);
    }
    buffer_free(&text);
    return 0;
}
