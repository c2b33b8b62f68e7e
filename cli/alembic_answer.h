/* The renderer's answer about a project: asked for, kept, and made into revisions. Shared by the
 * alembic_*.c files.
 */
#ifndef DROVER_CLI_ALEMBIC_ANSWER_H
#define DROVER_CLI_ALEMBIC_ANSWER_H

#include <jansson.h>

#include "cli/alembic.h"

/* The interpreter: $DROVER_PYTHON, else `python3`, searched on PATH. As named when it is not found.
 */
const char *alembic_python(struct arena *arena);

/* alembic_render.py, compiled in. */
extern const char alembic_render_program[];

/* Runs the renderer. NULL and an error when there is no answer; an answer may tell of a fault. The
 * caller releases it. alembic_process.c */
json_t *alembic_render(const char *ini, const char *python, struct error *error);

/* The kept answer if it still holds, or NULL. alembic_cache.c */
json_t *alembic_cache_read(const char *ini, const char *python);

/* Keeps an answer. What cannot be written is not kept: that is no error. */
void alembic_cache_write(const char *ini, const char *python, const json_t *answer);

/* One revision's text. Diagnostics get what cannot be rendered. alembic_text.c */
void alembic_text(const char *folder, const json_t *revision, enum alembic_form form,
                  struct arena *arena, struct diagnostics *diagnostics, struct bundle_file *file);

/* A member that is a text; "" when absent. */
const char *answer_text(const json_t *object, const char *key);

#endif
