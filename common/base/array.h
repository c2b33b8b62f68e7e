/* Arrays: the length of one that stands in the source, the growth of one on the heap. */
#ifndef DROVER_BASE_ARRAY_H
#define DROVER_BASE_ARRAY_H

#include <stddef.h>
#include <stdint.h>

/* Of an array, not of a pointer. */
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* Room for one more element of `size` bytes behind `count` of them; gives the array, maybe moved,
 * which the caller frees. New elements are zeroed. `capacity` points to a size_t, or to a uint32_t
 * where many are kept. NULL and 0 are an empty array. */
/* clang-format off */
#define array_room(items, count, capacity, size)                                                   \
    _Generic((capacity), size_t *: array_room_wide, uint32_t *: array_room_narrow)(                \
        items, count, capacity, size)
/* clang-format on */

void *array_room_wide(void *items, size_t count, size_t *capacity, size_t size);
void *array_room_narrow(void *items, uint32_t count, uint32_t *capacity, size_t size);

#endif
