/* Sessions in the way, in words for people. */
#ifndef DROVER_VOCABULARY_BLOCKER_H
#define DROVER_VOCABULARY_BLOCKER_H

#include "common/base/buffer.h"
#include "common/vocabulary/record.h"

/* "pid 4711, application monthly-report, user report, idle in transaction, for 12 s: SELECT ..." */
void blocker_append(const struct blocker *blocker, struct buffer *out);

#endif
