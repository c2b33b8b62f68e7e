/* Messages: the envelope around what the schema reads and writes. */
#include "common/wire/message.h"

#include <string.h>

#include "common/wire/payload.h"
#include "common/wire/schema.h"

void message_encode(const struct message *message, struct buffer *out)
{
    struct schema_writer writer;
    const struct layout *layout = message_layout(message->type);
    schema_writer_init(&writer, out);
    schema_write_array(&writer, 2);
    schema_write_u32(&writer, (field_u32)message->type);
    if (layout != NULL) {
        schema_write_layout(&writer, layout, message_body(message));
    } else {
        schema_write_array(&writer, 0); /* a caller's mistake: the peer will name it */
    }
}

static int object_decode(const msgpack_object *object, struct schema_room *room,
                         struct arena *arena, struct message *message, struct error *error)
{
    struct schema_reader top = {.items = object,
                                .count = 1,
                                .arena = arena,
                                .error = error,
                                .context = "message",
                                .room = room};
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
    const struct layout *layout = message_layout(message->type);
    if (layout == NULL) {
        return error_set(error, ERROR_PROTOCOL, "unknown message number %u", (unsigned)number);
    }
    schema_read_layout(&fields, layout, &message->hello);
    return fields.failed ? -1 : 0;
}

int message_decode(struct bytes payload, struct arena *arena, struct message *message,
                   struct error *error)
{
    memset(message, 0, sizeof *message);
    size_t grows =
        payload.length < WIRE_FRAME_BYTES_MAX ? WIRE_FRAME_BYTES_MAX - payload.length : 0;
    struct schema_room room = {.values = PAYLOAD_VALUES_MAX, .bytes = grows};
    msgpack_unpacked unpacked;
    int result = schema_unpack(payload, &unpacked, error);
    if (result == 0) {
        result = object_decode(&unpacked.data, &room, arena, message, error);
    }
    msgpack_unpacked_destroy(&unpacked);
    return result;
}
