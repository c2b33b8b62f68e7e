/* Walks layouts, as the codec does. */
#include "common/json/json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"

json_t *json_text(const char *text)
{
    json_t *value = json_string(text);
    if (value != NULL) {
        return value;
    }
    char *ascii = memory_alloc(strlen(text) + 1);
    for (size_t i = 0; text[i] != '\0'; i++) {
        ascii[i] = (char)((unsigned char)text[i] < 0x80 ? text[i] : '?');
    }
    value = json_string(ascii);
    free(ascii);
    return value;
}

json_t *json_texts(struct texts texts)
{
    json_t *array = json_array();
    for (size_t i = 0; i < texts.count; i++) {
        (void)json_array_append_new(array, json_text(texts.items[i]));
    }
    return array;
}

json_t *json_labels(struct texts labels)
{
    json_t *object = json_object();
    for (size_t i = 0; i < labels.count; i++) {
        const char *equals = strchr(labels.items[i], '=');
        if (equals != NULL) {
            size_t length = (size_t)(equals - labels.items[i]);
            (void)json_object_setn_new_nocheck(object, labels.items[i], length,
                                               json_text(equals + 1));
        }
    }
    return object;
}

static void fields_fill(json_t *object, const struct layout *layout, size_t first, size_t end,
                        const void *value);

json_t *json_record(const struct layout *layout, const void *value)
{
    json_t *object = json_object();
    fields_fill(object, layout, 0, layout->field_count, value);
    return object;
}

static json_t *records_json(const struct layout *layout, const void *at)
{
    struct record_list list = record_list_at(at);
    json_t *array = json_array();
    for (size_t i = 0; i < list.count; i++) {
        (void)json_array_append_new(array, json_record(layout, record_at(layout, &list, i)));
    }
    return array;
}

/* One value; bytes are never shown, their number is. */
static json_t *field_json(const struct field *field, const void *at)
{
    switch (field->type) {
    case FIELD_U32:
    case FIELD_NUMBER: return json_integer(*(const uint32_t *)at);
    case FIELD_U64: return json_integer((json_int_t) * (const uint64_t *)at);
    case FIELD_BOOLEAN: return json_boolean(*(const bool *)at);
    case FIELD_TEXT: return json_text(*(const char *const *)at);
    case FIELD_BYTES: return json_integer((json_int_t)((const struct bytes *)at)->length);
    case FIELD_TEXTS: return json_texts(*(const struct texts *)at);
    case FIELD_WORD: return json_text(words_get(field->words, *(const unsigned *)at));
    case FIELD_SHARE:
        return json_pack("{sIsI}", "count", (json_int_t)((const struct share *)at)->count,
                         "percent", (json_int_t)((const struct share *)at)->percent);
    default: return records_json(field->layout(), at);
    }
}

/* Fields of a part stand among those of the whole, as they do on the wire. */
static void fields_fill(json_t *object, const struct layout *layout, size_t first, size_t end,
                        const void *value)
{
    end = layout_end(layout, end);
    for (size_t i = first; i < end; i++) {
        const struct field *field = &layout->fields[i];
        const void *at = field_at(field, value);
        if (field_is_struct(field)) {
            fields_fill(object, field->layout(), field->first, field->end, at);
        } else {
            (void)json_object_set_new(object, field->name, field_json(field, at));
        }
    }
}

json_t *json_body(enum message_type type, const void *body)
{
    json_t *object = json_object();
    char event[32] = "";
    const char *name = message_name(type);
    for (size_t i = 0; name[i] != '\0' && i + 1 < sizeof event; i++) {
        event[i] = (char)tolower((unsigned char)name[i]);
    }
    (void)json_object_set_new(object, "event", json_text(event));
    const struct layout *layout = message_layout(type);
    if (layout != NULL) {
        fields_fill(object, layout, 0, layout->field_count, body);
    }
    return object;
}

json_t *json_message(const struct message *message)
{
    return json_body(message->type, message_body(message));
}

json_t *json_target_status(const struct target_status *target)
{
    json_t *object = json_record(target_status_layout(), target);
    (void)json_object_set_new(object, "labels", json_labels(target->labels));
    return object;
}
