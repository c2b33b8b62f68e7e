/* Help, from the tables commands.def and options.def. At most 100 columns. */
#ifndef DROVER_MANUAL_HELP_H
#define DROVER_MANUAL_HELP_H

#include "cli/line/arguments.h"
#include "cli/text/style.h"

void help_overview(const struct style *style, struct buffer *out);
void help_command(const struct command *command, const struct style *style, struct buffer *out);

#endif
