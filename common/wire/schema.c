/* Field codec over msgpack-c: one function for each field type and direction.
 *
 * A payload is checked before the library sees it (payload.h), so reading trusts its structure and
 * judges only types and values.
 */
#include "common/wire/schema.h"

#include <inttypes.h>
#include <string.h>

#include "common/wire/payload.h"

/* ---- writing ---- */

static int buffer_write(void *context, const char *data, size_t length)
{
    buffer_append(context, data, length);
    return 0;
}

void schema_writer_init(struct schema_writer *writer, struct buffer *out)
{
    msgpack_packer_init(&writer->packer, out, buffer_write);
}

void schema_write_array(struct schema_writer *writer, size_t count)
{
    msgpack_pack_array(&writer->packer, count);
}

void schema_write_u32(struct schema_writer *writer, field_u32 value)
{
    msgpack_pack_uint32(&writer->packer, value);
}

void schema_write_u64(struct schema_writer *writer, field_u64 value)
{
    msgpack_pack_uint64(&writer->packer, value);
}

void schema_write_boolean(struct schema_writer *writer, field_boolean value)
{
    if (value) {
        msgpack_pack_true(&writer->packer);
    } else {
        msgpack_pack_false(&writer->packer);
    }
}

void schema_write_text(struct schema_writer *writer, field_text value)
{
    size_t length = value != NULL ? strlen(value) : 0;
    msgpack_pack_str(&writer->packer, length);
    if (length > 0) {
        msgpack_pack_str_body(&writer->packer, value, length);
    }
}

void schema_write_bytes(struct schema_writer *writer, field_bytes value)
{
    msgpack_pack_bin(&writer->packer, value.length);
    if (value.length > 0) {
        msgpack_pack_bin_body(&writer->packer, value.data, value.length);
    }
}

void schema_write_texts(struct schema_writer *writer, field_texts value)
{
    msgpack_pack_array(&writer->packer, value.count);
    for (size_t i = 0; i < value.count; i++) {
        schema_write_text(writer, value.items[i]);
    }
}

/* ---- unpacking ---- */

int schema_unpack(struct bytes payload, msgpack_unpacked *unpacked, struct error *error)
{
    msgpack_unpacked_init(unpacked);
    const char *fault = payload_check(payload);
    if (fault != NULL) {
        return error_set(error, ERROR_PROTOCOL, "malformed payload: %s", fault);
    }
    size_t offset = 0;
    msgpack_unpack_return result =
        msgpack_unpack_next(unpacked, (const char *)payload.data, payload.length, &offset);
    if (result != MSGPACK_UNPACK_SUCCESS || offset != payload.length) {
        return error_set(error, ERROR_PROTOCOL, "malformed payload: msgpack refuses it (%d)",
                         (int)result);
    }
    return 0;
}

/* ---- reading ---- */

void schema_fail(struct schema_reader *reader, const char *field, const char *wanted)
{
    if (!reader->failed) {
        reader->failed = true;
        (void)error_set(reader->error, ERROR_PROTOCOL, "%s: field %s is not %s", reader->context,
                        field, wanted);
    }
}

/* The value at the cursor, which moves on; NULL at the end or after a fault. */
static const msgpack_object *reader_take(struct schema_reader *reader)
{
    if (reader->failed || reader->position >= reader->count) {
        return NULL;
    }
    return &reader->items[reader->position++];
}

field_u32 schema_read_u32(struct schema_reader *reader, const char *field)
{
    const msgpack_object *object = reader_take(reader);
    if (object == NULL) {
        return 0;
    }
    if (object->type != MSGPACK_OBJECT_POSITIVE_INTEGER || object->via.u64 > UINT32_MAX) {
        schema_fail(reader, field, "an unsigned integer of 32 bits");
        return 0;
    }
    return (field_u32)object->via.u64;
}

field_u64 schema_read_u64(struct schema_reader *reader, const char *field)
{
    const msgpack_object *object = reader_take(reader);
    if (object == NULL) {
        return 0;
    }
    if (object->type != MSGPACK_OBJECT_POSITIVE_INTEGER) {
        schema_fail(reader, field, "an unsigned integer");
        return 0;
    }
    return object->via.u64;
}

