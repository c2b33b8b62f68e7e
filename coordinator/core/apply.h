/* The fold's parts, one function per event: the only code that changes the state. */
#ifndef DROVER_CORE_APPLY_H
#define DROVER_CORE_APPLY_H

#include "coordinator/core/state.h"

#define EVENT_BEGIN(number, NAME, name, sentence)                                                  \
    void apply_##name(struct core *core, const struct event *event);
#define FIELD(type, name)
#define EVENT_END(name)
#include "coordinator/core/events.def"
#undef EVENT_BEGIN
#undef FIELD
#undef EVENT_END

/* One event, the schedule kept up. core_apply is this and marks the schedule stale. */
void event_apply(struct core *core, const struct event *event);

/* The target, source or wave of that number; aborts if there is none (a damaged journal). */
struct target *target_at(struct core *core, uint32_t number);
struct source *source_at(struct core *core, uint32_t number);
struct wave *wave_at(struct core *core, uint32_t number);

#endif
