/* Random messages: splitmix64, with the lengths at which msgpack changes its headers drawn often.
 */
#include "tests/wire/generate.h"

#include <string.h>

const enum message_type message_types[] = {
#define FIELD(type, name)
#define RECORDS(record, name)
#define MESSAGE_BEGIN(number, NAME, name, meaning) MESSAGE_##NAME,
#define MESSAGE_END(name)
#include "common/wire/messages.def"
#undef FIELD
#undef RECORDS
#undef MESSAGE_BEGIN
#undef MESSAGE_END
};
const size_t message_types_count = sizeof message_types / sizeof message_types[0];

uint64_t generate_number(struct generator *generator)
{
    generator->state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t mixed = generator->state;
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

size_t generate_below(struct generator *generator, size_t limit)
{
    return (size_t)(generate_number(generator) % limit);
}

/* ---- one function for each field type ---- */

static field_u64 generate_u64(struct generator *generator)
{
    uint64_t value = generate_number(generator);
    return value >> generate_below(generator, 64); /* every width is as likely */
}

static field_u32 generate_u32(struct generator *generator)
{
    return (field_u32)generate_u64(generator);
}

static field_boolean generate_boolean(struct generator *generator)
{
    return generate_below(generator, 2) == 1;
}

static size_t generate_length(struct generator *generator)
{
    static const size_t edges[] = {0, 31, 32, 255, 256, 65535, 65536};
    size_t choice = generate_below(generator, 400);
    if (choice < 3 || (choice < 60 && choice % 10 < 5)) {
        return edges[choice < 3 ? 4 + choice : choice % 10];
    }
    return generate_below(generator, 24);
}

static field_text generate_text(struct generator *generator)
{
    size_t length = generate_length(generator);
    char *text = arena_alloc(generator->arena, length + 1);
    for (size_t i = 0; i < length; i++) {
        text[i] = (char)(1 + generate_below(generator, 255));
    }
    return text;
}

static field_bytes generate_bytes(struct generator *generator)
{
    size_t length = generate_length(generator);
    uint8_t *data = arena_alloc(generator->arena, length);
    for (size_t i = 0; i < length; i++) {
        data[i] = (uint8_t)generate_number(generator);
    }
    return (field_bytes){.data = data, .length = length};
}

static size_t generate_count(struct generator *generator)
{
    return generate_below(generator, 12) == 0 ? 15 + generate_below(generator, 3)
                                              : generate_below(generator, 4);
}

static field_texts generate_texts(struct generator *generator)
{
    size_t count = generate_count(generator);
    const char **items = arena_array(generator->arena, count, sizeof *items);
    for (size_t i = 0; i < count; i++) {
        items[i] = generate_text(generator);
    }
    return (field_texts){.items = items, .count = count};
}

/* ---- records and messages ---- */

#define FIELD(type, name)     value->name = generate_##type(generator);
#define RECORDS(record, name) value->name = generate_##record##_list(generator);

#define RECORD_BEGIN(name)                                                                         \
    static void generate_##name(struct generator *generator, struct name *value)                   \
    {
#define RECORD_END(name)                                                                           \
    }                                                                                              \
    static struct name##_list generate_##name##_list(struct generator *generator)                  \
    {                                                                                              \
        struct name##_list list = {.count = generate_count(generator)};                            \
        list.items = arena_array(generator->arena, list.count, sizeof *list.items);                \
        for (size_t i = 0; i < list.count; i++) {                                                  \
            generate_##name(generator, &list.items[i]);                                            \
        }                                                                                          \
        return list;                                                                               \
    }
#include "common/vocabulary/records.def"
#undef RECORD_BEGIN
#undef RECORD_END

#define MESSAGE_BEGIN(number, NAME, name, meaning)                                                 \
    static void generate_message_##name(struct generator *generator, struct message_##name *value) \
    {
#define MESSAGE_END(name) }
#include "common/wire/messages.def"
#undef MESSAGE_BEGIN
#undef MESSAGE_END

#undef FIELD
#undef RECORDS

/* ---- comparing ---- */

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

static bool equal_bytes(field_bytes left, field_bytes right)
{
    return left.length == right.length &&
           (left.length == 0 || memcmp(left.data, right.data, left.length) == 0);
}

static bool equal_texts(field_texts left, field_texts right)
{
    bool equal = left.count == right.count;
    for (size_t i = 0; equal && i < left.count; i++) {
        equal = equal_text(left.items[i], right.items[i]);
    }
    return equal;
}

#define FIELD(type, name)     &&equal_##type(left->name, right->name)
#define RECORDS(record, name) &&equal_##record##_list(left->name, right->name)

#define RECORD_BEGIN(name)                                                                         \
    static bool equal_##name(const struct name *left, const struct name *right)                    \
    {                                                                                              \
        return true
#define RECORD_END(name)                                                                           \
    ;                                                                                              \
    }                                                                                              \
    static bool equal_##name##_list(struct name##_list left, struct name##_list right)             \
    {                                                                                              \
        bool equal = left.count == right.count;                                                    \
        for (size_t i = 0; equal && i < left.count; i++) {                                         \
            equal = equal_##name(&left.items[i], &right.items[i]);                                 \
        }                                                                                          \
        return equal;                                                                              \
    }
#include "common/vocabulary/records.def"
#undef RECORD_BEGIN
#undef RECORD_END

#define MESSAGE_BEGIN(number, NAME, name, meaning)                                                 \
    static bool equal_message_##name(const struct message_##name *left,                            \
                                     const struct message_##name *right)                           \
    {                                                                                              \
        return true
#define MESSAGE_END(name)                                                                          \
    ;                                                                                              \
    }
#include "common/wire/messages.def"
#undef MESSAGE_BEGIN
#undef MESSAGE_END

#undef FIELD
#undef RECORDS

/* ---- the union ---- */

#define FIELD(type, name)
#define RECORDS(record, name)
#define MESSAGE_END(name)

void generate_message(struct generator *generator, enum message_type type, struct message *message)
{
    memset(message, 0, sizeof *message);
    message->type = type;
    switch (type) {
#define MESSAGE_BEGIN(number, NAME, name, meaning)                                                 \
    case MESSAGE_##NAME:                                                                           \
        generate_message_##name(generator, &message->name);                                        \
        return;
#include "common/wire/messages.def"
#undef MESSAGE_BEGIN
    }
}

bool message_equal(const struct message *left, const struct message *right)
{
    if (left->type != right->type) {
        return false;
    }
    switch (left->type) {
#define MESSAGE_BEGIN(number, NAME, name, meaning)                                                 \
    case MESSAGE_##NAME:                                                                           \
        return equal_message_##name(&left->name, &right->name);
#include "common/wire/messages.def"
#undef MESSAGE_BEGIN
    }
    return false;
}
