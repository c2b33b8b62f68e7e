/* Items hold copies of messages. */
#include "coordinator/shell/inbox.h"

#include <stdlib.h>

#include "common/base/array.h"

void inbox_push(struct inbox *inbox, enum item_type type, uint64_t session, uint64_t instance,
                const struct message *message)
{
    inbox->items = array_room(inbox->items, inbox->count, &inbox->capacity, sizeof *inbox->items);
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
