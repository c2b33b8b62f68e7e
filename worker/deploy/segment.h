/* Segments of a path, and where a target stands among them.
 *
 * The path is cut into segments: consecutive transactional steps are one transaction, a
 * non-transactional step is a segment of its own, a stamp is one. Version rows move only at the end
 * of a segment, so a target always stands at a boundary between two. Pure: a plan and what was read
 * from the target in, a verdict out.
 */
#ifndef DROVER_DEPLOY_SEGMENT_H
#define DROVER_DEPLOY_SEGMENT_H

#include "common/revision/plan.h"

/* The end of the segment that begins at step `first`. */
size_t segment_end(const struct plan *plan, size_t first);

/* The version rows before the segment that begins at step `first`. */
struct texts segment_rows_before(const struct plan *plan, size_t first);

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
