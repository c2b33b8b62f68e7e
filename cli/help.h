/* Help, from the tables commands.def and options.def. At most 100 columns. */
#ifndef DROVER_CLI_HELP_H
#define DROVER_CLI_HELP_H

#include "cli/arguments.h"
#include "cli/style.h"

void help_overview(const struct style *style, struct buffer *out);
void help_command(const struct command *command, const struct style *style, struct buffer *out);

#endif
