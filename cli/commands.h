/* The commands' functions, declared from the command tree. */
#ifndef DROVER_CLI_COMMANDS_H
#define DROVER_CLI_COMMANDS_H

#include "cli/arguments.h"

#define COMMAND(id, words, function, group, arguments, least, most, summary, description)          \
    command_function function;
#include "cli/commands.def"
#undef COMMAND

#endif
