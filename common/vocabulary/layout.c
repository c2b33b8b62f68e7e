/* Walks over layouts that need no codec: copies, comparison. */
#include "common/vocabulary/layout.h"

#include <string.h>

const void *field_at(const struct field *field, const void *value)
{
    return (const char *)value + field->offset;
}

bool field_is_struct(const struct field *field)
{
    return field->type == FIELD_PART || field->type == FIELD_MORE || field->type == FIELD_REST;
}

struct record_list record_list_at(const void *at)
{
    struct record_list list;
    memcpy(&list, at, sizeof list);
    return list;
}

void *record_at(const struct layout *layout, const struct record_list *list, size_t index)
{
    return (char *)list->items + index * layout->size;
}

size_t layout_end(const struct layout *layout, size_t end)
{
    return end < layout->field_count ? end : layout->field_count;
}

size_t layout_values(const struct layout *layout, size_t first, size_t end)
{
    size_t values = 0;
    end = layout_end(layout, end);
    for (size_t i = first; i < end; i++) {
        const struct field *field = &layout->fields[i];
        switch (field->type) {
        case FIELD_SHARE: values += 2; break;
        case FIELD_PART:
        case FIELD_MORE: values += layout_values(field->layout(), field->first, field->end); break;
        default: values++; break;
        }
    }
    return values;
}

/* ---- copies ---- */

const char *arena_text(struct arena *arena, const char *text)
{
    return text == NULL || text[0] == '\0' ? "" : arena_strdup(arena, text);
}

struct texts arena_texts(struct arena *arena, struct texts texts)
{
    if (texts.count == 0) {
        return (struct texts){NULL, 0};
    }
    const char **items = arena_array(arena, texts.count, sizeof *items);
    for (size_t i = 0; i < texts.count; i++) {
        items[i] = arena_text(arena, texts.items[i]);
    }
    return (struct texts){items, texts.count};
}

static struct bytes bytes_copy(struct arena *arena, struct bytes bytes)
{
    uint8_t *data = arena_alloc(arena, bytes.length);
    if (bytes.length > 0) {
        memcpy(data, bytes.data, bytes.length);
    }
    bytes.data = data;
    return bytes;
}

static void records_copy(const struct layout *layout, struct arena *arena, const void *from,
                         void *at)
{
    struct record_list list = record_list_at(from);
    struct record_list copy = {arena_array(arena, list.count, layout->size), list.count};
    for (size_t i = 0; i < list.count; i++) {
        layout_copy(layout, arena, record_at(layout, &list, i), record_at(layout, &copy, i));
    }
    memcpy(at, &copy, sizeof copy);
}

static void fields_copy(const struct layout *layout, size_t first, size_t end, struct arena *arena,
                        const void *value, void *copy);

/* A part says nothing of the rest of its struct. */
static void part_copy(const struct field *field, struct arena *arena, const void *from, void *at)
{
    const struct layout *layout = field->layout();
    if (field->type == FIELD_PART && layout_end(layout, field->end) < layout->field_count) {
        layout_absent(layout, at);
    }
    fields_copy(layout, field->first, field->end, arena, from, at);
}

static void field_copy(const struct field *field, struct arena *arena, const void *from, void *at)
{
    switch (field->type) {
    case FIELD_U32:
    case FIELD_WORD:
    case FIELD_NUMBER: *(uint32_t *)at = *(const uint32_t *)from; break;
    case FIELD_U64: *(uint64_t *)at = *(const uint64_t *)from; break;
    case FIELD_BOOLEAN: *(bool *)at = *(const bool *)from; break;
    case FIELD_TEXT: *(const char **)at = arena_text(arena, *(const char *const *)from); break;
    case FIELD_TEXTS: *(struct texts *)at = arena_texts(arena, *(const struct texts *)from); break;
    case FIELD_BYTES: *(struct bytes *)at = bytes_copy(arena, *(const struct bytes *)from); break;
    case FIELD_SHARE: *(struct share *)at = *(const struct share *)from; break;
    case FIELD_PART:
    case FIELD_MORE:
    case FIELD_REST: part_copy(field, arena, from, at); break;
    case FIELD_RECORDS: records_copy(field->layout(), arena, from, at); break;
    }
}

static void fields_copy(const struct layout *layout, size_t first, size_t end, struct arena *arena,
                        const void *value, void *copy)
{
    end = layout_end(layout, end);
    for (size_t i = first; i < end; i++) {
        const struct field *field = &layout->fields[i];
        field_copy(field, arena, field_at(field, value), (char *)copy + field->offset);
    }
}

void layout_absent(const struct layout *layout, void *value)
{
    memset(value, 0, layout->size);
    for (size_t i = 0; i < layout->field_count; i++) {
        const struct field *field = &layout->fields[i];
        void *at = (char *)value + field->offset;
        if (field->type == FIELD_TEXT) {
            *(const char **)at = "";
        } else if (field->type == FIELD_PART) {
            layout_absent(field->layout(), at);
        }
    }
}

/* Plain fields are there with the bytes of the struct. */
void layout_copy(const struct layout *layout, struct arena *arena, const void *value, void *copy)
{
    memcpy(copy, value, layout->size);
    for (size_t i = 0; i < layout->field_count; i++) {
        const struct field *field = &layout->fields[i];
        if (field->type >= FIELD_TEXT) {
            field_copy(field, arena, field_at(field, value), (char *)copy + field->offset);
        }
    }
}

/* ---- comparison ---- */

/* A struct that nobody filled in has NULL. */
static bool text_equal(const char *left, const char *right)
{
    return left == right || (left != NULL && right != NULL && strcmp(left, right) == 0);
}

static bool bytes_equal(const struct bytes *left, const struct bytes *right)
{
    return left->length == right->length &&
           (left->length == 0 || memcmp(left->data, right->data, left->length) == 0);
}

static bool records_equal(const struct layout *layout, const void *left_at, const void *right_at)
{
    struct record_list left = record_list_at(left_at);
    struct record_list right = record_list_at(right_at);
    bool equal = left.count == right.count;
    for (size_t i = 0; equal && i < left.count; i++) {
        equal = layout_equal(layout, record_at(layout, &left, i), record_at(layout, &right, i));
    }
    return equal;
}

static bool field_equal(const struct field *field, const void *left, const void *right)
{
    switch (field->type) {
    case FIELD_U32:
    case FIELD_WORD:
    case FIELD_NUMBER: return *(const uint32_t *)left == *(const uint32_t *)right;
    case FIELD_U64: return *(const uint64_t *)left == *(const uint64_t *)right;
    case FIELD_BOOLEAN: return *(const bool *)left == *(const bool *)right;
    case FIELD_TEXT: return text_equal(*(const char *const *)left, *(const char *const *)right);
    case FIELD_BYTES: return bytes_equal(left, right);
    case FIELD_TEXTS: return texts_equal(*(const struct texts *)left, *(const struct texts *)right);
    case FIELD_SHARE:
        return ((const struct share *)left)->count == ((const struct share *)right)->count &&
               ((const struct share *)left)->percent == ((const struct share *)right)->percent;
    case FIELD_PART: return layout_equal(field->layout(), left, right);
    case FIELD_MORE:
    case FIELD_REST: return true; /* its PART is compared whole */
    case FIELD_RECORDS: return records_equal(field->layout(), left, right);
    }
    return false;
}

bool layout_equal(const struct layout *layout, const void *left, const void *right)
{
    bool equal = true;
    for (size_t i = 0; equal && i < layout->field_count; i++) {
        const struct field *field = &layout->fields[i];
        equal = field_equal(field, field_at(field, left), field_at(field, right));
    }
    return equal;
}
