/* The codec over msgpack-c: structs of lists as arrays of their values, in the order of
 * their rows (common/vocabulary/layout.h). One encoding serves the wire (message.c) and
 * the journal (coordinator/journal/event_codec.c).
 */
#ifndef DROVER_WIRE_SCHEMA_H
#define DROVER_WIRE_SCHEMA_H

#include <msgpack.h>

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/vocabulary/layout.h"

/* ---- writing: straight into a buffer ---- */
struct schema_writer {
    msgpack_packer packer;
};
void schema_writer_init(struct schema_writer *writer, struct buffer *out);
void schema_write_array(struct schema_writer *writer, size_t count);
void schema_write_u32(struct schema_writer *writer, field_u32 value);
void schema_write_u64(struct schema_writer *writer, field_u64 value);
/* The values of a struct as one array. */
void schema_write_layout(struct schema_writer *writer, const struct layout *layout,
                         const void *value);

/* ---- reading: a cursor over a decoded array ---- */

/* What is left out is written when a message is written again, which then must not be longer than
 * any message may be: the values that it may still hold, and the bytes that it may grow by. */
struct schema_room {
    size_t values;
    size_t bytes;
};

struct schema_reader {
    const msgpack_object *items;
    size_t count;
    size_t position;
    struct arena *arena;      /* takes copies of texts and bytes */
    struct error *error;      /* the first fault */
    const char *context;      /* "RESULT" or "target_added", for messages */
    struct schema_room *room; /* NULL: what is read is not written again */
    bool failed;
};
/* Each returns the zero value, and leaves `failed` as it is, when the array has ended. */
field_u32 schema_read_u32(struct schema_reader *reader, const char *field);
field_u64 schema_read_u64(struct schema_reader *reader, const char *field);
/* Opens the array at the cursor as `inner`; false at the end or on a fault. */
bool schema_read_array(struct schema_reader *reader, struct schema_reader *inner,
                       const char *field);

/* Fills the struct, which is zeroed, from the values of an array that was opened: texts never
 * NULL, what is missing at the end is zero or "", what follows is skipped. */
void schema_read_layout(struct schema_reader *reader, const struct layout *layout, void *value);

/* Unpacks exactly one object filling `payload`; depth and sizes are bounded by the payload. The
 * zone is the caller's to destroy with msgpack_unpacked_destroy, on failure too. */
int schema_unpack(struct bytes payload, msgpack_unpacked *unpacked, struct error *error) MUST_CHECK;

#endif
