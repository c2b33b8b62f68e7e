/* Events: names, sentences and deep copies, all from events.def. */
#include "coordinator/core/facts/event.h"

#include <string.h>

#define FIELD(type, name)
#define EVENT_END(name)

const char *event_sentence(enum event_type type)
{
    switch (type) {
#define EVENT_BEGIN(number, NAME, name, sentence)                                                  \
    case EVENT_##NAME:                                                                             \
        return sentence;
#include "coordinator/core/facts/events.def"
#undef EVENT_BEGIN
    }
    return "";
}

const char *event_name(enum event_type type)
{
    switch (type) {
#define EVENT_BEGIN(number, NAME, name, sentence)                                                  \
    case EVENT_##NAME:                                                                             \
        return #name;
#include "coordinator/core/facts/events.def"
#undef EVENT_BEGIN
    }
    return "";
}

#undef FIELD
#undef EVENT_END

const char *text_copy(struct arena *arena, const char *text)
{
    return text == NULL || text[0] == '\0' ? "" : arena_strdup(arena, text);
}

struct texts texts_copy(struct arena *arena, struct texts texts)
{
    if (texts.count == 0) {
        return (struct texts){NULL, 0};
    }
    const char **items = arena_array(arena, texts.count, sizeof *items);
    for (size_t i = 0; i < texts.count; i++) {
        items[i] = text_copy(arena, texts.items[i]);
    }
    return (struct texts){items, texts.count};
}

static field_u32 copy_u32(struct arena *arena, field_u32 value)
{
    (void)arena;
    return value;
}

static field_u64 copy_u64(struct arena *arena, field_u64 value)
{
    (void)arena;
    return value;
}

static field_boolean copy_boolean(struct arena *arena, field_boolean value)
{
    (void)arena;
    return value;
}

static field_text copy_text(struct arena *arena, field_text value)
{
    return text_copy(arena, value);
}

static field_texts copy_texts(struct arena *arena, field_texts value)
{
    return texts_copy(arena, value);
}

void event_copy(struct arena *arena, const struct event *event, struct event *copy)
{
    memset(copy, 0, sizeof *copy);
    copy->type = event->type;
    copy->at_ms = event->at_ms;
    switch (event->type) {
#define EVENT_BEGIN(number, NAME, name, sentence)                                                  \
    case EVENT_##NAME: {                                                                           \
        const struct event_##name *from = &event->name;                                            \
        struct event_##name *to = &copy->name;
#define FIELD(type, name) to->name = copy_##type(arena, from->name);
#define EVENT_END(name)                                                                            \
    break;                                                                                         \
    }
#include "coordinator/core/facts/events.def"
#undef EVENT_BEGIN
#undef FIELD
#undef EVENT_END
    }
}
