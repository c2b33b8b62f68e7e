/* Waits go by time that passes, windows by what the clock says. Both are Unix time here; when the clock was set, the
 * waits are set with it. */
#include "coordinator/core/decide/clock_set.h"

#include "coordinator/core/decide/emit.h"
#include "coordinator/core/decide/step.h"

void step_clock_set(struct step *step, uint64_t was_ms)
{
    emit(step, (struct event){.type = EVENT_CLOCK_SET, .clock_set = {.was_ms = was_ms}});
}

void clock_take_over(struct step *step)
{
    uint64_t last_ms = step->core->last_ms;
    if (last_ms > step->at_ms) {
        step_clock_set(step, last_ms);
    }
}
