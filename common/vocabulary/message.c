/* The layouts of messages, from their list, and what is done to any of them. */
#include "common/vocabulary/message.h"

#include "common/base/array.h"
#include "common/vocabulary/list_rows.h"
#define MESSAGE_BEGIN(number, NAME, name, meaning)                                                 \
    static const struct layout *message_##name##_layout(void)                                      \
    {                                                                                              \
        typedef struct message_##name self;                                                        \
        static const char layout_name[] = #NAME;                                                   \
        static const struct field fields[] = {
#define MESSAGE_END(name)                                                                          \
    }                                                                                              \
    ;                                                                                              \
    static const struct layout layout = {layout_name, sizeof(self), fields, LENGTH(fields)};       \
    return &layout;                                                                                \
    }
#include "common/vocabulary/messages.def"
#undef MESSAGE_BEGIN
#undef MESSAGE_END
#include "common/vocabulary/list_end.h"

#include "common/vocabulary/list_nothing.h"
#define MESSAGE_END(name)
const enum message_type message_types[] = {
#define MESSAGE_BEGIN(number, NAME, name, meaning) MESSAGE_##NAME,
#include "common/vocabulary/messages.def"
#undef MESSAGE_BEGIN
};
const size_t message_type_count = LENGTH(message_types);

const struct layout *message_layout(enum message_type type)
{
    switch (type) {
#define MESSAGE_BEGIN(number, NAME, name, meaning)                                                 \
    case MESSAGE_##NAME:                                                                           \
        return message_##name##_layout();
#include "common/vocabulary/messages.def"
#undef MESSAGE_BEGIN
    }
    return NULL;
}
#undef MESSAGE_END
#include "common/vocabulary/list_end.h"

const void *message_body(const struct message *message)
{
    return &message->hello;
}

struct message message_copy(const struct message *message, struct arena *arena)
{
    struct message copy = *message;
    layout_copy(message_layout(message->type), arena, message_body(message), &copy.hello);
    return copy;
}

void message_print(const struct message *message, struct buffer *out)
{
    buffer_text_append(out, message_name(message->type));
    const struct layout *layout = message_layout(message->type);
    if (layout != NULL) {
        layout_print(layout, message_body(message), out);
    }
}

const char *message_name(enum message_type type)
{
    const struct layout *layout = message_layout(type);
    return layout != NULL ? layout->name : "?";
}
