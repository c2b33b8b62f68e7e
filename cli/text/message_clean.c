/* Every text of a message, found by its layout. */
#include "cli/text/message_clean.h"

#include <stdbool.h>
#include <string.h>

#include "common/base/array.h"
#include "common/base/utf8.h"

/* Whether a terminal would obey a character of so many bytes rather than show it. */
static bool is_control(const char *text, size_t length, bool lines)
{
    const unsigned char *byte = (const unsigned char *)text;
    if (length == 1) {
        return (byte[0] < 0x20 || byte[0] == 0x7f) &&
               !(lines && (byte[0] == '\n' || byte[0] == '\t'));
    }
    if (length == 2) {
        return byte[0] == 0xC2 && byte[1] < 0xA0; /* C1 */
    }
    /* what turns the direction of writing: U+202A to 202E, U+2066 to 2069 */
    return length == 3 && byte[0] == 0xE2 &&
           ((byte[1] == 0x80 && byte[2] >= 0xAA && byte[2] <= 0xAE) ||
            (byte[1] == 0x81 && byte[2] >= 0xA6 && byte[2] <= 0xA9));
}

static bool has_lines(const char *field)
{
    static const char *const fields[] = {"message", "detail", "hint"};
    for (size_t i = 0; i < LENGTH(fields); i++) {
        if (strcmp(field, fields[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* A question mark for each byte of what is not to be shown. */
static const char *text_cleaned(const char *text, const char *field, struct arena *arena)
{
    bool lines = has_lines(field);
    char *copy = NULL;
    for (size_t i = 0; text[i] != '\0';) {
        size_t length = utf8_character(text + i);
        size_t bytes = length > 0 ? length : 1;
        if (length == 0 || is_control(text + i, length, lines)) {
            copy = copy == NULL ? arena_strdup(arena, text) : copy;
            memset(copy + i, '?', bytes);
        }
        i += bytes;
    }
    return copy == NULL ? text : copy;
}

static void texts_clean(struct texts *texts, const char *field, struct arena *arena)
{
    const char **items = NULL;
    for (size_t i = 0; i < texts->count; i++) {
        const char *cleaned = text_cleaned(texts->items[i], field, arena);
        if (cleaned == texts->items[i]) {
            continue;
        }
        if (items == NULL) {
            items = arena_array(arena, texts->count, sizeof *items);
            memcpy(items, texts->items, texts->count * sizeof *items);
            texts->items = items;
        }
        items[i] = cleaned;
    }
}

static void fields_clean(const struct layout *layout, void *value, struct arena *arena);

static void records_clean(const struct layout *layout, const void *at, struct arena *arena)
{
    struct record_list list = record_list_at(at);
    for (size_t i = 0; i < list.count; i++) {
        fields_clean(layout, record_at(layout, &list, i), arena);
    }
}

static void fields_clean(const struct layout *layout, void *value, struct arena *arena)
{
    for (size_t i = 0; i < layout->field_count; i++) {
        const struct field *field = &layout->fields[i];
        void *at = (char *)value + field->offset;
        if (field->type == FIELD_TEXT && *(const char **)at != NULL) {
            *(const char **)at = text_cleaned(*(const char **)at, field->name, arena);
        } else if (field->type == FIELD_TEXTS) {
            texts_clean(at, field->name, arena);
        } else if (field->type == FIELD_PART) {
            fields_clean(field->layout(), at, arena);
        } else if (field->type == FIELD_RECORDS) {
            records_clean(field->layout(), at, arena);
        }
    }
}

void message_clean(struct message *message, struct arena *arena)
{
    const struct layout *layout = message_layout(message->type);
    if (layout != NULL) {
        fields_clean(layout, &message->hello, arena);
    }
}
