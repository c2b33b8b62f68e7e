/* What lost workers that are back say of the jobs that were given up meanwhile. */
#ifndef DROVER_DECIDE_ORPHANS_H
#define DROVER_DECIDE_ORPHANS_H

#include <stddef.h>
#include <stdint.h>

#include "common/vocabulary/message.h"

struct step;

/* Its HELLO: what it has not in hand any more is over. */
void orphans_presented(struct step *step, uint64_t instance, const struct job_attempt *running,
                       size_t count);

/* A result that is no live job's: of an orphan it says what became of the target. A target that failed meanwhile,
 * though it was deployed, is looked at again. */
void orphan_reported(struct step *step, const struct message_result *result);

#endif
