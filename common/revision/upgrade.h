/* What an upgrade has to run: sections 3 and 4. */
#ifndef DROVER_REVISION_UPGRADE_H
#define DROVER_REVISION_UPGRADE_H

#include "common/revision/question.h"

/* The revisions to run, first one first. */
int upgrade_find(struct question *question, const char *spec, struct index_list *steps) MUST_CHECK;

#endif
