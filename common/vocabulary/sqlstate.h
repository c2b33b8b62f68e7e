/* SQLSTATEs by name, and what they mean to whom: sqlstates.def has all of it.
 *
 * A text is five characters as PostgreSQL sends them. One that the list does not have is spoken for
 * by the longest beginning there.
 */
#ifndef DROVER_VOCABULARY_SQLSTATE_H
#define DROVER_VOCABULARY_SQLSTATE_H

#include <stdbool.h>

#include "common/vocabulary/failure.h"

/* SQLSTATE_LOCK_NOT_AVAILABLE is "55P03", and so on. */
#define SQLSTATE(code, passes, connecting, own, script, name)                                      \
    extern const char SQLSTATE_##name[sizeof(code)];
#include "common/vocabulary/sqlstates.def"
#undef SQLSTATE

/* Where a failure came up. */
enum failure_place {
    PLACE_CONNECTING,
    PLACE_OWN,    /* a statement of Drover's own */
    PLACE_SCRIPT, /* a statement of a migration */
};

/* Whether a text is that code, or one of that class. */
bool sqlstate_is(const char *text, const char *code);

/* Whether a later attempt may go through. */
bool sqlstate_passes(const char *text);

/* What to call the failure. */
enum failure_cause sqlstate_cause(const char *text, enum failure_place place);

#endif
