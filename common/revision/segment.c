/* Boundaries of a path (segment.h). */
#include "common/revision/segment.h"

/* Whether the next step may run in the transaction of this one. */
static bool may_go_on(const struct plan *plan, const struct plan_step *step)
{
    const struct script *script = step_script(step);
    return script->transactional && !plan->apart && !script->adds_enum_value &&
           script->alembic == NULL;
}

size_t segment_end(const struct plan *plan, size_t first)
{
    if (plan->steps[first].direction == DIRECTION_STAMP) {
        return plan->step_count; /* runs no SQL of revisions */
    }
    size_t end = first + 1;
    while (end < plan->step_count && may_go_on(plan, &plan->steps[end - 1]) &&
           step_script(&plan->steps[end])->transactional &&
           step_script(&plan->steps[end])->alembic == NULL) {
        end++;
    }
    return end;
}

struct texts segment_rows_before(const struct plan *plan, size_t first)
{
    return first == 0 ? plan->from : plan->steps[first - 1].rows_after;
}
