/* The statements of a section: as the built-in parser reads them or, where it does not know one of them,
 * by their tokens.
 */
#ifndef DROVER_REVISION_PIECES_H
#define DROVER_REVISION_PIECES_H

#include "common/revision/source.h"
#include "common/revision/split.h"

struct piece {
    struct span span;  /* in the file, without comments at its edges */
    const char *newer; /* as in struct statement */
};

struct pieces {
    bool server_syntax;  /* nothing is wrong that the parser does not know */
    struct piece *items; /* owned */
    size_t count;
    size_t capacity;
    const char *
        error; /* the parser's sentence about the first that is wrong, in every version; NULL: none is */
    size_t error_at; /* offset in the file */
};

/* Those of `section`, a part of the file. `server_syntax`: nothing is wrong that the parser does not know. */
struct pieces pieces_read(const struct source *source, struct span section, bool server_syntax);

void pieces_free(struct pieces *pieces);

#endif
