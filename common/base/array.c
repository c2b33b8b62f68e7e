/* Growth by half, not double: the last growth decides how many bytes a target costs. */
#include "common/base/array.h"

#include <string.h>

#include "common/base/arena.h"
#include "common/base/impossible.h"

enum { CAPACITY_FIRST = 8 };

void *array_room_wide(void *items, size_t count, size_t *capacity, size_t size)
{
    INVARIANT(count <= *capacity);
    if (count < *capacity) {
        return items;
    }
    size_t grown = *capacity < CAPACITY_FIRST ? CAPACITY_FIRST : *capacity + *capacity / 2;
    items = memory_resize(items, grown * size);
    memset((char *)items + count * size, 0, (grown - count) * size);
    *capacity = grown;
    return items;
}

void *array_room_narrow(void *items, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count < *capacity) {
        return items;
    }
    size_t wide = *capacity;
    items = array_room_wide(items, count, &wide, size);
    INVARIANT(wide <= UINT32_MAX);
    *capacity = (uint32_t)wide;
    return items;
}
