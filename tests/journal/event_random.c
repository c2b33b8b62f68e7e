/* One filler and one comparison for each field type; the list does the rest. */
#include "tests/journal/event_random.h"

#include <string.h>

struct source {
    uint64_t state;
    struct arena *arena;
};

static uint64_t source_draw(struct source *source)
{
    source->state ^= source->state << 13;
    source->state ^= source->state >> 7;
    source->state ^= source->state << 17;
    return source->state;
}

static field_u32 random_u32(struct source *source)
{
    return (field_u32)(source_draw(source) >> (source_draw(source) % 64));
}

static field_u64 random_u64(struct source *source)
{
    return source_draw(source) >> (source_draw(source) % 64);
}

static field_boolean random_boolean(struct source *source)
{
    return (source_draw(source) & 1) != 0;
}

static field_text random_text(struct source *source)
{
    size_t length = source_draw(source) % 70;
    char *text = arena_alloc(source->arena, length + 1);
    for (size_t i = 0; i < length; i++) {
        text[i] = (char)(1 + source_draw(source) % 255);
    }
    return text;
}

static field_texts random_texts(struct source *source)
{
    size_t count = source_draw(source) % 20;
    const char **items = arena_array(source->arena, count, sizeof *items);
    for (size_t i = 0; i < count; i++) {
        items[i] = random_text(source);
    }
    return (field_texts){.items = items, .count = count};
}

static bool equal_u32(field_u32 left, field_u32 right)
{
    return left == right;
}

static bool equal_u64(field_u64 left, field_u64 right)
{
    return left == right;
}

static bool equal_boolean(field_boolean left, field_boolean right)
{
    return left == right;
}

static bool equal_text(field_text left, field_text right)
{
    return strcmp(left, right) == 0;
}

static bool equal_texts(field_texts left, field_texts right)
{
    bool equal = left.count == right.count;
    for (size_t i = 0; equal && i < left.count; i++) {
        equal = equal_text(left.items[i], right.items[i]);
    }
    return equal;
}

#define FIELD(type, name)
#define EVENT_END(name)
#define EVENT_BEGIN(number, NAME, name, sentence) EVENT_##NAME,
const enum event_type event_types[] = {
#include "coordinator/core/facts/events.def"
};
#undef EVENT_BEGIN
#undef FIELD
#undef EVENT_END

const size_t event_type_count = sizeof event_types / sizeof event_types[0];

void event_random(enum event_type type, uint64_t seed, struct arena *arena, struct event *event)
{
    struct source source = {.state = seed * 2654435761U + 88172645463325252ULL, .arena = arena};
    memset(event, 0, sizeof *event);
    event->type = type;
    event->at_ms = random_u64(&source);
    switch (type) {
#define EVENT_BEGIN(number, NAME, name, sentence)                                                  \
    case EVENT_##NAME: {                                                                           \
        struct event_##name *body = &event->name;
#define FIELD(type, name) body->name = random_##type(&source);
#define EVENT_END(name)                                                                            \
    break;                                                                                         \
    }
#include "coordinator/core/facts/events.def"
#undef EVENT_BEGIN
#undef FIELD
#undef EVENT_END
    }
}

bool event_equal(const struct event *left, const struct event *right)
{
    bool equal = left->type == right->type && left->at_ms == right->at_ms;
    if (!equal) {
        return false;
    }
    switch (left->type) {
#define EVENT_BEGIN(number, NAME, name, sentence)                                                  \
    case EVENT_##NAME: {                                                                           \
        const struct event_##name *one = &left->name;                                              \
        const struct event_##name *other = &right->name;
#define FIELD(type, name) equal = equal && equal_##type(one->name, other->name);
#define EVENT_END(name)                                                                            \
    break;                                                                                         \
    }
#include "coordinator/core/facts/events.def"
#undef EVENT_BEGIN
#undef FIELD
#undef EVENT_END
    }
    return equal;
}
