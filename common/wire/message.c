/* Messages: all that is done to each field, derived from records.def and messages.def.
 *
 * Each section defines the list's words, includes the list, and so gives one function for each
 * record or message: <record>_write, <record>_list_write, message_<name>_write; likewise _read and
 * _print. A message is [number, [fields...]]; a record is [fields...]; a list is an array of
 * records.
 */
#include "common/wire/message.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/impossible.h"
#include "common/wire/schema.h"

/* ---- <record>_field_count, message_<name>_field_count ---- */

#define FIELD(type, name)     +1
#define RECORDS(record, name) +1

#define RECORD_BEGIN(name) enum { name##_field_count = 0
#define RECORD_END(name)                                                                           \
    }                                                                                              \
    ;
#include "common/vocabulary/records.def"
#undef RECORD_BEGIN
#undef RECORD_END

#define MESSAGE_BEGIN(number, NAME, name, meaning) enum { message_##name##_field_count = 0
#define MESSAGE_END(name)                                                                          \
    }                                                                                              \
    ;
#include "common/wire/messages.def"
#undef MESSAGE_BEGIN
#undef MESSAGE_END

#undef FIELD
#undef RECORDS

/* ---- writing ---- */

#define FIELD(type, name)     schema_write_##type(writer, value->name);
#define RECORDS(record, name) record##_list_write(writer, &value->name);

