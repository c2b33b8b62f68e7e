/* A scope: which targets a command is about, as a selector (common/base/selector.h) over their
 * labels and the words of SCOPE_WORDS, put together from --where, its shorthands and the names
 * given as arguments.
 */
#ifndef DROVER_LINE_SCOPE_H
#define DROVER_LINE_SCOPE_H

#include "cli/line/invocation.h"

/* Shown where a scope is explained. */
#define SCOPE_WORDS "target, server, wave, state, schema, cause, sqlstate, revision"

/* The scope of the command line; "" for all targets. `names`: targets given as arguments. Lives in
 * the invocation's arena. ERROR_USAGE when it does not parse, with what is wrong and where. */
int scope_make(struct invocation *invocation, struct texts names, const char **scope,
               struct error *error) MUST_CHECK;

/* A value as it may stand in a selector, quoted if need be; NULL when no quotes can hold it. */
const char *scope_value(struct arena *arena, const char *text);

/* The same of a fleet without a rollout: targets have a name, a place and labels, and nothing else. */
int scope_of_fleet(struct invocation *invocation, const char **scope,
                   struct error *error) MUST_CHECK;

#endif
