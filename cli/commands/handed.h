/* Commands that an Alembic project's own Alembic carries out. */
#ifndef DROVER_COMMANDS_HANDED_H
#define DROVER_COMMANDS_HANDED_H

#include "cli/line/invocation.h"

enum { HANDED_NOT = -2 };

/* `revision` and `merge`: HANDED_NOT when the project is not Alembic's; else as a command's
 * function. */
int handed_authoring(struct invocation *invocation, struct error *error) MUST_CHECK;

/* `check --models`. As a command's function. */
int handed_check(struct invocation *invocation, struct error *error) MUST_CHECK;

#endif
