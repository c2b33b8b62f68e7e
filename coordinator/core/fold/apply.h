/* The fold's parts, one function per event: the only code that changes the state. */
#ifndef DROVER_FOLD_APPLY_H
#define DROVER_FOLD_APPLY_H

#include "coordinator/core/facts/invariants.h"

#define EVENT_BEGIN(number, NAME, name, sentence)                                                  \
    void apply_##name(struct core *core, const struct event *event);
#define EVENT_END(name)
#include "common/vocabulary/list_nothing.h"
#include "coordinator/core/facts/events.def"
#undef EVENT_BEGIN
#undef EVENT_END
#include "common/vocabulary/list_end.h"

/* One event, the schedule kept up. core_apply is this and marks the schedule stale. */
void event_apply(struct core *core, const struct event *event);

/* One bit for each window that selects a target with these labels. */
uint32_t windows_of(const struct rollout *rollout, struct texts labels);
/* Counts a failure for good towards the brake. */
void brake_count(struct rollout *rollout, const struct target *target,
                 const struct event_target_failed *failed);

/* Compiles a selector that was checked before it was journaled. */
const struct selector *selector_of(struct intern *intern, const char *text);

/* The target, source or wave of that number; dies if there is none (a damaged journal). */
struct target *target_at(struct core *core, uint32_t number);
struct source *source_at(struct core *core, uint32_t number);
struct wave *wave_at(struct core *core, uint32_t number);
/* The load of the server with that identity. */
struct load *load_at(struct core *core, uint32_t identity);

#endif
