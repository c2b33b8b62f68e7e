/* What a downgrade has to drop (docs/design/alembic.md, sections 3 and 4). */
#ifndef DROVER_REVISION_DOWNGRADE_H
#define DROVER_REVISION_DOWNGRADE_H

#include "common/revision/question.h"

/* The revisions to drop, first one first. */
int downgrade_find(struct question *question, const char *spec,
                   struct index_list *steps) MUST_CHECK;

#endif
