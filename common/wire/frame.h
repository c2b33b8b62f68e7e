/* Frames: a 4-byte big-endian length, then one msgpack payload. Pure; the stream does the I/O. */
#ifndef DROVER_WIRE_FRAME_H
#define DROVER_WIRE_FRAME_H

#include "common/base/buffer.h"
#include "common/vocabulary/field.h"

/* Collects bytes as they arrive and gives whole frames back. A zeroed struct is valid. */
struct frame_reader {
    struct buffer buffer;
    size_t consumed; /* bytes at the front that were handed out */
    size_t limit;    /* of a payload, in bytes; 0: WIRE_FRAME_BYTES_MAX */
};

void frame_reader_feed(struct frame_reader *reader, const void *data, size_t length);

/* 1 and the payload (borrowed until the next feed), 0 when more bytes are needed, -1 when the
 * length is zero or above the limit: the stream is lost then. */
int frame_reader_next(struct frame_reader *reader, struct bytes *payload,
                      struct error *error) MUST_CHECK;

void frame_reader_free(struct frame_reader *reader);

/* Appends a frame around what `encode`d message gives: reserve 4 bytes, append the payload, then
 * call frame_finish with the offset where the frame began. */
size_t frame_begin(struct buffer *out);
void frame_finish(struct buffer *out, size_t begin);

#endif
