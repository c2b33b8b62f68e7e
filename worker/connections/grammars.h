/* What servers have said of statements that the built-in parser does not know: asked once for each version of a
 * server and each step of a bundle, for all tasks of a worker.
 */
#ifndef DROVER_CONNECTIONS_GRAMMARS_H
#define DROVER_CONNECTIONS_GRAMMARS_H

#include <stdbool.h>

#include "common/vocabulary/record.h"

struct grammars;

/* The question: which server by its own name, which bundle by its digest, which step of it ("+id", "-id"). */
struct grammar_question {
    const char *server;
    const char *bundle;
    const char *step;
};

struct grammars *grammars_open(void);
void grammars_close(struct grammars *grammars);

/* Whether the answer is known. *refusal: why such a server cannot parse the step, until the next grammars_keep;
 * NULL: it can. */
bool grammars_find(const struct grammars *grammars, const struct grammar_question *question,
                   const struct failure **refusal);

/* Keeps an answer; everything is copied. */
void grammars_keep(struct grammars *grammars, const struct grammar_question *question,
                   const struct failure *refusal);

#endif
