/* Field codec over msgpack-c: what the derived code calls for each field of a list.
 *
 * Used by message.c for the wire and by coordinator/journal/event_codec.c for the journal, so both
 * have one encoding: a struct is an array of its fields in the order of its list.
 */
#ifndef DROVER_WIRE_SCHEMA_H
#define DROVER_WIRE_SCHEMA_H

#include <msgpack.h>

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/vocabulary/field.h"

/* ---- writing: straight into a buffer ---- */
struct schema_writer {
    msgpack_packer packer;
};
void schema_writer_init(struct schema_writer *writer, struct buffer *out);
void schema_write_array(struct schema_writer *writer, size_t count);
void schema_write_u32(struct schema_writer *writer, field_u32 value);
void schema_write_u64(struct schema_writer *writer, field_u64 value);
void schema_write_boolean(struct schema_writer *writer, field_boolean value);
void schema_write_text(struct schema_writer *writer, field_text value); /* NULL is written as "" */
void schema_write_bytes(struct schema_writer *writer, field_bytes value);
void schema_write_texts(struct schema_writer *writer, field_texts value);

/* ---- reading: a cursor over a decoded array ---- */
struct schema_reader {
    const msgpack_object *items;
    size_t count;
    size_t position;
    struct arena *arena; /* takes copies of texts and bytes */
    struct error *error; /* the first fault */
    const char *context; /* "RESULT" or "target_added", for messages */
    bool failed;
};
/* Each returns the zero value, and leaves `failed` as it is, when the array has ended. */
field_u32 schema_read_u32(struct schema_reader *reader, const char *field);
field_u64 schema_read_u64(struct schema_reader *reader, const char *field);
field_boolean schema_read_boolean(struct schema_reader *reader, const char *field);
field_text schema_read_text(struct schema_reader *reader, const char *field);
field_bytes schema_read_bytes(struct schema_reader *reader, const char *field);
field_texts schema_read_texts(struct schema_reader *reader, const char *field);
/* Opens the array at the cursor as `inner`; false at the end or on a fault. */
bool schema_read_array(struct schema_reader *reader, struct schema_reader *inner,
                       const char *field);
void schema_fail(struct schema_reader *reader, const char *field, const char *wanted);

/* Unpacks exactly one object filling `payload`; depth and sizes are bounded by the payload. The
 * zone is the caller's to destroy with msgpack_unpacked_destroy, on failure too. */
int schema_unpack(struct bytes payload, msgpack_unpacked *unpacked, struct error *error) MUST_CHECK;

/* ---- printing ---- */
void schema_print_u32(struct buffer *out, const char *name, field_u32 value);
void schema_print_u64(struct buffer *out, const char *name, field_u64 value);
void schema_print_boolean(struct buffer *out, const char *name, field_boolean value);
void schema_print_text(struct buffer *out, const char *name, field_text value);
void schema_print_bytes(struct buffer *out, const char *name, field_bytes value);
void schema_print_texts(struct buffer *out, const char *name, field_texts value);

#endif
