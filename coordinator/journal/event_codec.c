/* Events as bytes: [format, number, at_ms, [fields...]], derived from events.def on
 * common/wire/schema.h.
 *
 * Fields added at the end of an event's list read as zero from older journals. An unknown number or
 * a newer format is refused: facts are never skipped.
 */
#include "coordinator/journal/journal.h"

#include <inttypes.h>
#include <string.h>

#include "common/wire/schema.h"

enum { EVENT_FORMAT = 1 };

/* ---- event_<name>_field_count ---- */

#define FIELD(type, name)                         +1
#define EVENT_BEGIN(number, NAME, name, sentence) enum { event_##name##_field_count = 0
#define EVENT_END(name)                                                                            \
    }                                                                                              \
    ;
#include "coordinator/core/facts/events.def"
#undef EVENT_BEGIN
#undef FIELD
#undef EVENT_END

/* ---- writing ---- */

#define FIELD(type, name) schema_write_##type(writer, value->name);
#define EVENT_BEGIN(number, NAME, name, sentence)                                                  \
    static void event_##name##_write(struct schema_writer *writer,                                 \
                                     const struct event_##name *value)                             \
    {                                                                                              \
        schema_write_array(writer, event_##name##_field_count);
#define EVENT_END(name) }
#include "coordinator/core/facts/events.def"
#undef EVENT_BEGIN
#undef FIELD
#undef EVENT_END

/* ---- reading ---- */

#define FIELD(type, name) value->name = schema_read_##type(reader, #name);
#define EVENT_BEGIN(number, NAME, name, sentence)                                                  \
    static void event_##name##_read(struct schema_reader *reader, struct event_##name *value)      \
    {
#define EVENT_END(name) }
#include "coordinator/core/facts/events.def"
#undef EVENT_BEGIN
#undef FIELD
#undef EVENT_END

/* ---- printing ---- */

#define FIELD(type, name) schema_print_##type(out, #name, value->name);
#define EVENT_BEGIN(number, NAME, name, sentence)                                                  \
    static void event_##name##_print(struct buffer *out, const struct event_##name *value)         \
    {
#define EVENT_END(name) }
#include "coordinator/core/facts/events.def"
#undef EVENT_BEGIN
#undef FIELD
#undef EVENT_END

/* ---- the union: one case for each event ---- */

#define FIELD(type, name)
#define EVENT_END(name)

void event_encode(const struct event *event, struct buffer *out)
{
    struct schema_writer writer;
    schema_writer_init(&writer, out);
    schema_write_array(&writer, 4);
    schema_write_u32(&writer, EVENT_FORMAT);
    schema_write_u32(&writer, (field_u32)event->type);
    schema_write_u64(&writer, event->at_ms);
    switch (event->type) {
#define EVENT_BEGIN(number, NAME, name, sentence)                                                  \
    case EVENT_##NAME:                                                                             \
        event_##name##_write(&writer, &event->name);                                               \
        return;
#include "coordinator/core/facts/events.def"
#undef EVENT_BEGIN
    }
    schema_write_array(&writer, 0); /* a bug of the caller: reading it is refused */
}

/* Reads the fields of `event->type`; false when there is no such event. */
static bool body_read(struct schema_reader *fields, struct event *event)
{
    switch (event->type) {
#define EVENT_BEGIN(number, NAME, name, sentence)                                                  \
    case EVENT_##NAME:                                                                             \
        event_##name##_read(fields, &event->name);                                                 \
        return true;
#include "coordinator/core/facts/events.def"
#undef EVENT_BEGIN
    }
    return false;
}

static const char *name_of(enum event_type type)
{
    switch (type) {
#define EVENT_BEGIN(number, NAME, name, sentence)                                                  \
    case EVENT_##NAME:                                                                             \
        return #NAME;
#include "coordinator/core/facts/events.def"
#undef EVENT_BEGIN
    }
    return "?";
}

static int newer_refuse(struct error *error, const char *what, unsigned number)
{
    error_set(error, ERROR_JOURNAL, "%s %u is not known to this version", what, number);
    return error_hint(error, "a newer drover wrote this journal; start that one");
}

static int object_decode(const msgpack_object *object, struct arena *arena, struct event *event,
                         struct error *error)
{
    struct schema_reader top = {
        .items = object, .count = 1, .arena = arena, .error = error, .context = "event"};
    struct schema_reader envelope;
    struct schema_reader fields;
    if (!schema_read_array(&top, &envelope, "envelope")) {
        return -1;
    }
    if (envelope.count < 4) {
        return error_set(error, ERROR_JOURNAL, "the event is damaged: a part is missing");
    }
    field_u32 format = schema_read_u32(&envelope, "format");
    if (envelope.failed) {
        return -1;
    }
    if (format != EVENT_FORMAT) {
        return newer_refuse(error, "event format", format);
    }
    field_u32 number = schema_read_u32(&envelope, "number");
    event->type = (enum event_type)number;
    event->at_ms = schema_read_u64(&envelope, "at_ms");
    envelope.context = name_of(event->type);
    if (envelope.failed || !schema_read_array(&envelope, &fields, "fields")) {
        return -1;
    }
    if (!body_read(&fields, event)) {
        return newer_refuse(error, "event number", number);
    }
    return fields.failed ? -1 : 0;
}

int event_decode(struct bytes payload, struct arena *arena, struct event *event,
                 struct error *error)
{
    memset(event, 0, sizeof *event);
    msgpack_unpacked unpacked;
    int result = schema_unpack(payload, &unpacked, error);
    if (result == 0) {
        result = object_decode(&unpacked.data, arena, event, error);
    }
    msgpack_unpacked_destroy(&unpacked);
    if (result != 0) {
        error->code = ERROR_JOURNAL; /* the schema speaks of the protocol */
    }
    return result;
}

void event_print(const struct event *event, struct buffer *out)
{
    buffer_text_append(out, name_of(event->type));
    switch (event->type) {
#define EVENT_BEGIN(number, NAME, name, sentence)                                                  \
    case EVENT_##NAME:                                                                             \
        event_##name##_print(out, &event->name);                                                   \
        return;
#include "coordinator/core/facts/events.def"
#undef EVENT_BEGIN
    }
}