#define RECORD_BEGIN(name)                                                                         \
    static void name##_write(struct schema_writer *writer, const struct name *value)               \
    {                                                                                              \
        schema_write_array(writer, name##_field_count);
#define RECORD_END(name)                                                                           \
    }                                                                                              \
    static void name##_list_write(struct schema_writer *writer, const struct name##_list *list)    \
    {                                                                                              \
        schema_write_array(writer, list->count);                                                   \
        for (size_t i = 0; i < list->count; i++) {                                                 \
            name##_write(writer, &list->items[i]);                                                 \
        }                                                                                          \
    }
#include "common/vocabulary/records.def"
#undef RECORD_BEGIN
#undef RECORD_END

#define MESSAGE_BEGIN(number, NAME, name, meaning)                                                 \
    static void message_##name##_write(struct schema_writer *writer,                               \
                                       const struct message_##name *value)                         \
    {                                                                                              \
        schema_write_array(writer, message_##name##_field_count);
#define MESSAGE_END(name) }
#include "common/wire/messages.def"
#undef MESSAGE_BEGIN
#undef MESSAGE_END

#undef FIELD
#undef RECORDS

/* ---- reading ---- */

#define FIELD(type, name)     value->name = schema_read_##type(reader, #name);
#define RECORDS(record, name) record##_list_read(reader, &value->name, #name);

#define RECORD_BEGIN(name)                                                                         \
    static void name##_read(struct schema_reader *reader, struct name *value)                      \
    {
#define RECORD_END(name)                                                                           \
    }                                                                                              \
    static void name##_list_read(struct schema_reader *reader, struct name##_list *list,           \
                                 const char *field)                                                \
    {                                                                                              \
        struct schema_reader items;                                                                \
        struct schema_reader fields;                                                               \
        if (!schema_read_array(reader, &items, field)) {                                           \
            return;                                                                                \
        }                                                                                          \
        list->count = items.count;                                                                 \
        list->items = arena_array(reader->arena, items.count, sizeof *list->items);                \
        for (size_t i = 0; i < list->count && !reader->failed; i++) {                              \
            if (schema_read_array(&items, &fields, field)) {                                       \
                name##_read(&fields, &list->items[i]);                                             \
                reader->failed = fields.failed;                                                    \
            } else {                                                                               \
                reader->failed = true;                                                             \
            }                                                                                      \
        }                                                                                          \
    }
#include "common/vocabulary/records.def"
#undef RECORD_BEGIN
#undef RECORD_END

#define MESSAGE_BEGIN(number, NAME, name, meaning)                                                 \
    static void message_##name##_read(struct schema_reader *reader, struct message_##name *value)  \
    {
#define MESSAGE_END(name) }
#include "common/wire/messages.def"
#undef MESSAGE_BEGIN
#undef MESSAGE_END

#undef FIELD
#undef RECORDS

/* ---- printing ---- */

#define FIELD(type, name)     schema_print_##type(out, #name, value->name);
#define RECORDS(record, name) record##_list_print(out, #name, &value->name);

#define RECORD_BEGIN(name)                                                                         \
    static void name##_print(struct buffer *out, const struct name *value)                         \
    {
#define RECORD_END(name)                                                                           \
    }                                                                                              \
    static void name##_list_print(struct buffer *out, const char *field,                           \
                                  const struct name##_list *list)                                  \
    {                                                                                              \
        buffer_printf(out, " %s=[", field);                                                        \
        for (size_t i = 0; i < list->count; i++) {                                                 \
            buffer_text_append(out, i > 0 ? " {" : "{");                                           \
            name##_print(out, &list->items[i]);                                                    \
            buffer_text_append(out, " }");                                                         \
        }                                                                                          \
        buffer_text_append(out, "]");                                                              \
    }
#include "common/vocabulary/records.def"
#undef RECORD_BEGIN
#undef RECORD_END

#define MESSAGE_BEGIN(number, NAME, name, meaning)                                                 \
    static void message_##name##_print(struct buffer *out, const struct message_##name *value)     \
    {
#define MESSAGE_END(name) }
#include "common/wire/messages.def"
#undef MESSAGE_BEGIN
#undef MESSAGE_END

#undef FIELD
#undef RECORDS

/* ---- the union: one case for each message ---- */

#define FIELD(type, name)
#define RECORDS(record, name)
#define MESSAGE_END(name)

void message_encode(const struct message *message, struct buffer *out)
{
    struct schema_writer writer;
    schema_writer_init(&writer, out);
    schema_write_array(&writer, 2);
    schema_write_u32(&writer, (field_u32)message->type);
    switch (message->type) {
#define MESSAGE_BEGIN(number, NAME, name, meaning)                                                 \
    case MESSAGE_##NAME:                                                                           \
        message_##name##_write(&writer, &message->name);                                           \
        return;
#include "common/wire/messages.def"
#undef MESSAGE_BEGIN
    }
    schema_write_array(&writer, 0); /* a caller's mistake: the peer will name it */
}

/* Reads the fields of `message->type`; false when there is no such message. */
static bool body_read(struct schema_reader *fields, struct message *message)
{
    switch (message->type) {
#define MESSAGE_BEGIN(number, NAME, name, meaning)                                                 \
    case MESSAGE_##NAME:                                                                           \
        message_##name##_read(fields, &message->name);                                             \
        return true;
#include "common/wire/messages.def"
#undef MESSAGE_BEGIN
    }
    return false;
}

static int object_decode(const msgpack_object *object, struct arena *arena, struct message *message,
                         struct error *error)
{
    struct schema_reader top = {
        .items = object, .count = 1, .arena = arena, .error = error, .context = "message"};
    struct schema_reader envelope;
    struct schema_reader fields;
    if (!schema_read_array(&top, &envelope, "envelope")) {
        return -1;
    }
    if (envelope.count < 2) {
        return error_set(error, ERROR_PROTOCOL, "message: a number and fields are wanted");
    }
    field_u32 number = schema_read_u32(&envelope, "number");
    message->type = (enum message_type)number;
    envelope.context = message_name(message->type);
    if (!schema_read_array(&envelope, &fields, "fields")) {
        return -1;
    }
    if (!body_read(&fields, message)) {
        return error_set(error, ERROR_PROTOCOL, "unknown message number %u", (unsigned)number);
    }
    return fields.failed ? -1 : 0;
}

int message_decode(struct bytes payload, struct arena *arena, struct message *message,
                   struct error *error)
{
    memset(message, 0, sizeof *message);
    msgpack_unpacked unpacked;
    int result = schema_unpack(payload, &unpacked, error);
    if (result == 0) {
        result = object_decode(&unpacked.data, arena, message, error);
    }
    msgpack_unpacked_destroy(&unpacked);
    return result;
}

void message_print(const struct message *message, struct buffer *out)
{
    buffer_text_append(out, message_name(message->type));
    switch (message->type) {
#define MESSAGE_BEGIN(number, NAME, name, meaning)                                                 \
    case MESSAGE_##NAME:                                                                           \
        message_##name##_print(out, &message->name);                                               \
        return;
#include "common/wire/messages.def"
#undef MESSAGE_BEGIN
    }
}

struct message message_copy(const struct message *message, struct arena *arena)
{
    struct buffer payload = {0};
    struct message copy;
    struct error error;
    message_encode(message, &payload);
    struct bytes bytes = {(const uint8_t *)payload.data, payload.length};
    int result = message_decode(bytes, arena, &copy, &error);
    INVARIANT_THAT(result == 0, "a %s that this process wrote cannot be read: %s",
                   message_name(message->type), error.message);
    buffer_free(&payload);
    return copy;
}

const char *message_name(enum message_type type)
{
    switch (type) {
#define MESSAGE_BEGIN(number, NAME, name, meaning)                                                 \
    case MESSAGE_##NAME:                                                                           \
        return #NAME;
#include "common/wire/messages.def"
#undef MESSAGE_BEGIN
    }
    return "?";
}
