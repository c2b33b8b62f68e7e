/* `config check`: everything that is wrong with the configuration, and nothing else. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/invocation.h"
#include "cli/json.h"
#include "cli/project.h"

static json_t *diagnostic_json(const struct diagnostic *diagnostic)
{
    return json_pack("{s:s, s:i, s:i, s:s, s:o, s:o}", "file", diagnostic->file, "line",
                     (int)diagnostic->line, "column", (int)diagnostic->column, "level",
                     diagnostic->warning ? "warning" : "error", "message",
                     json_text(diagnostic->message), "hint",
                     diagnostic->hint == NULL ? json_null() : json_text(diagnostic->hint));
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
    json_page(json_pack("{s:s, s:b, s:o}", "file", path, "valid", valid, "diagnostics", list));
    config_free(config);
    diagnostics_free(&diagnostics);
    return valid ? 0 : error_exit_code(ERROR_CONFIG);
}

int command_config_check(struct invocation *invocation, struct error *error)
{
    const char *path = arguments_value(&invocation->arguments, OPTION_CONFIG);
    if (invocation->json && !arguments_given(&invocation->arguments, OPTION_URL)) {
        return check_json(path == NULL ? PROJECT_FILE : path);
    }
    struct config *config = project_config(invocation, error);
    if (config == NULL) {
        return -1;
    }
    struct buffer text = {0};
    buffer_printf(&text, "%s is valid: ", config->path[0] == '\0' ? "The URL" : config->path);
    count_append(&text, config->target_count, "entry under targets", "entries under targets");
    buffer_text_append(&text, ", ");
    count_append(&text, config->wave_count, "wave", "waves");
    (void)puts(buffer_text(&text));
    buffer_free(&text);
    config_free(config);
    return 0;
}
