/* Help, from the tables. */
#include "cli/help.h"

#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/invocation.h"

enum { SUMMARY_COLUMN = 24, OPTION_COLUMN = 30 };

static const char *const group_headings[] = {
#define GROUP_HEADING(name, heading) heading,
    COMMAND_GROUP_LIST(GROUP_HEADING)
#undef GROUP_HEADING
};

static void heading_append(const struct style *style, const char *text, struct buffer *out)
{
    buffer_text_append(out, "\n");
    style_append(style, TONE_STRONG, text, out);
    buffer_text_append(out, "\n");
}

void help_overview(const struct style *style, struct buffer *out)
{
    buffer_text_append(out,
                       "drover moves a whole fleet of PostgreSQL databases to one schema version.\n"
                       "\nUsage: drover COMMAND [ARGUMENTS] [OPTIONS]\n");
    for (size_t group = 0; group < GROUP_COUNT; group++) {
        heading_append(style, group_headings[group], out);
        for (size_t i = 0; i < COMMAND_COUNT; i++) {
            if ((size_t)commands[i].group == group) {
                size_t begin = out->length;
                buffer_printf(out, "  %s %s", commands[i].words, commands[i].arguments);
                int used = (int)(out->length - begin);
                int gap = used + 2 < SUMMARY_COLUMN ? SUMMARY_COLUMN - used : 2;
                buffer_printf(out, "%*s%s\n", gap, "", commands[i].summary);
            }
        }
    }
    heading_append(style, "First steps", out);
    buffer_text_append(
        out,
        "  drover init                              a configuration and a folder for migrations\n"
        "  drover revision -m \"create account\"      a migration file to fill in\n"
        "  drover plan                              would it work? nothing is changed\n"
        "  drover upgrade head                      validate all, then deploy wave by wave\n");
    heading_append(style, "Exit codes", out);
    buffer_text_append(
        out, "  0 done, 1 behind the head (check), 2 failed, 3 some targets failed,\n"
             "  4 the gate refused (nothing changed), 5 paused, cancelled or waiting, 64 wrong\n"
             "  usage, 78 wrong configuration\n"
             "\n`drover COMMAND --help` tells more.\n");
}

static void option_append(const struct command_option *option, struct buffer *out)
{
    size_t begin = out->length;
    if (option->short_name != 0) {
        buffer_printf(out, "  -%c, --%s", option->short_name, option->long_name);
    } else {
        buffer_printf(out, "      --%s", option->long_name);
    }
    if (option->argument != NULL) {
        buffer_printf(out, " %s", option->argument);
    }
    int used = (int)(out->length - begin);
    buffer_printf(out, "%*s", used < OPTION_COLUMN ? OPTION_COLUMN - used : 2, "");
    for (const char *line = option->help; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        buffer_append(out, line, length);
        buffer_text_append(out, "\n");
        line += length;
        if (*line == '\n') {
            buffer_printf(out, "%*s", OPTION_COLUMN, "");
            line++;
        }
    }
}

void help_command(const struct command *command, const struct style *style, struct buffer *out)
{
    buffer_printf(out, "Usage: drover %s%s%s [OPTIONS]\n", command->words,
                  command->arguments[0] == '\0' ? "" : " ", command->arguments);
    buffer_printf(out, "\n%s\n",
                  command->description[0] == '\0' ? command->summary : command->description);
    heading_append(style, "Options", out);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (command_takes(command->id, &command_options[i])) {
            option_append(&command_options[i], out);
        }
    }
}

int command_help(struct invocation *invocation, struct error *error)
{
    struct texts words = invocation->arguments.words;
    struct buffer text = {0};
    size_t used = 0;
    if (words.count == 0) {
        help_overview(&invocation->output, &text);
    } else {
        const struct command *command = command_find(words, &used);
        if (command == NULL || used < words.count) {
            (void)error_set(error, ERROR_USAGE, "there is no command \"%s%s%s\"", words.items[0],
                            words.count > 1 ? " " : "", words.count > 1 ? words.items[1] : "");
            return error_hint(error, "`drover help` lists them");
        }
        help_command(command, &invocation->output, &text);
    }
    (void)fputs(buffer_text(&text), stdout);
    buffer_free(&text);
    return 0;
}
