/* The pages drover(1) and drover.yaml(5), for man. */
#include <ctype.h>
#include <string.h>

#include "cli/manual/manual.h"
#include "cli/manual/roff.h"
#include "common/config/option.h"
#include "common/config/probe.h"
#include "common/config/reference.h"

static void title(const char *name, const char *section, const char *summary, struct buffer *out)
{
    buffer_text_append(out, ".\\\" Made by `drover help --format`; do not edit.\n");
    buffer_text_append(out, ".TH ");
    for (const char *c = name; *c != '\0'; c++) {
        char upper = (char)toupper((unsigned char)*c);
        buffer_append(out, &upper, 1);
    }
    buffer_printf(out, " %s \"\" \"drover " DROVER_VERSION "\" \"Drover\"\n.nh\n.ad l\n.SH NAME\n",
                  section);
    buffer_printf(out, "%s \\- %s\n", name, summary);
}

/* ".TP" and the beginning of the line that hangs out. */
static void entry(const char *term, struct buffer *out)
{
    buffer_text_append(out, ".TP\n");
    roff_bold(term, out);
}

static void option_entry(const struct command_option *option, struct buffer *out)
{
    buffer_text_append(out, ".TP\n");
    if (option->short_name != 0) {
        const char name[] = {'-', option->short_name, '\0'};
        roff_bold(name, out);
        buffer_text_append(out, ", ");
    }
    buffer_text_append(out, "\\fB\\-\\-");
    roff_text(option->long_name, out);
    buffer_text_append(out, "\\fR");
    if (option->argument != NULL) {
        buffer_text_append(out, " ");
        roff_italic(option->argument, out);
    }
    buffer_text_append(out, "\n");
    roff_markdown(option->help, out);
}

static void command_section(const struct command *command, struct buffer *out)
{
    buffer_text_append(out, ".SS \"drover ");
    roff_text(command->words, out);
    if (command->arguments[0] != '\0') {
        buffer_text_append(out, " \\fI");
        roff_text(command->arguments, out);
    }
    buffer_text_append(out, "\"\n");
    roff_markdown(manual_description(command), out);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct command_option *option = &command_options[i];
        if (command_takes(command->id, option) && !manual_option_is_common(option)) {
            option_entry(option, out);
        }
    }
}

static void commands_sections(struct buffer *out)
{
    for (size_t group = 0; group < GROUP_COUNT; group++) {
        buffer_text_append(out, ".SH \"");
        for (const char *c = manual_group((enum command_group)group); *c != '\0'; c++) {
            char upper = (char)toupper((unsigned char)*c);
            buffer_append(out, &upper, 1);
        }
        buffer_text_append(out, " COMMANDS\"\n");
        for (size_t i = 0; i < COMMAND_COUNT; i++) {
            if ((size_t)commands[i].group == group) {
                command_section(&commands[i], out);
            }
        }
    }
}

static void lists(struct buffer *out)
{
    buffer_text_append(out, ".SH \"EXIT STATUS\"\n");
    for (size_t i = 0; i < manual_exit_count; i++) {
        buffer_printf(out, ".TP\n\\fB%d\\fR\n", manual_exits[i].code);
        roff_markdown(manual_exits[i].meaning, out);
    }
    buffer_text_append(out, ".SH ENVIRONMENT\n");
    for (size_t i = 0; i < manual_variable_count; i++) {
        entry(manual_variables[i].names, out);
        buffer_text_append(out, "\n");
        roff_markdown(manual_variables[i].meaning, out);
    }
    buffer_text_append(out, ".SH EXAMPLES\n");
    for (size_t i = 0; i < manual_example_count; i++) {
        entry(manual_examples[i].command, out);
        buffer_text_append(out, "\n");
        roff_markdown(manual_examples[i].meaning, out);
    }
}

void manual_page(struct buffer *out)
{
    title("drover", "1", "move a whole fleet of PostgreSQL databases to one schema version", out);
    buffer_text_append(out, ".SH SYNOPSIS\n.B drover\n\\fICOMMAND\\fR [\\fIARGUMENTS\\fR] "
                            "[\\fIOPTIONS\\fR]\n.SH DESCRIPTION\n");
    roff_markdown("Drover validates every database of a fleet first, opens the gate only when all "
                  "agree, then deploys wave by wave, each target in one transaction, and never "
                  "leaves a database half migrated.\n"
                  "\n"
                  "Results go to standard output, messages to standard error. Options may stand "
                  "before and after the command and its arguments.",
                  out);
    buffer_text_append(out, ".SH OPTIONS\nEvery command takes these; the others are with the "
                            "commands.\n");
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (manual_option_is_common(&command_options[i])) {
            option_entry(&command_options[i], out);
        }
    }
    commands_sections(out);
    lists(out);
    buffer_text_append(out, ".SH FILES\n.TP\n.I drover.yaml\nThe configuration, in the current "
                            "folder; see \\fBdrover.yaml\\fR(5).\n.TP\n.I /etc/drover/drover.yaml\n"
                            "The configuration of the services that the Debian package brings.\n"
                            ".SH \"SEE ALSO\"\n.BR drover.yaml (5),\n.BR psql (1)\n");
}

static void config_section(enum section section, struct buffer *out)
{
    const char *path = section_path(section);
    buffer_text_append(out, ".SS \"");
    roff_text(path[0] == '\0' ? "Top level" : path, out);
    buffer_text_append(out, "\"\n");
    for (size_t i = 0; i < option_count; i++) {
        const struct option *option = &options[i];
        if (option->section != section) {
            continue;
        }
        entry(option->key, out);
        buffer_text_append(out, " (");
        roff_text(option_type_description(option->type), out);
        if (option->fallback == NULL) {
            buffer_text_append(out, ", required");
        } else if (option->fallback[0] != '\0') {
            buffer_text_append(out, ", default ");
            roff_bold(option->fallback, out);
        }
        buffer_text_append(out, ")\n");
        roff_markdown(option->help, out);
    }
}

void manual_config_page(struct buffer *out)
{
    title("drover.yaml", "5", "configuration of drover: the fleet and how a rollout goes", out);
    buffer_text_append(out, ".SH DESCRIPTION\n");
    roff_markdown(config_reference_introduction, out);
    buffer_text_append(out, ".SH OPTIONS\n");
    for (enum section section = SECTION_ROOT; section < SECTION_COUNT; section++) {
        config_section(section, out);
    }
    buffer_text_append(out, ".SH \"BUILT\\-IN PROBES\"\n");
    for (size_t i = 0; i < probe_count; i++) {
        entry(probes[i].word, out);
        buffer_text_append(out, "\n");
        roff_markdown(probes[i].help, out);
    }
    buffer_text_append(out, ".SH \"HOW VALUES ARE WRITTEN\"\n");
    for (size_t i = 0; i < config_value_count; i++) {
        buffer_text_append(out, ".TP\n");
        roff_markdown(config_values[i].name, out);
        roff_markdown(config_values[i].meaning, out);
    }
    buffer_text_append(out, ".PP\n");
    roff_markdown(config_reference_end, out);
    buffer_text_append(out, ".SH \"SEE ALSO\"\n.BR drover (1)\n");
}
