/* Confirming: the one question that a command may ask. */
#ifndef DROVER_LINE_CONFIRM_H
#define DROVER_LINE_CONFIRM_H

#include "cli/line/invocation.h"

/* Asks "QUESTION [y/N]" on a terminal; never with --yes or --json, or elsewhere. 0 when it may go
 * on; ERROR_STOPPED when not. */
int confirm(const struct invocation *invocation, const char *question,
            struct error *error) MUST_CHECK;

#endif
