/* Layouts: what a list says about a struct, as data. Whatever is done to every field of every
 * message, event and record (writing, reading, printing, copying, comparing, JSON) is one walk over
 * these rows.
 */
#ifndef DROVER_VOCABULARY_LAYOUT_H
#define DROVER_VOCABULARY_LAYOUT_H

#include <limits.h>
#include <stddef.h>

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/vocabulary/field.h"
#include "common/base/words.h"

enum field_type {
    FIELD_U32,
    FIELD_U64,
    FIELD_BOOLEAN,
    FIELD_SHARE,  /* two values */
    FIELD_WORD,   /* an enumeration, written as its word */
    FIELD_NUMBER, /* an enumeration, written as its number */
    FIELD_TEXT,   /* from here on a field points to something */
    FIELD_BYTES,
    FIELD_TEXTS,
    FIELD_PART,    /* another struct; its first fields, in place */
    FIELD_MORE,    /* more fields of a PART, in place */
    FIELD_REST,    /* more fields of a PART, as one array */
    FIELD_RECORDS, /* a list of other structs */
};

/* `type` and `words` of a row, for each field type; the enumerations' stand beside their lists. */
#define FIELD_ROW_u32     FIELD_U32, NULL
#define FIELD_ROW_u64     FIELD_U64, NULL
#define FIELD_ROW_boolean FIELD_BOOLEAN, NULL
#define FIELD_ROW_text    FIELD_TEXT, NULL
#define FIELD_ROW_bytes   FIELD_BYTES, NULL
#define FIELD_ROW_texts   FIELD_TEXTS, NULL
#define FIELD_ROW_share   FIELD_SHARE, NULL

struct layout;

struct field {
    const char *name;
    size_t offset; /* in bytes */
    enum field_type type;
    const struct words *words;            /* WORD */
    const struct layout *(*layout)(void); /* PART, MORE, REST, RECORDS */
    unsigned first;                       /* MORE, REST: of its fields, from this one */
    unsigned end;                         /* up to, not including; beyond the last: all */
};

struct layout {
    const char *name;
    size_t size; /* bytes of the struct */
    const struct field *fields;
    size_t field_count;
};

/* Whether it stands for fields of another struct; the first that does is a PART. */
bool field_is_struct(const struct field *field);

/* Every list of structs has this shape. */
struct record_list {
    void *items;
    size_t count;
};

/* The bytes of a field in the struct at `value`. */
const void *field_at(const struct field *field, const void *value);

/* The list at a RECORDS field, whatever its items are called there; and one of its records. */
struct record_list record_list_at(const void *at);
void *record_at(const struct layout *layout, const struct record_list *list, size_t index);

/* The fields [first, end) of a layout: `end` cut to those that there are. */
size_t layout_end(const struct layout *layout, size_t end);

/* How many values the fields [first, end) are when written: a part counts as its fields. */
size_t layout_values(const struct layout *layout, size_t first, size_t end);

/* Zeroes, and "" for texts: what a list says nothing of. */
void layout_absent(const struct layout *layout, void *value);

/* A copy with everything it points to in `arena`; NULL texts become "". Of a PART only what the list
 * gives of it: a copy holds what would come back from the wire or the journal. `copy` is another
 * struct than `value`. */
void layout_copy(const struct layout *layout, struct arena *arena, const void *value, void *copy);

/* Whether all fields are equal, texts by content. */
bool layout_equal(const struct layout *layout, const void *left, const void *right);

/* " name=value" for each field; bytes are shown as their length. */
void layout_print(const struct layout *layout, const void *value, struct buffer *out);

/* Copies into `arena`; NULL and "" give "". */
const char *arena_text(struct arena *arena, const char *text);
struct texts arena_texts(struct arena *arena, struct texts texts);

#endif
