/* Where a target stands among the segments of its path (common/revision/segment.h). Pure: a plan and
 * what was read from the target in, a verdict out.
 */
#ifndef DROVER_DEPLOY_POSITION_H
#define DROVER_DEPLOY_POSITION_H

#include "common/revision/plan.h"

/* What the target says: its version rows and its last history row. */
struct target_standing {
    struct texts heads;
    const char *revision; /* NULL: there is no history */
    const char *direction;
    const char *rollout;
};

enum standing_verdict {
    STANDING_DONE,     /* at the path's end, and this rollout's history says that we brought it */
    STANDING_ALREADY,  /* at the path's end, by somebody else or by nobody */
    STANDING_BOUNDARY, /* at the path's beginning, or at a boundary that this rollout reached */
    STANDING_MOVED,    /* elsewhere, or at a boundary that somebody else reached */
};

/* Where a target stands on `plan` of `rollout`; `first` gets the step to go on with at a BOUNDARY.
 * Never a guess: a boundary inside the path counts only when the last history row was written by
 * this very rollout for exactly the step before it. */
enum standing_verdict standing_judge(const struct plan *plan, const char *rollout,
                                     const struct target_standing *standing, size_t *first);

/* "upgrade", "downgrade", "stamp"; "purge" for the first step of a stamp that purges. */
const char *step_direction(const struct plan_step *step);

#endif
