/* The fold: event by event. */
#include "coordinator/core/fold/apply.h"

#include "common/base/impossible.h"
#include "coordinator/core/facts/state.h"

/* The same object: the name only keeps it from those who may not change it. */
struct fold *fold_of(struct core *core)
{
    return (struct fold *)core;
}

/* What says that the rollout gets on, or may again from here on. */
static bool is_progress(enum event_type type)
{
    switch (type) {
    case EVENT_ROLLOUT_STARTED:
    case EVENT_ROLLOUT_RESUMED:
    case EVENT_ROLLOUT_FINISHED:
    case EVENT_SOURCE_LISTED:
    case EVENT_WINDOW_SCHEDULED:
    case EVENT_HOLD_LIFTED:
    case EVENT_GATE_OPENED:
    case EVENT_WAVE_STARTED:
    case EVENT_WAVE_APPROVED:
    case EVENT_WAVE_SOAKING:
    case EVENT_WAVE_CHECKING:
    case EVENT_WAVE_FINISHED:
    case EVENT_TARGET_VALIDATED:
    case EVENT_TARGET_REFUSED:
    case EVENT_TARGET_DEPLOYED:
    case EVENT_TARGET_FAILED:
    case EVENT_TARGET_SKIPPED:
    case EVENT_TARGET_GONE:
    case EVENT_TARGET_RETRIED:
    case EVENT_CHECK_PASSED: return true;
    default: return false;
    }
}

static void apply(struct core *core, const struct event *event)
{
    switch (event->type) {
#define EVENT_BEGIN(number, NAME, name, level, sentence)                                           \
    case EVENT_##NAME:                                                                             \
        apply_##name(core, event);                                                                 \
        return;
#define EVENT_END(name)
#include "common/vocabulary/list_nothing.h"
#include "coordinator/core/facts/events.def"
#undef EVENT_BEGIN
#undef EVENT_END
#include "common/vocabulary/list_end.h"
    }
    IMPOSSIBLE("there is no event %d", (int)event->type);
}

void event_apply(struct fold *fold, const struct event *event)
{
    struct core *core = (struct core *)fold;
    core->last_ms = event->at_ms;
    apply(core, event);
    if (is_progress(event->type)) {
        core->rollout.progressed_ms = event->at_ms;
    }
}
