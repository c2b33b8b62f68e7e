/* The inbox: what arrived and was not yet given to the core, in order of arrival. */
#ifndef DROVER_SHELL_INBOX_H
#define DROVER_SHELL_INBOX_H

#include "common/wire/message.h"

enum item_type {
    ITEM_MESSAGE,     /* of a session */
    ITEM_WORKER_LEFT, /* `instance` */
    ITEM_TICK,
    ITEM_SURVEY_LEFT, /* a session asks no more */
};

struct item {
    enum item_type type;
    uint64_t session;  /* id; the session may be gone when the item's turn comes */
    uint64_t instance; /* of the worker it comes from, or 0 */
    struct message message;
};

/* A zeroed struct is valid and empty. */
struct inbox {
    struct item *items;
    size_t count;
    size_t capacity;
    struct arena arena; /* what the items point to, and the answers they cause */
};

/* `message` is copied; NULL for the other types. */
void inbox_push(struct inbox *inbox, enum item_type type, uint64_t session, uint64_t instance,
                const struct message *message);

void inbox_clear(struct inbox *inbox);
void inbox_free(struct inbox *inbox);

#endif
