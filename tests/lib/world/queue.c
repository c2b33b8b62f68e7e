/* A binary heap (queue.h). */
#include "tests/lib/world/queue.h"

#include "common/base/arena.h"

static bool before(const struct occurrence *left, const struct occurrence *right)
{
    return left->at_ms != right->at_ms ? left->at_ms < right->at_ms : left->order < right->order;
}

void queue_push(struct queue *queue, struct occurrence occurrence)
{
    if (queue->count == queue->capacity) {
        queue->capacity = queue->capacity > 0 ? queue->capacity * 2 : 256;
        queue->items = memory_resize(queue->items, queue->capacity * sizeof *queue->items);
    }
    occurrence.order = ++queue->order;
    size_t at = queue->count++;
    while (at > 0 && before(&occurrence, &queue->items[(at - 1) / 2])) {
        queue->items[at] = queue->items[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    queue->items[at] = occurrence;
}

bool queue_pop(struct queue *queue, struct occurrence *occurrence)
{
    if (queue->count == 0) {
        return false;
    }
    *occurrence = queue->items[0];
    struct occurrence last = queue->items[--queue->count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= queue->count) {
            break;
        }
        if (child + 1 < queue->count && before(&queue->items[child + 1], &queue->items[child])) {
            child++;
        }
        if (!before(&queue->items[child], &last)) {
            break;
        }
        queue->items[at] = queue->items[child];
        at = child;
    }
    queue->items[at] = last;
    return true;
}

const char *occurrence_word(enum occurrence_kind kind)
{
#define OCCURRENCE_WORD(NAME, meaning) #NAME,
    static const char *const words[] = {OCCURRENCE_LIST(OCCURRENCE_WORD)};
#undef OCCURRENCE_WORD
    return words[kind];
}
