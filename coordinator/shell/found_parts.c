/* Parts of discoveries (found_parts.h). */
#include "coordinator/shell/found_parts.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"

struct found_part {
    struct message_found of; /* the job; without targets */
    struct arena arena;
    struct found_target *items;
    size_t count;
    size_t capacity;
    struct found_part *next;
};

static struct found_part **part_find(struct found_part **parts, struct job_key key)
{
    while (*parts != NULL && !job_key_equal((*parts)->of.key, key)) {
        parts = &(*parts)->next;
    }
    return parts;
}

static void part_add(struct found_part *part, const struct found_target_list *targets)
{
    for (size_t i = 0; i < targets->count; i++) {
        part->items = array_room(part->items, part->count, &part->capacity, sizeof *part->items);
        layout_copy(found_target_layout(), &part->arena, &targets->items[i],
                    &part->items[part->count++]);
    }
}

bool found_parts_add(struct found_part **parts, const struct message_found *found)
{
    size_t waiting = 0;
    for (const struct found_part *part = *parts; part != NULL; part = part->next) {
        waiting += part->count;
    }
    if (waiting + found->targets.count > WIRE_FOUND_MAX) {
        return false;
    }
    struct found_part **at = part_find(parts, found->key);
    if (*at == NULL) {
        *at = memory_alloc(sizeof **at);
        (*at)->of = *found;
        (*at)->of.targets = (struct found_target_list){0};
    }
    part_add(*at, &found->targets);
    return true;
}

struct found_part *found_parts_take(struct found_part **parts, struct message_result *result)
{
    struct found_part **at = part_find(parts, result->try.key);
    struct found_part *part = *at;
    if (part != NULL) {
        *at = part->next;
        part_add(part, &result->found);
        result->found = (struct found_target_list){part->items, part->count};
    }
    return part;
}

void found_part_free(struct found_part *part)
{
    if (part != NULL) {
        free(part->items);
        arena_free(&part->arena);
        free(part);
    }
}

void found_parts_free(struct found_part **parts)
{
    while (*parts != NULL) {
        struct found_part *part = *parts;
        *parts = part->next;
        found_part_free(part);
    }
}
