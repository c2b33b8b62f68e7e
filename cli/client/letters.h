/* Messages that wait to be taken, in order: copies, as they live longer than the stream's. */
#ifndef DROVER_CLIENT_LETTERS_H
#define DROVER_CLIENT_LETTERS_H

#include <stdbool.h>

#include "common/base/arena.h"
#include "common/wire/message.h"

struct letter;

/* A zeroed struct is a valid empty one. */
struct letters {
    struct letter *first;
    struct letter *last;
};

void letters_add(struct letters *letters, const struct message *message);

/* Takes the first one out, into `arena`; false: there is none. */
bool letters_take(struct letters *letters, struct arena *arena, struct message *message);

void letters_free(struct letters *letters);

#endif
