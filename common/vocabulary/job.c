/* Words of jobs. */
#include "common/vocabulary/job.h"

#include <inttypes.h>

WORDS_DEFINE(job_kind, JOB_KIND_LIST, -1)
WORDS_DEFINE(job_outcome, JOB_OUTCOME_LIST, -1)

void unrecorded_append(struct buffer *out, uint64_t seen, uint64_t gone)
{
    buffer_count(out, (size_t)(seen > 0 ? seen : gone), "revision");
    buffer_text_append(out, (seen > 0 ? seen : gone) == 1 ? " was" : " were");
    buffer_text_append(out, seen > 0 ? " applied" : " undone");
    if (seen > 0 && gone > 0) {
        buffer_printf(out, " and %" PRIu64 " undone", gone);
    }
    buffer_text_append(out, " by something else, probably Alembic");
}
