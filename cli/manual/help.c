/* Help, from the tables. */
#include "cli/manual/help.h"

#include <stdio.h>
#include <string.h>

#include "cli/line/commands.h"
#include "cli/line/invocation.h"
#include "cli/manual/manual.h"

enum {
    SUMMARY_COLUMN = 24,
    OPTION_COLUMN = 30,
    EXAMPLE_COLUMNS = 39,
    EXITS_COLUMNS = 80,
    HELP_COLUMNS = 92 /* of the widest line of the tables */
};

static void heading_append(const struct style *style, const char *text, struct buffer *out)
{
    buffer_text_append(out, "\n");
    style_append(style, TONE_STRONG, text, out);
    buffer_text_append(out, "\n");
}

/* All of them, as one wrapped sentence. */
static void exits_append(struct buffer *out)
{
    size_t column = 0;
    for (size_t i = 0; i < manual_exit_count; i++) {
        bool last = i + 1 == manual_exit_count;
        struct buffer text = {0};
        buffer_printf(&text, "%d %s%s", manual_exits[i].code, manual_exits[i].summary,
                      last ? "" : ",");
        bool fits = column > 0 && column + 1 + text.length <= EXITS_COLUMNS;
        buffer_printf(out, "%s%s", fits ? " " : i == 0 ? "  " : "\n  ", buffer_text(&text));
        column = (fits ? column + 1 : 2) + text.length;
        buffer_free(&text);
    }
    buffer_text_append(out, "\n");
}

void help_overview(const struct style *style, struct buffer *out)
{
    buffer_text_append(out,
                       "drover moves a whole fleet of PostgreSQL databases to one schema version.\n"
                       "\nUsage: drover COMMAND [ARGUMENTS] [OPTIONS]\n");
    for (size_t group = 0; group < GROUP_COUNT; group++) {
        heading_append(style, manual_group((enum command_group)group), out);
        for (size_t i = 0; i < COMMAND_COUNT; i++) {
            if ((size_t)commands[i].group == group) {
                size_t begin = out->length;
                buffer_printf(out, "  %s %s", commands[i].words, commands[i].arguments);
                int used = (int)(out->length - begin);
                int gap = used + 2 < SUMMARY_COLUMN ? SUMMARY_COLUMN - used : 2;
                buffer_printf(out, "%*s", gap, "");
                style_text(style, commands[i].summary, SUMMARY_COLUMN, out);
            }
        }
    }
    heading_append(style, "First steps", out);
    for (size_t i = 0; i < manual_example_count; i++) {
        buffer_printf(out, "  %-*s  ", EXAMPLE_COLUMNS, manual_examples[i].command);
        style_text(style, manual_examples[i].meaning, EXAMPLE_COLUMNS + 4, out);
    }
    heading_append(style, "Exit codes", out);
    exits_append(out);
    buffer_text_append(out, "\n`drover COMMAND --help` tells more.\n");
}

/* The lines of the tables do not fit. */
static bool is_narrow(const struct style *style)
{
    return style->terminal && style->width < HELP_COLUMNS;
}

/* The lines of a paragraph as one text, wrapped. */
static void flow_append(const char *text, size_t length, unsigned indent, const struct style *style,
                        struct buffer *out)
{
    struct buffer flow = {0};
    buffer_append(&flow, text, length);
    for (size_t i = 0; i < flow.length; i++) {
        if (flow.data[i] == '\n') {
            flow.data[i] = ' ';
        }
    }
    style_wrap(style, TONE_PLAIN, buffer_text(&flow), indent, out);
    buffer_free(&flow);
}

static void description_append(const char *text, const struct style *style, struct buffer *out)
{
    if (!is_narrow(style)) {
        buffer_printf(out, "\n%s\n", text);
        return;
    }
    while (*text != '\0') {
        const char *end = strstr(text, "\n\n");
        size_t length = end != NULL ? (size_t)(end - text) : strlen(text);
        buffer_text_append(out, "\n");
        flow_append(text, length, 0, style, out);
        text += length;
        text += strspn(text, "\n");
    }
}

static void option_append(const struct command_option *option, const struct style *style,
                          struct buffer *out)
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
    if (is_narrow(style)) {
        flow_append(option->help, strlen(option->help), OPTION_COLUMN, style, out);
        return;
    }
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
    description_append(manual_description(command), style, out);
    heading_append(style, "Options", out);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (command_takes(command->id, &command_options[i])) {
            option_append(&command_options[i], style, out);
        }
    }
}

int command_help(struct invocation *invocation, struct error *error)
{
    struct texts words = invocation->arguments.words;
    struct buffer text = {0};
    size_t used = 0;
    const char *format = arguments_value(&invocation->arguments, OPTION_FORMAT);
    if (format != NULL) {
        if (manual_format(format, &text, error) != 0) {
            return -1;
        }
    } else if (words.count == 0) {
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
