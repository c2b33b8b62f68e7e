/* A list of messages, each with an arena of its own. */
#include "cli/client/letters.h"

#include <stdlib.h>

struct letter {
    struct message message;
    struct arena arena; /* of the message */
    struct letter *next;
};

void letters_add(struct letters *letters, const struct message *message)
{
    struct letter *letter = memory_alloc(sizeof *letter);
    letter->message = message_copy(message, &letter->arena);
    if (letters->last == NULL) {
        letters->first = letter;
    } else {
        letters->last->next = letter;
    }
    letters->last = letter;
}

static void first_drop(struct letters *letters)
{
    struct letter *letter = letters->first;
    letters->first = letter->next;
    if (letters->first == NULL) {
        letters->last = NULL;
    }
    arena_free(&letter->arena);
    free(letter);
}

bool letters_take(struct letters *letters, struct arena *arena, struct message *message)
{
    if (letters->first == NULL) {
        return false;
    }
    *message = message_copy(&letters->first->message, arena);
    first_drop(letters);
    return true;
}

void letters_free(struct letters *letters)
{
    while (letters->first != NULL) {
        first_drop(letters);
    }
}
