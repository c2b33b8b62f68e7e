/* What an upgrade has to run (docs/design/alembic.md, sections 3 and 4). */
#ifndef DROVER_REVISION_UPGRADE_H
#define DROVER_REVISION_UPGRADE_H

#include "common/revision/question.h"

/* The revisions to run, first one first. */
int upgrade_find(struct question *question, const char *spec, struct index_list *steps) MUST_CHECK;

/* The revisions that `spec` names for a database at question->rows. `overwalk`: a walk beyond the
 * head ends there instead of failing. */
int upgrade_targets(struct question *question, const char *spec, bool overwalk,
                    struct index_list *targets) MUST_CHECK;

/* A target that another target includes is an error. */
int upgrade_overlap(struct question *question, const struct index_list *targets) MUST_CHECK;

#endif
