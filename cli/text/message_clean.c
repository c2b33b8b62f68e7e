/* Every text of a message, found by its layout. */
#include "cli/text/message_clean.h"

#include <stdbool.h>
#include <string.h>

#include "common/base/array.h"

static bool is_control(const char *c, bool lines)
{
    unsigned char byte = (unsigned char)*c;
    if (lines && (byte == '\n' || byte == '\t')) {
        return false;
    }
    /* C1 controls are two bytes of UTF-8: C2 80 to C2 9F */
    return byte < 0x20 || byte == 0x7f ||
           (byte == 0xC2 && (unsigned char)c[1] >= 0x80 && (unsigned char)c[1] < 0xA0);
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

static const char *text_cleaned(const char *text, const char *field, struct arena *arena)
{
    bool lines = has_lines(field);
    char *copy = NULL;
    for (size_t i = 0; text[i] != '\0'; i++) {
        if (!is_control(text + i, lines)) {
            continue;
        }
        if (copy == NULL) {
            copy = arena_strdup(arena, text);
        }
        if ((unsigned char)text[i] == 0xC2) {
            copy[i++] = '?';
        }
        copy[i] = '?';
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
        } else if (field->type == FIELD_PART && field->first == 0) {
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