field_boolean schema_read_boolean(struct schema_reader *reader, const char *field)
{
    const msgpack_object *object = reader_take(reader);
    if (object == NULL) {
        return false;
    }
    if (object->type != MSGPACK_OBJECT_BOOLEAN) {
        schema_fail(reader, field, "a boolean");
        return false;
    }
    return object->via.boolean;
}

/* A copy of a text; "" and a fault when `object` is none. */
static field_text text_copy(struct schema_reader *reader, const msgpack_object *object,
                            const char *field)
{
    if (object->type != MSGPACK_OBJECT_STR) {
        schema_fail(reader, field, "a text");
        return "";
    }
    size_t length = object->via.str.size;
    if (length == 0) {
        return "";
    }
    if (memchr(object->via.str.ptr, '\0', length) != NULL) {
        schema_fail(reader, field, "free of NUL bytes");
        return "";
    }
    return arena_strndup(reader->arena, object->via.str.ptr, length);
}

field_text schema_read_text(struct schema_reader *reader, const char *field)
{
    const msgpack_object *object = reader_take(reader);
    return object != NULL ? text_copy(reader, object, field) : "";
}

field_bytes schema_read_bytes(struct schema_reader *reader, const char *field)
{
    field_bytes none = {0};
    const msgpack_object *object = reader_take(reader);
    if (object == NULL) {
        return none;
    }
    if (object->type != MSGPACK_OBJECT_BIN) {
        schema_fail(reader, field, "a byte string");
        return none;
    }
    size_t length = object->via.bin.size;
    if (length == 0) {
        return none;
    }
    uint8_t *copy = arena_alloc(reader->arena, length);
    memcpy(copy, object->via.bin.ptr, length);
    return (field_bytes){.data = copy, .length = length};
}

bool schema_read_array(struct schema_reader *reader, struct schema_reader *inner, const char *field)
{
    const msgpack_object *object = reader_take(reader);
    if (object == NULL) {
        return false;
    }
    if (object->type != MSGPACK_OBJECT_ARRAY) {
        schema_fail(reader, field, "a list");
        return false;
    }
    *inner = *reader;
    inner->items = object->via.array.ptr;
    inner->count = object->via.array.size;
    inner->position = 0;
    return true;
}

field_texts schema_read_texts(struct schema_reader *reader, const char *field)
{
    field_texts none = {0};
    struct schema_reader inner;
    if (!schema_read_array(reader, &inner, field) || inner.count == 0) {
        return none;
    }
    const char **items = arena_array(reader->arena, inner.count, sizeof *items);
    for (size_t i = 0; i < inner.count; i++) {
        items[i] = text_copy(reader, &inner.items[i], field);
    }
    return (field_texts){.items = items, .count = inner.count};
}

/* ---- printing: " name=value" ---- */

static void quoted_append(struct buffer *out, const char *text)
{
    buffer_append(out, "\"", 1);
    for (const char *at = text; *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte == '"' || byte == '\\') {
            buffer_printf(out, "\\%c", byte);
        } else if (byte == '\n') {
            buffer_append(out, "\\n", 2);
        } else if (byte < 0x20 || byte == 0x7f) {
            buffer_printf(out, "\\x%02x", (unsigned)byte);
        } else {
            buffer_append(out, at, 1);
        }
    }
    buffer_append(out, "\"", 1);
}

void schema_print_u32(struct buffer *out, const char *name, field_u32 value)
{
    buffer_printf(out, " %s=%" PRIu32, name, value);
}

void schema_print_u64(struct buffer *out, const char *name, field_u64 value)
{
    buffer_printf(out, " %s=%" PRIu64, name, value);
}

void schema_print_boolean(struct buffer *out, const char *name, field_boolean value)
{
    buffer_printf(out, " %s=%s", name, value ? "true" : "false");
}

void schema_print_text(struct buffer *out, const char *name, field_text value)
{
    buffer_printf(out, " %s=", name);
    quoted_append(out, value != NULL ? value : "");
}

void schema_print_bytes(struct buffer *out, const char *name, field_bytes value)
{
    buffer_printf(out, " %s=<%zu bytes>", name, value.length);
}

void schema_print_texts(struct buffer *out, const char *name, field_texts value)
{
    buffer_printf(out, " %s=[", name);
    for (size_t i = 0; i < value.count; i++) {
        if (i > 0) {
            buffer_append(out, " ", 1);
        }
        quoted_append(out, value.items[i] != NULL ? value.items[i] : "");
    }
    buffer_append(out, "]", 1);
}
