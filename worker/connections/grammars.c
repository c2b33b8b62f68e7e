/* A hash in one arena; it begins anew when it is full (grammars.h). */
#include "worker/connections/grammars.h"

#include <stdlib.h>
#include <uthash.h>

#include "common/base/arena.h"

enum { ANSWERS_MAX = 10000 };

struct answer {
    const char *question;
    const struct failure *refusal;
    UT_hash_handle hh;
};

struct grammars {
    struct arena arena; /* holds the answers */
    struct answer *answers;
};

struct grammars *grammars_open(void)
{
    return memory_alloc(sizeof(struct grammars));
}

static void answers_forget(struct grammars *grammars)
{
    HASH_CLEAR(hh, grammars->answers);
    arena_free(&grammars->arena);
}

void grammars_close(struct grammars *grammars)
{
    answers_forget(grammars);
    free(grammars);
}

static char *text_of(const struct grammar_question *question, struct arena *arena)
{
    return arena_printf(arena, "%s\n%s\n%s", question->server, question->bundle, question->step);
}

bool grammars_find(const struct grammars *grammars, const struct grammar_question *question,
                   const struct failure **refusal)
{
    struct arena scratch = {0};
    struct answer *found = NULL;
    const char *text = text_of(question, &scratch);
    HASH_FIND_STR(grammars->answers, text, found);
    arena_free(&scratch);
    *refusal = found != NULL ? found->refusal : NULL;
    return found != NULL;
}

void grammars_keep(struct grammars *grammars, const struct grammar_question *question,
                   const struct failure *refusal)
{
    const struct failure *known = NULL;
    if (grammars_find(grammars, question, &known)) {
        return; /* another task has asked meanwhile */
    }
    if (HASH_COUNT(grammars->answers) >= ANSWERS_MAX) {
        answers_forget(grammars);
    }
    struct answer *answer = arena_alloc(&grammars->arena, sizeof *answer);
    answer->question = text_of(question, &grammars->arena);
    if (refusal != NULL) {
        struct failure *copy = arena_alloc(&grammars->arena, sizeof *copy);
        layout_copy(failure_layout(), &grammars->arena, refusal, copy);
        answer->refusal = copy;
    }
    HASH_ADD_KEYPTR(hh, grammars->answers, answer->question, strlen(answer->question), answer);
}
