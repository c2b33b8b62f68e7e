/* Words of outcomes and causes, both ways. */
#include "common/vocabulary/outcome.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

static const char *const kind_words[] = {
#define KIND_WORD(name, word) word,
    JOB_KIND_LIST(KIND_WORD)
#undef KIND_WORD
};

static const char *const outcome_words[] = {
#define OUTCOME_WORD(name, word) word,
    JOB_OUTCOME_LIST(OUTCOME_WORD)
#undef OUTCOME_WORD
};

static const char *const cause_words[] = {
#define CAUSE_WORD(name, word, heading) word,
    FAILURE_CAUSE_LIST(CAUSE_WORD)
#undef CAUSE_WORD
};

static const char *const cause_headings[] = {
#define CAUSE_HEADING(name, word, heading) heading,
    FAILURE_CAUSE_LIST(CAUSE_HEADING)
#undef CAUSE_HEADING
};

static int word_find(const char *const *words, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i], word) == 0) {
            return (int)i;
        }
    }
    return -1;
}

const char *job_kind_word(enum job_kind kind)
{
    return kind_words[kind];
}

const char *job_outcome_word(enum job_outcome outcome)
{
    return outcome_words[outcome];
}

const char *failure_cause_word(enum failure_cause cause)
{
    return cause_words[cause];
}

const char *failure_cause_heading(enum failure_cause cause)
{
    return cause_headings[cause];
}

int job_kind_from_word(const char *word)
{
    return word_find(kind_words, sizeof kind_words / sizeof kind_words[0], word);
}

int job_outcome_from_word(const char *word)
{
    return word_find(outcome_words, sizeof outcome_words / sizeof outcome_words[0], word);
}

int failure_cause_from_word(const char *word)
{
    return word_find(cause_words, sizeof cause_words / sizeof cause_words[0], word);
}

void unrecorded_append(struct buffer *out, uint64_t seen, uint64_t gone)
{
    buffer_count(out, (size_t)(seen > 0 ? seen : gone), "revision");
    buffer_text_append(out, (seen > 0 ? seen : gone) == 1 ? " was" : " were");
    buffer_text_append(out, seen > 0 ? " applied" : " undone");
    if (seen > 0 && gone > 0) {
        buffer_printf(out, " and %" PRIu64 " undone", gone);
    }
    buffer_text_append(out, " by something else, probably Alembic");
}
