/* Failures that are kept, and where they point. */
#ifndef DROVER_FACTS_FAILURE_H
#define DROVER_FACTS_FAILURE_H

#include "common/vocabulary/record.h"

struct core;

/* The revision whose file the failure's place is in, or "". */
const char *core_failure_revision(const struct core *core, const struct kept_failure *failure);

#endif
