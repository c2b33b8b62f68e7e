/* The field types of everything that is defined by a list: messages, events, records.
 *
 * A `.def` file uses these words, one line for each field:
 *
 *   FIELD(type, name)            a value; the types are those of `field_TYPE` below and the
 *                                enumerations of the vocabulary. Text is never NULL: an absent
 *                                one is "".
 *   PART(record, count, name)    a struct of records.def; its first `count` fields are written in
 *                                place, as if they stood here
 *   MORE(record, first, end, name)  the fields [first, end) of the PART `name`, in place
 *   REST(record, first, name)    the fields of the PART `name` from `first` on, as one array: what
 *                                is appended to that record later travels here
 *   RECORDS(record, name)        a list of structs
 *
 * list_members.h, list_rows.h and list_nothing.h say what a list becomes, list_end.h ends that.
 */
#ifndef DROVER_VOCABULARY_FIELD_H
#define DROVER_VOCABULARY_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/texts.h"

/* A number of things, or a part of all. */
struct share {
    uint32_t count;
    uint32_t percent; /* 0: the count counts */
};

typedef uint32_t field_u32;
typedef uint64_t field_u64;
typedef bool field_boolean;
typedef const char *field_text;
typedef struct bytes field_bytes;
typedef struct texts field_texts;
typedef struct share field_share;

#endif
