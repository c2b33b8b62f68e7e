/* The manual: pages, reference and completion, made from the tables commands.def, options.def,
 * exits.def, environment.def and, for the configuration, common/config/options.def.
 */
#ifndef DROVER_MANUAL_MANUAL_H
#define DROVER_MANUAL_MANUAL_H

#include "cli/line/arguments.h"
#include "common/base/buffer.h"

struct manual_exit {
    int code;
    const char *summary; /* in a line of `drover help` */
    const char *meaning; /* Markdown */
};

struct manual_variable {
    const char *names;
    const char *meaning; /* Markdown */
};

struct manual_example {
    const char *command;
    const char *meaning;
};

extern const struct manual_exit manual_exits[];
extern const size_t manual_exit_count;
extern const struct manual_variable manual_variables[];
extern const size_t manual_variable_count;
extern const struct manual_example manual_examples[]; /* the first steps */
extern const size_t manual_example_count;

/* The heading of a group of commands. */
const char *manual_group(enum command_group group);

/* What a command's help says below its usage. */
const char *manual_description(const struct command *command);

/* Whether every command takes the option: then it is described once. */
bool manual_option_is_common(const struct command_option *option);

void manual_page(struct buffer *out);        /* drover(1) */
void manual_config_page(struct buffer *out); /* drover.yaml(5) */
void manual_reference(struct buffer *out);   /* docs/reference.md */
void manual_bash(struct buffer *out);        /* completions */
void manual_zsh(struct buffer *out);
void manual_fish(struct buffer *out);
void manual_schema(struct buffer *out); /* of drover.yaml, JSON */

/* The format at `place`, or NULL behind the last. */
const char *manual_format_name(size_t place);

/* Appends what `drover help --format FORMAT` prints. ERROR_USAGE for an unknown format. */
int manual_format(const char *format, struct buffer *out, struct error *error) MUST_CHECK;

#endif
