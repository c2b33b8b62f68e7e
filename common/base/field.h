/* The field types of everything that is defined by a list: messages, events, records.
 *
 * A `.def` file uses the words below; the codec (common/wire/schema.h) knows how each is encoded,
 * printed and compared. Text is never NULL: an absent one is "".
 */
#ifndef DROVER_BASE_FIELD_H
#define DROVER_BASE_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    const uint8_t *data;
    size_t length;
};

struct texts {
    const char *const *items;
    size_t count;
};

typedef uint32_t field_u32;
typedef uint64_t field_u64;
typedef bool field_boolean;
typedef const char *field_text;
typedef struct bytes field_bytes;
typedef struct texts field_texts;

#endif
