/* The table of SQLSTATEs, and the longest beginning in it. */
#include "common/vocabulary/sqlstate.h"

#include <stddef.h>
#include <string.h>

#include "common/base/array.h"

#define SQLSTATE(code, passes, connecting, own, script, name)                                      \
    const char SQLSTATE_##name[sizeof(code)] = code;
#include "common/vocabulary/sqlstates.def"
#undef SQLSTATE

enum { STAYS = false, PASSES = true };

struct meaning {
    const char *code;
    bool passes;
    enum failure_cause causes[PLACE_SCRIPT + 1];
};

static const struct meaning meanings[] = {
#define SQLSTATE(code, passes, connecting, own, script, name)                                      \
    {code, passes, {FAILURE_CAUSE_##connecting, FAILURE_CAUSE_##own, FAILURE_CAUSE_##script}},
#include "common/vocabulary/sqlstates.def"
#undef SQLSTATE
};

bool sqlstate_is(const char *text, const char *code)
{
    return strncmp(text, code, strlen(code)) == 0;
}

/* Never NULL: the row "" speaks for all. */
static const struct meaning *meaning_of(const char *text)
{
    const struct meaning *best = &meanings[0];
    for (size_t i = 1; i < LENGTH(meanings); i++) {
        if (sqlstate_is(text, meanings[i].code) && strlen(meanings[i].code) > strlen(best->code)) {
            best = &meanings[i];
        }
    }
    return best;
}

bool sqlstate_passes(const char *text)
{
    return meaning_of(text)->passes;
}

enum failure_cause sqlstate_cause(const char *text, enum failure_place place)
{
    return meaning_of(text)->causes[place];
}
