/* The fold's parts, one function per event: the only code that changes the state. */
#ifndef DROVER_FOLD_APPLY_H
#define DROVER_FOLD_APPLY_H

#include "coordinator/core/facts/event.h"

struct core;

#define EVENT_BEGIN(number, NAME, name, level, sentence)                                           \
    void apply_##name(struct core *core, const struct event *event);
#define EVENT_END(name)
#include "common/vocabulary/list_nothing.h"
#include "coordinator/core/facts/events.def"
#undef EVENT_BEGIN
#undef EVENT_END
#include "common/vocabulary/list_end.h"

/* A core as something that may be changed. Who decides sees its core through a const and has this
 * to hand events to. */
struct fold;
struct fold *fold_of(struct core *core);

/* One event, the schedule kept up. core_apply is this and marks the schedule stale. */
void event_apply(struct fold *fold, const struct event *event);

#endif
