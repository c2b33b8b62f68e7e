/* Waits go by time that passes, windows by what the clock says. Both are Unix time here; when the clock was set, the
 * waits are set with it. */
#include "coordinator/core/decide/clock_set.h"

#include "coordinator/core/decide/emit.h"
#include "coordinator/core/decide/step.h"
#include "coordinator/core/facts/bounds.h"

void step_clock_set(struct step *step, uint64_t was_ms)
{
    emit(step, (struct event){.type = EVENT_CLOCK_SET, .clock_set = {.was_ms = was_ms}});
}

void clock_take_over(struct step *step, const struct boot *boot)
{
    const struct core *core = step->core;
    bool same = boot->number != 0 && boot->number == core->boot.number;
    uint64_t was_ms = core->boot.at_ms + (step->at_ms - boot->at_ms);
    uint64_t off_ms = was_ms > step->at_ms ? was_ms - step->at_ms : step->at_ms - was_ms;
    if (same && off_ms >= CORE_CLOCK_OFF_MS) {
        step_clock_set(step, was_ms);
    } else if (core->last_ms > step->at_ms) {
        step_clock_set(step, core->last_ms);
    }
}
