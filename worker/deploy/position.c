/* The verdict on a target (position.h). */
#include "worker/deploy/position.h"

#include <string.h>

#include "common/revision/segment.h"

const char *step_direction(const struct plan_step *step)
{
    return step->revision->id[0] == '\0' ? "purge" : direction_word(step->direction);
}

/* The last history row was written by this rollout, for exactly this step. */
static bool reached_by_us(const struct plan_step *step, const char *rollout,
                          const struct target_standing *standing)
{
    return standing->rollout != NULL && strcmp(standing->rollout, rollout) == 0 &&
           strcmp(standing->revision, step->revision->id) == 0 &&
           strcmp(standing->direction, step_direction(step)) == 0;
}

enum standing_verdict standing_judge(const struct plan *plan, const char *rollout,
                                     const struct target_standing *standing, size_t *first)
{
    size_t count = plan->step_count;
    *first = 0;
    if (texts_equal(standing->heads, plan->to)) {
        bool by_us = count > 0 && reached_by_us(&plan->steps[count - 1], rollout, standing);
        return by_us ? STANDING_DONE : STANDING_ALREADY;
    }
    for (size_t at = 0; at < count; at = segment_end(plan, at)) {
        if (texts_equal(standing->heads, segment_rows_before(plan, at)) &&
            (at == 0 || reached_by_us(&plan->steps[at - 1], rollout, standing))) {
            *first = at;
            return STANDING_BOUNDARY;
        }
    }
    return STANDING_MOVED;
}
