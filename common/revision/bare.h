/* A bare file: a revision without a header, whose name and place say what a header would. This is how dbmate
 * keeps its migrations, so that a folder of them is a project as it is.
 *
 * Where the first file in listing order is bare, so may others be: the number with which its name
 * begins is a file's id, the rest of the name its message, and it follows the file before it.
 */
#ifndef DROVER_REVISION_BARE_H
#define DROVER_REVISION_BARE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/arena.h"

struct bare {
    const char *id;
    const char *message;
    const char *follows; /* an id; NULL: a base. The caller sets it */
};

/* Whether the text has sections, and no header before them. */
bool bare_is(const char *content, size_t length);

/* What the name says, "20240513090000_add_users.sql", in `arena`. NULL: it does not begin with a number, or
 * with one too long for an id. */
struct bare *bare_read(const char *name, struct arena *arena);

#endif
