/* Whether a statement that the built-in parser refuses may be one that newer servers know.
 *
 * A parser of this kind stops at the first word after which no statement can go on. So what a newer
 * grammar added shows itself by that word and those around it, and the list of what PostgreSQL 16 to
 * 19 added is finite (newer.def). A mistake that no server takes is not in it.
 */
#ifndef DROVER_REVISION_NEWER_H
#define DROVER_REVISION_NEWER_H

#include <stdbool.h>
#include <stddef.h>

/* What the parser that is built in is of. */
#define NEWER_THAN "PostgreSQL 15"

/* `sql` is one statement, which the parser reads up to `offset`, perhaps to its end. */
bool newer_knows(const char *sql, size_t length, size_t offset);

#endif
