/* The fold: event by event, and the door of a replay. */
#include "coordinator/core/fold/apply.h"

#include <stdlib.h>

void event_apply(struct core *core, const struct event *event)
{
    switch (event->type) {
#define EVENT_BEGIN(number, NAME, name, sentence)                                                  \
    case EVENT_##NAME:                                                                             \
        apply_##name(core, event);                                                                 \
        return;
#define FIELD(type, name)
#define EVENT_END(name)
#include "coordinator/core/facts/events.def"
#undef EVENT_BEGIN
#undef FIELD
#undef EVENT_END
    }
    abort();
}

void core_apply(struct core *core, const struct event *event)
{
    if (core->schedule.valid) {
        schedule_clear(&core->schedule);
    }
    event_apply(core, event);
}

struct target *target_at(struct core *core, uint32_t number)
{
    if (number >= core->rollout.target_count) {
        abort();
    }
    return &core->rollout.targets[number];
}

struct source *source_at(struct core *core, uint32_t number)
{
    if (number >= core->rollout.source_count) {
        abort();
    }
    return &core->rollout.sources[number];
}

struct wave *wave_at(struct core *core, uint32_t number)
{
    if (number >= core->rollout.wave_count) {
        abort();
    }
    return &core->rollout.waves[number];
}

struct load *load_at(struct core *core, uint32_t identity)
{
    if (identity >= core->rollout.servers.identity_count) {
        abort();
    }
    return &core->rollout.servers.loads[identity];
}

const struct selector *selector_of(struct intern *intern, const char *text)
{
    const struct selector *selector = NULL;
    struct error error = {0};
    if (selector_parse(&intern->arena, text, &selector, &error) < 0) {
        abort();
    }
    return selector;
}

uint32_t failure_keep(struct core *core, const char *cause, struct core_failure failure)
{
    int known = failure_cause_from_word(cause);
    failure.cause = known < 0 ? FAILURE_CAUSE_INTERNAL : (enum failure_cause)known;
    return intern_failure(&core->rollout.intern, &failure);
}
