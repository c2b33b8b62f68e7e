/* Events as bytes: [format, number, at_ms, [fields...]], on common/wire/schema.h.
 *
 * Fields added at the end of an event's list read as zero from older journals. An unknown number or
 * a newer format is refused: facts are never skipped.
 */
#include "coordinator/journal/journal.h"

#include <inttypes.h>
#include <string.h>

#include "common/wire/schema.h"

enum { EVENT_FORMAT = 1 };

void event_encode(const struct event *event, struct buffer *out)
{
    struct schema_writer writer;
    schema_writer_init(&writer, out);
    schema_write_array(&writer, 4);
    schema_write_u32(&writer, EVENT_FORMAT);
    schema_write_u32(&writer, (field_u32)event->type);
    schema_write_u64(&writer, event->at_ms);
    const struct layout *layout = event_layout(event->type);
    if (layout != NULL) {
        schema_write_layout(&writer, layout, event_body(event));
    } else {
        schema_write_array(&writer, 0); /* a bug of the caller: reading it is refused */
    }
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
    envelope.context = event_name(event->type);
    if (envelope.failed || !schema_read_array(&envelope, &fields, "fields")) {
        return -1;
    }
    const struct layout *layout = event_layout(event->type);
    if (layout == NULL) {
        return newer_refuse(error, "event number", number);
    }
    schema_read_layout(&fields, layout, &event->epoch_claimed);
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
