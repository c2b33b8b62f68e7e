/* The field types of everything that is defined by a list: messages, events, records.
 *
 * A `.def` file uses the words below; the codec (common/wire/schema.h) knows how each is encoded,
 * printed and compared. Text is never NULL: an absent one is "".
 */
#ifndef DROVER_VOCABULARY_FIELD_H
#define DROVER_VOCABULARY_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/texts.h"

typedef uint32_t field_u32;
typedef uint64_t field_u64;
typedef bool field_boolean;
typedef const char *field_text;
typedef struct bytes field_bytes;
typedef struct texts field_texts;

#endif
