/* Confirming: the one question that a command may ask. */
#ifndef DROVER_LINE_CONFIRM_H
#define DROVER_LINE_CONFIRM_H

#include "cli/line/invocation.h"

/* Whether somebody is there to be asked: a terminal, without --yes and --json. */
bool confirm_asks(const struct invocation *invocation);

/* Asks "QUESTION [y/N]" on a terminal; never with --yes or --json, or elsewhere. 0 when it may go
 * on; ERROR_STOPPED when not. */
int confirm(const struct invocation *invocation, const char *question,
            struct error *error) MUST_CHECK;

#endif
