/* Frames: bytes are kept in one buffer; what was handed out is dropped
 * from its front by the next feed. */
#include "common/wire/frame.h"

#include "common/wire/message.h"

enum {
    LENGTH_BYTES = 4,
    CAPACITY_KEPT = 1024 * 1024, /* bytes; a larger buffer is given back when it is empty */
};

void frame_reader_feed(struct frame_reader *reader, const void *data, size_t length)
{
    if (reader->consumed > 0) {
        buffer_consume(&reader->buffer, reader->consumed);
        reader->consumed = 0;
        if (reader->buffer.length == 0 && reader->buffer.capacity > CAPACITY_KEPT) {
            buffer_free(&reader->buffer);
        }
    }
    buffer_append(&reader->buffer, data, length);
}

int frame_reader_next(struct frame_reader *reader, struct bytes *payload, struct error *error)
{
    size_t available = reader->buffer.length - reader->consumed;
    if (available < LENGTH_BYTES) {
        return 0;
    }
    const uint8_t *begin = (const uint8_t *)reader->buffer.data + reader->consumed;
    uint32_t length = (uint32_t)begin[0] << 24 | (uint32_t)begin[1] << 16 |
                      (uint32_t)begin[2] << 8 | (uint32_t)begin[3];
    size_t limit = reader->limit > 0 ? reader->limit : WIRE_FRAME_BYTES_MAX;
    if (length == 0 || length > limit) {
        return error_set(error, ERROR_PROTOCOL, "a frame of %u bytes; 1 to %zu are allowed",
                         (unsigned)length, limit);
    }
    if (available - LENGTH_BYTES < length) {
        return 0;
    }
    *payload = (struct bytes){.data = begin + LENGTH_BYTES, .length = length};
    reader->consumed += LENGTH_BYTES + (size_t)length;
    return 1;
}

void frame_reader_free(struct frame_reader *reader)
{
    buffer_free(&reader->buffer);
    reader->consumed = 0;
}

size_t frame_begin(struct buffer *out)
{
    static const char room[LENGTH_BYTES];
    size_t begin = out->length;
    buffer_append(out, room, sizeof room);
    return begin;
}

void frame_finish(struct buffer *out, size_t begin)
{
    size_t length = out->length - begin - LENGTH_BYTES;
    for (size_t i = 0; i < LENGTH_BYTES; i++) {
        out->data[begin + i] = (char)(length >> (8 * (LENGTH_BYTES - 1 - i)) & 0xff);
    }
}
