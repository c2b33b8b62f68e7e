/* An Alembic project, adopted unchanged: its revisions as the texts of native ones.
 *
 * What a command needs decides what is run. The graph alone is read from the revision files,
 * by the project's own Alembic, without env.py and so without any settings of a database. The
 * SQL is what all revisions write when env.py is run in offline mode, as often as it is the same
 * twice (alembic_render.py). The answer is kept under .drover/cache beside alembic.ini and used
 * again while no file that it was made from has changed. A revision that cannot be rendered is
 * loaded all the same, as one that Alembic runs on each target, or as not available.
 */
#ifndef DROVER_ALEMBIC_ALEMBIC_H
#define DROVER_ALEMBIC_ALEMBIC_H

#include <stdbool.h>

#include "common/base/arena.h"
#include "common/base/diagnostic.h"
#include "common/base/texts.h"
#include "common/revision/bundle.h"
#include "common/vocabulary/record.h"

/* What the user says beside the place; as Alembic's options of these names. */
struct alembic_settings {
    const char *section; /* of the ini (-n); "": "alembic" */
    struct texts x;      /* "key=value" (-x) */
    const char *tag;     /* NULL: none */
    bool python_never;   /* what cannot be rendered is refused, and not run on each target */
};

/* Where a project is. */
struct alembic_place {
    const char *name;    /* for messages: the ini, or the script folder when there is none */
    const char *ini;     /* or pyproject.toml; NULL: there is none */
    const char *scripts; /* the script folder, when that is what was named; NULL: as the ini says */
    const char *folder;  /* of the ini, or in which the script folder is */
    struct alembic_settings settings;
};

struct alembic_project {
    struct bundle_file *files; /* in Alembic's listing order; named from the place's folder */
    size_t file_count;
    struct version_place version; /* as env.py has it; "": not set, or there is no revision,
                                     or no SQL was asked for */
    bool transaction_per_migration;
    const char *fault; /* why Alembic refuses the graph; NULL: it does not */
    const char *word;  /* what is wrong, for --json; NULL: nothing */
};

/* What is wanted of the revisions, and where their texts are going to stand. */
enum alembic_form {
    ALEMBIC_GRAPH, /* headers only, with the lines of the .py files: no SQL, env.py is not run */
    ALEMBIC_IN_BUNDLE, /* named like their .py files, with the lines of those */
    ALEMBIC_SHOWN,     /* the same, and all that is not available is told */
    ALEMBIC_IN_FILE,   /* native .sql files; the same is told */
};

/* The project that `path` names: an ini file, a pyproject.toml, the folder of one (an alembic.ini
 * goes first), or a script folder (one with env.py), whose alembic.ini is then looked for above it.
 * NULL: it is no Alembic project. In `arena`; the settings' texts are borrowed. */
const struct alembic_place *alembic_find(const char *path, struct alembic_settings settings,
                                         struct arena *arena);

/* The interpreters that may have the project's Alembic, best first; at least one. $DROVER_PYTHON is
 * the only one if it is set, as named when it is not on PATH. alembic_python.c */
struct texts alembic_pythons(const struct alembic_place *place, struct arena *arena);

/* By which alembic_project.py finds the project, after its mode. */
struct texts alembic_arguments(const struct alembic_place *place, struct arena *arena);

/* Reads, or takes the kept answer. What is not available becomes a warning in `diagnostics`, for a
 * bundle one for all: a rollout that needs such a step says why it refuses. ERROR_REVISION, with project->word: no Python with Alembic, or the project fails.
 * Everything lives in `arena`. */
int alembic_load(const struct alembic_place *place, enum alembic_form form, struct arena *arena,
                 struct alembic_project *project, struct diagnostics *diagnostics,
                 struct error *error) MUST_CHECK;

/* What became of a command that was handed over. */
struct alembic_handed {
    int exit_code;        /* Drover's: 0; 1 for a `check` that finds differences; 2; 64 */
    const char *revision; /* the new one; "": none */
    const char *path;     /* of its file */
};

/* Has the project's own Alembic run a command ("revision", "-m", ...), by the rules for its
 * Python; its input and output are ours, or with `quiet` all output goes to stderr. What Alembic
 * itself refuses, it has told. ERROR_REVISION: there is none, or the project cannot be opened.
 * In `arena`. alembic_hand.c */
int alembic_hand(const struct alembic_place *place, struct texts words, bool quiet,
                 struct arena *arena, struct alembic_handed *handed,
                 struct error *error) MUST_CHECK;

#endif
