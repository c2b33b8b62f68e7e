/* An Alembic project, adopted unchanged: its revisions as the texts of native ones.
 *
 * The project's own Python and Alembic render every revision once, in one process
 * (alembic_render.py); the answer is kept under .drover/cache beside alembic.ini and used again
 * while no file that it was made from has changed. A revision that cannot be rendered is loaded all
 * the same, as not available.
 */
#ifndef DROVER_CLI_ALEMBIC_H
#define DROVER_CLI_ALEMBIC_H

#include <stdbool.h>

#include "common/base/arena.h"
#include "common/base/diagnostic.h"
#include "common/revision/bundle.h"

struct alembic_project {
    struct bundle_file *files; /* in Alembic's listing order; named relative to the ini's folder */
    size_t file_count;
    const char *version_table;  /* as env.py has it; "" when there is no revision */
    const char *version_schema; /* the same; "": not set */
    const char *fault;          /* why Alembic refuses the graph; NULL: it does not */
};

/* Where the text of a revision is going to stand. */
enum alembic_form {
    ALEMBIC_IN_BUNDLE, /* named like its .py file, with the lines of that file */
    ALEMBIC_IN_FILE,   /* a native .sql file */
};

/* The alembic.ini that `path` names: itself, or the one in that folder. NULL: it is no Alembic
 * project. In `arena`. */
const char *alembic_find(const char *path, struct arena *arena);

/* "folder/alembic.ini" -> "folder"; "alembic.ini" -> ".". In `arena`. */
const char *alembic_folder(const char *ini, struct arena *arena);

/* Renders, or takes the kept answer. Revisions that cannot be rendered become warnings in
 * `diagnostics`. ERROR_CONFIG: no Python or no Alembic; ERROR_REVISION: the project fails.
 * Everything lives in `arena`. */
int alembic_load(const char *ini, enum alembic_form form, struct arena *arena,
                 struct alembic_project *project, struct diagnostics *diagnostics,
                 struct error *error) MUST_CHECK;

#endif
