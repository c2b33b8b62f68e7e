/* The renderer's answer about a project: asked for, kept, and made into revisions. Shared by the
 * alembic_*.c files.
 */
#ifndef DROVER_ALEMBIC_ALEMBIC_ANSWER_H
#define DROVER_ALEMBIC_ALEMBIC_ANSWER_H

#include <jansson.h>

#include "cli/alembic/alembic.h"
#include "common/vocabulary/field.h"

enum { ALEMBIC_DESCRIPTOR = 3 }; /* where a child writes its answer */

enum { ALEMBIC_ANSWER_FORMAT = 4 }; /* as alembic_render.py writes it */

struct alembic_question {
    const struct alembic_place *place;
    struct texts pythons; /* to be tried in this order */
    bool sql;             /* else the graph alone */
};

/* The settings as JSON, for alembic_project.py, in `arena`. alembic_process.c */
const char *alembic_settings_text(const struct alembic_settings *settings, struct arena *arena);

/* alembic_project.py and alembic_render.py, compiled in. */
extern const char alembic_render_program[];

/* alembic_project.py and alembic_command.py. */
extern const char alembic_command_program[];

/* A pipe whose ends are above the descriptors that a child gets, and are not inherited; -1 with
 * errno. alembic_process.c */
int alembic_pipe(int ends[2]) MUST_CHECK;

/* No interpreter has Alembic; `tried` lists them. Returns -1. alembic.c */
int alembic_missing(const struct alembic_place *place, const char *tried, struct error *error);

/* The answer's fault in a sentence. Returns -1. alembic.c */
int alembic_fault_tell(const struct alembic_place *place, const json_t *answer, struct arena *arena,
                       struct error *error);

/* Runs the renderer with one interpreter. NULL and an error when there is no answer; an answer may
 * tell of a fault, which is of kind "missing" when this interpreter does not run, or has no
 * Alembic. The caller releases it. alembic_process.c */
json_t *alembic_render(const struct alembic_question *question, const char *python,
                       struct error *error);

/* The kept answer if it still holds, or NULL. alembic_cache.c */
json_t *alembic_cache_read(const struct alembic_question *question);

/* Keeps an answer, with a note about the environment. What cannot be written is not kept: that is no error. */
void alembic_cache_write(const struct alembic_question *question, json_t *answer);

/* One revision's text. Diagnostics get what cannot be rendered. alembic_text.c */
void alembic_text(const struct alembic_place *place, const json_t *revision, enum alembic_form form,
                  struct arena *arena, struct diagnostics *diagnostics, struct bundle_file *file);

/* A member that is a text; "" when absent. */
const char *answer_text(const json_t *object, const char *key);

#endif
