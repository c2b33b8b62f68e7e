/* Events as structs, derived from events.def. Texts are borrowed from whoever made the event. */
#ifndef DROVER_FACTS_EVENT_H
#define DROVER_FACTS_EVENT_H

#include "common/vocabulary/record.h"

#include "common/vocabulary/list_members.h"
#define EVENT_BEGIN(number, NAME, name, level, sentence) struct event_##name {
#define EVENT_END(name)                                                                            \
    }                                                                                              \
    ;                                                                                              \
    const struct layout *event_##name##_layout(void);
#include "coordinator/core/facts/events.def"
#undef EVENT_BEGIN
#undef EVENT_END
#include "common/vocabulary/list_end.h"

#include "common/vocabulary/list_nothing.h"
#define EVENT_END(name)
enum event_type {
#define EVENT_BEGIN(number, NAME, name, level, sentence) EVENT_##NAME = number,
#include "coordinator/core/facts/events.def"
#undef EVENT_BEGIN
};

struct event {
    enum event_type type;
    uint64_t at_ms; /* Unix time, from the input that caused it */
    union {
#define EVENT_BEGIN(number, NAME, name, level, sentence) struct event_##name name;
#include "coordinator/core/facts/events.def"
#undef EVENT_BEGIN
    };
};
#undef EVENT_END
#include "common/vocabulary/list_end.h"

/* Every type of the list, in its order. */
extern const enum event_type event_types[];
extern const size_t event_type_count;

/* The layout of what an event says, named "TARGET_ADDED"; NULL for an unknown number. */
const struct layout *event_layout(enum event_type type);

/* Where that is; for all events at the same place. */
const void *event_body(const struct event *event);

/* Who is told. */
enum event_level {
    EVENT_LEVEL_SILENT,
    EVENT_LEVEL_LOG,
    EVENT_LEVEL_INFO, /* from here on watchers too */
    EVENT_LEVEL_WARNING,
    EVENT_LEVEL_ERROR
};
enum event_level event_level(enum event_type type);

/* The sentence of the list, "" for an unknown number; the name in upper case, or "?". */
const char *event_sentence(enum event_type type);
const char *event_name(enum event_type type);

/* One line: `TARGET_ADDED name="acme" ...`. */
void event_print(const struct event *event, struct buffer *out);

/* Copies with everything they point to; NULL texts become "". */
void event_copy(struct arena *arena, const struct event *event, struct event *copy);

#endif
