/* Events: layouts, names, sentences, all from events.def. */
#include "coordinator/core/facts/event.h"

#include <string.h>

#include "common/base/array.h"
#include "common/vocabulary/list_rows.h"
#define EVENT_BEGIN(number, NAME, name, level, sentence)                                           \
    const struct layout *event_##name##_layout(void)                                               \
    {                                                                                              \
        typedef struct event_##name self;                                                          \
        static const char layout_name[] = #NAME;                                                   \
        static const struct field fields[] = {
#define EVENT_END(name)                                                                            \
    }                                                                                              \
    ;                                                                                              \
    static const struct layout layout = {layout_name, sizeof(self), fields, LENGTH(fields)};       \
    return &layout;                                                                                \
    }
#include "coordinator/core/facts/events.def"
#undef EVENT_BEGIN
#undef EVENT_END
#include "common/vocabulary/list_end.h"

#include "common/vocabulary/list_nothing.h"
#define EVENT_END(name)
const enum event_type event_types[] = {
#define EVENT_BEGIN(number, NAME, name, level, sentence) EVENT_##NAME,
#include "coordinator/core/facts/events.def"
#undef EVENT_BEGIN
};
const size_t event_type_count = LENGTH(event_types);

const struct layout *event_layout(enum event_type type)
{
    switch (type) {
#define EVENT_BEGIN(number, NAME, name, level, sentence)                                           \
    case EVENT_##NAME:                                                                             \
        return event_##name##_layout();
#include "coordinator/core/facts/events.def"
#undef EVENT_BEGIN
    }
    return NULL;
}

/* By number. */
static const struct {
    enum event_level level;
    const char *sentence;
} told[] = {
#define EVENT_BEGIN(number, NAME, name, level, sentence) [number] = {EVENT_LEVEL_##level, sentence},
#include "coordinator/core/facts/events.def"
#undef EVENT_BEGIN
};
#undef EVENT_END
#include "common/vocabulary/list_end.h"

enum event_level event_level(enum event_type type)
{
    return (size_t)type < LENGTH(told) ? told[type].level : EVENT_LEVEL_SILENT;
}

const char *event_sentence(enum event_type type)
{
    const char *sentence = (size_t)type < LENGTH(told) ? told[type].sentence : NULL;
    return sentence != NULL ? sentence : "";
}

const char *event_name(enum event_type type)
{
    const struct layout *layout = event_layout(type);
    return layout != NULL ? layout->name : "?";
}

const void *event_body(const struct event *event)
{
    return &event->epoch_claimed;
}

void event_print(const struct event *event, struct buffer *out)
{
    buffer_text_append(out, event_name(event->type));
    const struct layout *layout = event_layout(event->type);
    if (layout != NULL) {
        layout_print(layout, event_body(event), out);
    }
}

void event_copy(struct arena *arena, const struct event *event, struct event *copy)
{
    memcpy(copy, event, offsetof(struct event, epoch_claimed));
    layout_copy(event_layout(event->type), arena, event_body(event), &copy->epoch_claimed);
}
