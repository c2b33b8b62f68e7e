/* Arguments: the command line, parsed by the tables commands.def and options.def.
 *
 * Options may stand before and after the command and its arguments. `-1`, `+2` and `-r-3:current`
 * are what they look like to an Alembic user: a minus and a digit never begin an option.
 */
#ifndef DROVER_LINE_ARGUMENTS_H
#define DROVER_LINE_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/vocabulary/field.h"

struct invocation;

/* Runs a command. Returns its exit code, or -1 and an error that the caller prints. */
typedef int command_function(struct invocation *invocation, struct error *error);

#define COMMAND_GROUP_LIST(X)                                                                      \
    X(PROJECT, "Project")                                                                          \
    X(FLEET, "Fleet")                                                                              \
    X(ROLLOUT, "Rollout")                                                                          \
    X(SERVICE, "Services")

enum command_group {
#define GROUP_ENUM(name, heading) GROUP_##name,
    COMMAND_GROUP_LIST(GROUP_ENUM)
#undef GROUP_ENUM
        GROUP_COUNT
};

enum command_id {
#define COMMAND(id, words, function, group, arguments, least, most, summary, description)          \
    COMMAND_##id,
#include "cli/line/commands.def"
#undef COMMAND
    COMMAND_COUNT
};

enum option_id {
#define OPTION(id, long_name, short_name, argument, commands, help) OPTION_##id,
#include "cli/line/options.def"
#undef OPTION
    OPTION_COUNT
};

struct command {
    enum command_id id;
    const char *words;
    command_function *run;
    enum command_group group;
    const char *arguments;
    size_t least;
    size_t most;
    const char *summary;
    const char *description;
};

struct command_option {
    enum option_id id;
    const char *long_name;
    char short_name;      /* 0: none */
    const char *argument; /* NULL: a flag */
    uint64_t commands;    /* bit 1 << command_id */
    const char *help;
};

extern const struct command commands[COMMAND_COUNT];
extern const struct command_option command_options[OPTION_COUNT];

bool command_takes(enum command_id command, const struct command_option *option);

struct arguments {
    const struct command *command; /* NULL: none was named (--help, --version, or nothing at all) */
    struct texts words;            /* the command's arguments */
    struct texts values[OPTION_COUNT]; /* each value given, in order; a flag's value is "" */
};

/* Parses argv[1] and on. Texts are borrowed from argv, lists live in `arena`. ERROR_USAGE with a
 * hint otherwise; arguments->command is set as soon as it is known, also then. */
int arguments_parse(int argc, char *const argv[], struct arena *arena, struct arguments *arguments,
                    struct error *error) MUST_CHECK;

/* The command whose words are the first of `words`; *used tells how many. NULL if there is none. */
const struct command *command_find(struct texts words, size_t *used);

bool arguments_given(const struct arguments *arguments, enum option_id option);

/* The last value, or NULL. */
const char *arguments_value(const struct arguments *arguments, enum option_id option);

/* A whole number from 1 to `most`; `fallback` when not given. */
int arguments_number(const struct arguments *arguments, enum option_id option, uint32_t most,
                     uint32_t fallback, uint32_t *number, struct error *error) MUST_CHECK;

#endif
