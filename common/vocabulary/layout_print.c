/* Structs of lists as one line of text, for logs and traces. */
#include <inttypes.h>

#include "common/vocabulary/layout.h"

static void quoted_append(struct buffer *out, const char *text)
{
    buffer_append(out, "\"", 1);
    for (const char *at = text != NULL ? text : ""; *at != '\0'; at++) {
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

static void texts_append(struct buffer *out, const struct texts *texts)
{
    buffer_text_append(out, "[");
    for (size_t i = 0; i < texts->count; i++) {
        buffer_text_append(out, i > 0 ? " " : "");
        quoted_append(out, texts->items[i]);
    }
    buffer_text_append(out, "]");
}

static void records_append(struct buffer *out, const struct layout *layout, const void *at)
{
    struct record_list list = record_list_at(at);
    buffer_text_append(out, "[");
    for (size_t i = 0; i < list.count; i++) {
        buffer_text_append(out, i > 0 ? " {" : "{");
        layout_print(layout, record_at(layout, &list, i), out);
        buffer_text_append(out, " }");
    }
    buffer_text_append(out, "]");
}

static void fields_print(const struct layout *layout, size_t first, size_t end, const void *value,
                         struct buffer *out);

static void field_print(const struct field *field, const void *at, struct buffer *out)
{
    if (field_is_struct(field)) {
        fields_print(field->layout(), field->first, field->end, at, out);
        return;
    }
    if (field->type == FIELD_SHARE) {
        const struct share *share = at;
        buffer_printf(out, " %s_count=%" PRIu32 " %s_percent=%" PRIu32, field->name, share->count,
                      field->name, share->percent);
        return;
    }
    buffer_printf(out, " %s=", field->name);
    switch (field->type) {
    case FIELD_U32:
    case FIELD_NUMBER: buffer_printf(out, "%" PRIu32, *(const uint32_t *)at); break;
    case FIELD_U64: buffer_printf(out, "%" PRIu64, *(const uint64_t *)at); break;
    case FIELD_BOOLEAN: buffer_text_append(out, *(const bool *)at ? "true" : "false"); break;
    case FIELD_TEXT: quoted_append(out, *(const char *const *)at); break;
    case FIELD_BYTES: buffer_printf(out, "<%zu bytes>", ((const struct bytes *)at)->length); break;
    case FIELD_TEXTS: texts_append(out, at); break;
    case FIELD_WORD: quoted_append(out, words_get(field->words, *(const unsigned *)at)); break;
    default: records_append(out, field->layout(), at); break;
    }
}

static void fields_print(const struct layout *layout, size_t first, size_t end, const void *value,
                         struct buffer *out)
{
    end = layout_end(layout, end);
    for (size_t i = first; i < end; i++) {
        field_print(&layout->fields[i], field_at(&layout->fields[i], value), out);
    }
}

void layout_print(const struct layout *layout, const void *value, struct buffer *out)
{
    fields_print(layout, 0, layout->field_count, value, out);
}
