/* Failures that are kept. */
#ifndef DROVER_FACTS_FAILURE_H
#define DROVER_FACTS_FAILURE_H

#include "common/vocabulary/record.h"

/* A failure that is kept, and in which phase it happened. */
struct core_failure {
    const char *phase; /* "discovery", "validate", "deploy" */
    struct failure failure;
};

struct core;

/* The revision whose file the failure's place is in, or "". */
const char *core_failure_revision(const struct core *core, const struct core_failure *failure);

#endif
