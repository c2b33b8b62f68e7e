/* Items are copied by encoding and decoding: one way for every kind of message, and cheap enough.
 */
#include "coordinator/inbox.h"

#include <stdlib.h>

struct message message_copy(const struct message *message, struct arena *arena)
{
    struct buffer payload = {0};
    struct message copy;
    struct error error;
    message_encode(message, &payload);
    struct bytes bytes = {(const uint8_t *)payload.data, payload.length};
    if (message_decode(bytes, arena, &copy, &error) != 0) {
        abort(); /* what this process wrote, it can read */
    }
    buffer_free(&payload);
    return copy;
}

void inbox_push(struct inbox *inbox, enum item_type type, uint64_t session, uint64_t instance,
                const struct message *message)
{
    if (inbox->count == inbox->capacity) {
        inbox->capacity = inbox->capacity > 0 ? inbox->capacity * 2 : 64;
        inbox->items = memory_resize(inbox->items, inbox->capacity * sizeof *inbox->items);
    }
    struct item *item = &inbox->items[inbox->count++];
    *item = (struct item){.type = type, .session = session, .instance = instance};
    if (message != NULL) {
        item->message = message_copy(message, &inbox->arena);
    }
}

void inbox_clear(struct inbox *inbox)
{
    inbox->count = 0;
    arena_free(&inbox->arena);
}

void inbox_free(struct inbox *inbox)
{
    inbox_clear(inbox);
    free(inbox->items);
    inbox->items = NULL;
    inbox->capacity = 0;
}
