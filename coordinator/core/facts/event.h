/* Events as structs, derived from events.def. Texts are borrowed from whoever made the event. */
#ifndef DROVER_FACTS_EVENT_H
#define DROVER_FACTS_EVENT_H

#include "common/base/arena.h"
#include "common/vocabulary/field.h"

#define EVENT_BEGIN(number, NAME, name, sentence) struct event_##name {
#define FIELD(type, name)                         field_##type name;
#define EVENT_END(name)                                                                            \
    }                                                                                              \
    ;
#include "coordinator/core/facts/events.def"
#undef EVENT_BEGIN
#undef FIELD
#undef EVENT_END

#define FIELD(type, name)
#define EVENT_END(name)
enum event_type {
#define EVENT_BEGIN(number, NAME, name, sentence) EVENT_##NAME = number,
#include "coordinator/core/facts/events.def"
#undef EVENT_BEGIN
};

struct event {
    enum event_type type;
    uint64_t at_ms; /* Unix time, from the input that caused it */
    union {
#define EVENT_BEGIN(number, NAME, name, sentence) struct event_##name name;
#include "coordinator/core/facts/events.def"
#undef EVENT_BEGIN
    };
};
#undef FIELD
#undef EVENT_END

/* The sentence of the list, "" for an unknown number; the name in lower case. */
const char *event_sentence(enum event_type type);
const char *event_name(enum event_type type);

/* Copies with everything they point to; NULL texts become "". */
void event_copy(struct arena *arena, const struct event *event, struct event *copy);
const char *text_copy(struct arena *arena, const char *text);
struct texts texts_copy(struct arena *arena, struct texts texts);

#endif
