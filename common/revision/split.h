/* Where statements end in a text that the built-in parser cannot read: by psql's rules, which need
 * no grammar.
 *
 * A semicolon ends a statement unless it stands in parentheses (CREATE RULE), or between BEGIN ATOMIC and
 * END in the body of a CREATE FUNCTION or PROCEDURE, where CASE ... END counts as well. What is quoted
 * and what is comment is the scanner's to say.
 */
#ifndef DROVER_REVISION_SPLIT_H
#define DROVER_REVISION_SPLIT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/revision/scan.h"

/* One statement in its text: from its first token to its last, without its semicolon. */
struct span {
    size_t start;
    size_t end;
};

/* The next statement at or after the scanner, which is then behind its semicolon; empty ones are passed
 * over. False at the end of the text. */
bool split_next(struct scanner *scanner, struct span *span);

#endif
