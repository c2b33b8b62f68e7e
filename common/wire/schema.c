/* The codec over msgpack-c: one function for each field type and direction, and the walks.
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

static void write_boolean(struct schema_writer *writer, field_boolean value)
{
    if (value) {
        msgpack_pack_true(&writer->packer);
    } else {
        msgpack_pack_false(&writer->packer);
    }
}

static void write_text(struct schema_writer *writer, field_text value)
{
    size_t length = value != NULL ? strlen(value) : 0;
    msgpack_pack_str(&writer->packer, length);
    if (length > 0) {
        msgpack_pack_str_body(&writer->packer, value, length);
    }
}

static void write_bytes(struct schema_writer *writer, field_bytes value)
{
    msgpack_pack_bin(&writer->packer, value.length);
    if (value.length > 0) {
        msgpack_pack_bin_body(&writer->packer, value.data, value.length);
    }
}

static void write_texts(struct schema_writer *writer, field_texts value)
{
    msgpack_pack_array(&writer->packer, value.count);
    for (size_t i = 0; i < value.count; i++) {
        write_text(writer, value.items[i]);
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

static void reader_fail(struct schema_reader *reader, const char *field, const char *wanted)
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

/* Whether there is room to write so much again; it is taken. */
static bool room_take(struct schema_reader *reader, size_t values, size_t bytes, const char *field)
{
    struct schema_room *room = reader->room;
    if (room == NULL || reader->failed) {
        return !reader->failed;
    }
    if (values > room->values || bytes > room->bytes) {
        reader_fail(reader, field, "short enough to be sent on");
        return false;
    }
    room->values -= values;
    room->bytes -= bytes;
    return true;
}

/* For the fields [first, end) as one array, of which `given` values were there. */
static bool room_take_fields(struct schema_reader *reader, const struct layout *layout,
                             size_t first, size_t end, size_t given)
{
    enum { HEADER_BYTES_MAX = 5 };
    size_t values = layout_values(layout, first, end);
    size_t bytes = given < values ? values - given + HEADER_BYTES_MAX : 0;
    return room_take(reader, values + 1, bytes, layout->name);
}

field_u32 schema_read_u32(struct schema_reader *reader, const char *field)
{
    const msgpack_object *object = reader_take(reader);
    if (object == NULL) {
        return 0;
    }
    if (object->type != MSGPACK_OBJECT_POSITIVE_INTEGER || object->via.u64 > UINT32_MAX) {
        reader_fail(reader, field, "an unsigned integer of 32 bits");
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
        reader_fail(reader, field, "an unsigned integer");
        return 0;
    }
    return object->via.u64;
}

static field_boolean read_boolean(struct schema_reader *reader, const char *field)
{
    const msgpack_object *object = reader_take(reader);
    if (object == NULL) {
        return false;
    }
    if (object->type != MSGPACK_OBJECT_BOOLEAN) {
        reader_fail(reader, field, "a boolean");
        return false;
    }
    return object->via.boolean;
}

/* A copy of a text; "" and a fault when `object` is none. */
static field_text text_read(struct schema_reader *reader, const msgpack_object *object,
                            const char *field)
{
    if (object->type != MSGPACK_OBJECT_STR) {
        reader_fail(reader, field, "a text");
        return "";
    }
    size_t length = object->via.str.size;
    if (length == 0) {
        return "";
    }
    if (memchr(object->via.str.ptr, '\0', length) != NULL) {
        reader_fail(reader, field, "free of NUL bytes");
        return "";
    }
    return arena_strndup(reader->arena, object->via.str.ptr, length);
}

static field_text read_text(struct schema_reader *reader, const char *field)
{
    const msgpack_object *object = reader_take(reader);
    return object != NULL ? text_read(reader, object, field) : "";
}

static field_bytes read_bytes(struct schema_reader *reader, const char *field)
{
    field_bytes none = {0};
    const msgpack_object *object = reader_take(reader);
    if (object == NULL) {
        return none;
    }
    if (object->type != MSGPACK_OBJECT_BIN) {
        reader_fail(reader, field, "a byte string");
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
        reader_fail(reader, field, "a list");
        return false;
    }
    *inner = *reader;
    inner->items = object->via.array.ptr;
    inner->count = object->via.array.size;
    inner->position = 0;
    return true;
}

static field_texts read_texts(struct schema_reader *reader, const char *field)
{
    field_texts none = {0};
    struct schema_reader inner;
    if (!schema_read_array(reader, &inner, field) || inner.count == 0) {
        return none;
    }
    if (!room_take(reader, inner.count, 0, field)) {
        return none;
    }
    const char **items = arena_array(reader->arena, inner.count, sizeof *items);
    for (size_t i = 0; i < inner.count; i++) {
        items[i] = text_read(reader, &inner.items[i], field);
    }
    return (field_texts){.items = items, .count = inner.count};
}

/* ---- walks ---- */

static void fields_write(struct schema_writer *writer, const struct layout *layout, size_t first,
                         size_t end, const void *value);

static void records_write(struct schema_writer *writer, const struct layout *layout, const void *at)
{
    struct record_list list = record_list_at(at);
    schema_write_array(writer, list.count);
    for (size_t i = 0; i < list.count; i++) {
        schema_write_layout(writer, layout, record_at(layout, &list, i));
    }
}

