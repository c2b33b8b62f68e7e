/* A place in a statement, and the words and signs around it: for what is told without a grammar.
 *
 * Terms are words with blanks between them: "a|b" is one of these, "*" any word or sign, "()" parentheses
 * and what they hold, "$" the statement's end, "^" its begin. What is quoted is "*" only.
 */
#ifndef DROVER_REVISION_PLACE_H
#define DROVER_REVISION_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/revision/scan.h"

struct place {
    const char *text;
    struct token *tokens; /* of the statement, comments left out */
    size_t count;
    size_t at; /* the token that the place is at or in; `count`: at the end */
};

/* The place at `offset` of a statement, whose text is borrowed; free it with place_free. */
struct place place_of(const char *sql, size_t length, size_t offset);
void place_free(struct place *place);

/* Whether one term fits the token at the place, or `ahead` tokens behind it. NULL always fits. */
bool place_is(const struct place *place, size_t ahead, const char *term);

/* Whether the statement begins with these terms. */
bool place_begins(const struct place *place, const char *terms);

/* Whether these terms stand right before the place. */
bool place_follows(const struct place *place, const char *terms);

/* Whether the term stands somewhere before it. */
bool place_holds(const struct place *place, const char *term);

/* Whether the term stands before the innermost parenthesis that is open at the place. */
bool place_within(const struct place *place, const char *term);

#endif
