/* Words of causes; one that a newer worker knows counts as internal. */
#include "common/vocabulary/failure.h"

#define CAUSE_WORD_LIST(X)              FAILURE_CAUSE_LIST(CAUSE_WORD)
#define CAUSE_WORD(NAME, word, heading) word,
WORDS_DEFINE(failure_cause, CAUSE_WORD_LIST, FAILURE_CAUSE_INTERNAL)

static const char *const headings[] = {
#define CAUSE_HEADING(NAME, word, heading) heading,
    FAILURE_CAUSE_LIST(CAUSE_HEADING)
#undef CAUSE_HEADING
};

const char *failure_cause_heading(enum failure_cause cause)
{
    return headings[cause];
}
