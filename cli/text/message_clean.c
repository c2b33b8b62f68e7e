/* Clean: derived from records.def and messages.def, as the codec is. */
#include "cli/text/message_clean.h"

#include <stdbool.h>
#include <string.h>

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
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
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

static void clean_text(field_text *text, const char *field, struct arena *arena)
{
    *text = *text == NULL ? NULL : text_cleaned(*text, field, arena);
}

static void clean_texts(field_texts *texts, const char *field, struct arena *arena)
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

#define clean_u32(value, field, arena)     ((void)(value))
#define clean_u64(value, field, arena)     ((void)(value))
#define clean_boolean(value, field, arena) ((void)(value))
#define clean_bytes(value, field, arena)   ((void)(value))

#define FIELD(type, name) clean_##type(&value->name, #name, arena);

#define RECORD_BEGIN(name)                                                                         \
    static void name##_clean(struct name *value, struct arena *arena)                              \
    {                                                                                              \
        (void)arena;
#define RECORD_END(name) }
#include "common/vocabulary/records.def"
#undef RECORD_BEGIN
#undef RECORD_END

#define RECORDS(record, name)                                                                      \
    for (size_t i = 0; i < value->name.count; i++) {                                               \
        record##_clean(&value->name.items[i], arena);                                              \
    }
#define MESSAGE_BEGIN(number, NAME, name, meaning)                                                 \
    static void message_##name##_clean(struct message_##name *value, struct arena *arena)          \
    {                                                                                              \
        (void)arena;
#define MESSAGE_END(name) }
#include "common/wire/messages.def"
#undef MESSAGE_BEGIN
#undef MESSAGE_END
#undef FIELD
#undef RECORDS

void message_clean(struct message *message, struct arena *arena)
{
    switch (message->type) {
#define FIELD(type, name)
#define RECORDS(record, name)
#define MESSAGE_END(name)
#define MESSAGE_BEGIN(number, NAME, name, meaning)                                                 \
    case MESSAGE_##NAME:                                                                           \
        message_##name##_clean(&message->name, arena);                                             \
        break;
#include "common/wire/messages.def"
#undef MESSAGE_BEGIN
#undef MESSAGE_END
#undef FIELD
#undef RECORDS
    default: break;
    }
}