static void field_write(struct schema_writer *writer, const struct field *field, const void *at)
{
    const struct layout *layout = field->layout != NULL ? field->layout() : NULL;
    switch (field->type) {
    case FIELD_U32:
    case FIELD_NUMBER: schema_write_u32(writer, *(const uint32_t *)at); break;
    case FIELD_U64: schema_write_u64(writer, *(const uint64_t *)at); break;
    case FIELD_BOOLEAN: write_boolean(writer, *(const bool *)at); break;
    case FIELD_TEXT: write_text(writer, *(const char *const *)at); break;
    case FIELD_BYTES: write_bytes(writer, *(const struct bytes *)at); break;
    case FIELD_TEXTS: write_texts(writer, *(const struct texts *)at); break;
    case FIELD_WORD: write_text(writer, words_get(field->words, *(const unsigned *)at)); break;
    case FIELD_SHARE:
        schema_write_u32(writer, ((const struct share *)at)->count);
        schema_write_u32(writer, ((const struct share *)at)->percent);
        break;
    case FIELD_PART:
    case FIELD_MORE: fields_write(writer, layout, field->first, field->end, at); break;
    case FIELD_REST:
        schema_write_array(writer, layout_values(layout, field->first, field->end));
        fields_write(writer, layout, field->first, field->end, at);
        break;
    case FIELD_RECORDS: records_write(writer, layout, at); break;
    }
}

static void fields_write(struct schema_writer *writer, const struct layout *layout, size_t first,
                         size_t end, const void *value)
{
    end = layout_end(layout, end);
    for (size_t i = first; i < end; i++) {
        field_write(writer, &layout->fields[i], field_at(&layout->fields[i], value));
    }
}

void schema_write_layout(struct schema_writer *writer, const struct layout *layout,
                         const void *value)
{
    schema_write_array(writer, layout_values(layout, 0, layout->field_count));
    fields_write(writer, layout, 0, layout->field_count, value);
}

static void fields_read(struct schema_reader *reader, const struct layout *layout, size_t first,
                        size_t end, void *value);

static unsigned word_read(struct schema_reader *reader, const struct words *words, const char *name)
{
    if (reader->position >= reader->count) {
        return 0;
    }
    int value = words_find(words, read_text(reader, name));
    if (value < 0) {
        value = words->newer;
        if (value >= 0) {
            (void)room_take(reader, 0, strlen(words_get(words, (unsigned)value)), name);
        }
    }
    if (value < 0) {
        reader_fail(reader, name, "a word that is known here");
        return 0;
    }
    return (unsigned)value;
}

static void records_read(struct schema_reader *reader, const struct field *field, void *at)
{
    const struct layout *layout = field->layout();
    struct schema_reader items;
    struct schema_reader fields;
    if (!schema_read_array(reader, &items, field->name)) {
        return;
    }
    size_t values = layout_values(layout, 0, layout->field_count) + 1;
    if (reader->room != NULL && items.count > reader->room->values / values) {
        reader_fail(reader, field->name, "short enough to be sent on");
        return;
    }
    struct record_list list = {arena_array(reader->arena, items.count, layout->size), items.count};
    for (size_t i = 0; i < list.count && !reader->failed; i++) {
        reader->failed = !schema_read_array(&items, &fields, field->name);
        if (!reader->failed) {
            schema_read_layout(&fields, layout, record_at(layout, &list, i));
            reader->failed = fields.failed;
        }
    }
    memcpy(at, &list, sizeof list);
}

/* An absent array leaves its fields as an empty one does. */
static void rest_read(struct schema_reader *reader, const struct field *field, void *at)
{
    struct schema_reader fields = *reader;
    fields.count = fields.position; /* empty, unless it is there */
    bool given = schema_read_array(reader, &fields, field->name);
    size_t there = fields.count - fields.position;
    (void)room_take_fields(reader, field->layout(), field->first, field->end, there);
    fields_read(&fields, field->layout(), field->first, field->end, at);
    reader->failed = reader->failed || (given && fields.failed);
}

static void field_read(struct schema_reader *reader, const struct field *field, void *at)
{
    const char *name = field->name;
    switch (field->type) {
    case FIELD_U32:
    case FIELD_NUMBER: *(uint32_t *)at = schema_read_u32(reader, name); break;
    case FIELD_U64: *(uint64_t *)at = schema_read_u64(reader, name); break;
    case FIELD_BOOLEAN: *(bool *)at = read_boolean(reader, name); break;
    case FIELD_TEXT: *(const char **)at = read_text(reader, name); break;
    case FIELD_BYTES: *(struct bytes *)at = read_bytes(reader, name); break;
    case FIELD_TEXTS: *(struct texts *)at = read_texts(reader, name); break;
    case FIELD_WORD: *(unsigned *)at = word_read(reader, field->words, name); break;
    case FIELD_SHARE:
        ((struct share *)at)->count = schema_read_u32(reader, name);
        ((struct share *)at)->percent = schema_read_u32(reader, name);
        break;
    case FIELD_PART:
    case FIELD_MORE: fields_read(reader, field->layout(), field->first, field->end, at); break;
    case FIELD_REST: rest_read(reader, field, at); break;
    case FIELD_RECORDS: records_read(reader, field, at); break;
    }
}

static void fields_read(struct schema_reader *reader, const struct layout *layout, size_t first,
                        size_t end, void *value)
{
    end = layout_end(layout, end);
    for (size_t i = first; i < end; i++) {
        const struct field *field = &layout->fields[i];
        field_read(reader, field, (char *)value + field->offset);
    }
}

void schema_read_layout(struct schema_reader *reader, const struct layout *layout, void *value)
{
    layout_absent(layout, value);
    if (!room_take_fields(reader, layout, 0, layout->field_count, reader->count)) {
        return;
    }
    fields_read(reader, layout, 0, layout->field_count, value);
}
