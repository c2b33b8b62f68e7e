/* docs/reference.md. */
#include <string.h>

#include "cli/manual/manual.h"

/* Inside a cell: a bar would end it, a newline the table. */
static void cell(const char *text, struct buffer *out)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '|') {
            buffer_text_append(out, "\\|");
        } else {
            buffer_append(out, *c == '\n' ? " " : c, 1);
        }
    }
}

static void option_row(const struct command_option *option, struct buffer *out)
{
    buffer_text_append(out, "| ");
    if (option->short_name != 0) {
        buffer_printf(out, "`-%c`, ", option->short_name);
    }
    buffer_printf(out, "`--%s", option->long_name);
    if (option->argument != NULL) {
        buffer_text_append(out, " ");
        cell(option->argument, out);
    }
    buffer_text_append(out, "` | ");
    cell(option->help, out);
    buffer_text_append(out, " |\n");
}

static void overview(struct buffer *out)
{
    buffer_text_append(out, "| command | |\n|---|---|\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        buffer_printf(out, "| `drover %s` | ", commands[i].words);
        cell(commands[i].summary, out);
        buffer_text_append(out, " |\n");
    }
}

static void command_section(const struct command *command, struct buffer *out)
{
    buffer_printf(out, "\n### drover %s\n\n`drover %s%s%s [OPTIONS]`\n\n%s\n", command->words,
                  command->words, command->arguments[0] == '\0' ? "" : " ", command->arguments,
                  manual_description(command));
    bool any = false;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct command_option *option = &command_options[i];
        if (!command_takes(command->id, option) || manual_option_is_common(option)) {
            continue;
        }
        if (!any) {
            buffer_text_append(out, "\n| option | |\n|---|---|\n");
            any = true;
        }
        option_row(option, out);
    }
}

void manual_reference(struct buffer *out)
{
    buffer_text_append(
        out,
        "<!-- Made from cli/line/*.def and cli/manual/*.def by `drover help --format markdown`; "
        "UPDATE_GOLDEN=1 test_manual rewrites it. -->\n"
        "# Reference\n\n"
        "The commands, their options, exit codes and environment variables: the same as `man "
        "drover` "
        "and `drover COMMAND --help`. The configuration is in\n"
        "[reference/configuration.md](reference/configuration.md), as in `man drover.yaml`.\n\n");
    overview(out);
    buffer_text_append(out, "\nEvery command also takes:\n\n| option | |\n|---|---|\n");
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (manual_option_is_common(&command_options[i])) {
            option_row(&command_options[i], out);
        }
    }
    for (size_t group = 0; group < GROUP_COUNT; group++) {
        buffer_printf(out, "\n## %s\n", manual_group((enum command_group)group));
        for (size_t i = 0; i < COMMAND_COUNT; i++) {
            if ((size_t)commands[i].group == group) {
                command_section(&commands[i], out);
            }
        }
    }
    buffer_text_append(out, "\n## Exit codes\n\n| code | meaning |\n|---|---|\n");
    for (size_t i = 0; i < manual_exit_count; i++) {
        buffer_printf(out, "| %d | ", manual_exits[i].code);
        cell(manual_exits[i].meaning, out);
        buffer_text_append(out, " |\n");
    }
    buffer_text_append(out, "\n## Environment variables\n\n| variable | meaning |\n|---|---|\n");
    for (size_t i = 0; i < manual_variable_count; i++) {
        buffer_printf(out, "| `%s` | ", manual_variables[i].names);
        cell(manual_variables[i].meaning, out);
        buffer_text_append(out, " |\n");
    }
}
