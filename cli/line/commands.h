/* The commands' functions, declared from the command tree. */
#ifndef DROVER_LINE_COMMANDS_H
#define DROVER_LINE_COMMANDS_H

#include "cli/line/arguments.h"

#define COMMAND(id, words, function, group, arguments, least, most, summary, description)          \
    command_function function;
#include "cli/line/commands.def"
#undef COMMAND

#endif
