/* The fold: event by event. */
#include "coordinator/core/fold/apply.h"

#include "common/base/impossible.h"
#include "coordinator/core/facts/state.h"

/* The same object: the name only keeps it from those who may not change it. */
struct fold *fold_of(struct core *core)
{
    return (struct fold *)core;
}

void event_apply(struct fold *fold, const struct event *event)
{
    struct core *core = (struct core *)fold;
    core->last_ms = event->at_ms;
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
