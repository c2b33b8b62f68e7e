/* Migrations of another tool as revisions. Each tool has a reader, a file of this room: it finds the tool's files,
 * puts them into the order in which the tool would run them, and says what each of them does. What is
 * the same for all, ids, the chain, which direction runs outside a transaction, stands in render.c.
 */
#ifndef DROVER_IMPORT_IMPORT_H
#define DROVER_IMPORT_IMPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/diagnostic.h"
#include "common/revision/bundle.h"

/* What one direction of a migration does. */
struct import_way {
    const char *path;        /* of the file that says it, as a person would type it */
    const char *sql;         /* NULL: there is no such way */
    unsigned line;           /* in the file, of the first line of `sql`; 0 counts as 1 */
    bool outside;            /* runs in no transaction */
    const char *unavailable; /* why it cannot be carried over; NULL: it can */
};

struct import_step {
    const char *version; /* as the tool's version table names it */
    struct revision_template
        revision; /* the reader sets what it knows: message, id (NULL: the version),
                                          create_date */
    struct import_way up;
    struct import_way down;
    struct texts depends_on; /* versions of steps that stand before it, other than the last one */
};

struct import_project {
    const char *folder;  /* as the user names it */
    struct arena *arena; /* owns the texts; borrowed */
    struct diagnostics
        *diagnostics; /* what was left out is a warning, what is wrong an error; borrowed */
    struct import_step *steps; /* in order; free() it */
    size_t count;
    size_t capacity;
};

/* Reads the project's folder into steps. -1: it cannot be read. */
typedef int import_read(struct import_project *project, struct error *error);

/* The reader of a tool, by its name; NULL: there is none. */
import_read *import_reader(const char *tool);

/* The steps as revision files, in the project's arena: a chain in their order. What the parser refuses
 * becomes a direction that is not available, with its SQL as comments and a warning. Returns how many. */
size_t import_render(struct import_project *project, struct bundle_file **files);

#endif
