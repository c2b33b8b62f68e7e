/* Messages as structs: derived from messages.def and records.def.
 *
 * `struct message` is a tagged union. Encoding and decoding are derived from the same lists
 * (schema.h). A decoded message borrows nothing: its texts and lists live in the arena given.
 */
#ifndef DROVER_WIRE_MESSAGE_H
#define DROVER_WIRE_MESSAGE_H

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/vocabulary/field.h"

enum {
    WIRE_PROTOCOL = 2,
    WIRE_FRAME_BYTES_MAX = 64 * 1024 * 1024, /* a bundle of thousands of revisions fits */
};

/* record structs: struct found_target, struct running_job, ... */
#define RECORD_BEGIN(name) struct name {
#define FIELD(type, name)  field_##type name;
#define RECORD_END(name)                                                                           \
    }                                                                                              \
    ;                                                                                              \
    struct name##_list {                                                                           \
        struct name *items;                                                                        \
        size_t count;                                                                              \
    };
#include "common/vocabulary/records.def"
#undef RECORD_BEGIN
#undef FIELD
#undef RECORD_END

/* message bodies: struct message_hello, ... */
#define MESSAGE_BEGIN(number, NAME, name, meaning) struct message_##name {
#define FIELD(type, name)                          field_##type name;
#define RECORDS(record, name)                      struct record##_list name;
#define MESSAGE_END(name)                                                                          \
    }                                                                                              \
    ;
#include "common/wire/messages.def"
#undef MESSAGE_BEGIN
#undef FIELD
#undef RECORDS
#undef MESSAGE_END

#define FIELD(type, name)
#define RECORDS(record, name)
#define MESSAGE_END(name)
enum message_type {
#define MESSAGE_BEGIN(number, NAME, name, meaning) MESSAGE_##NAME = number,
#include "common/wire/messages.def"
#undef MESSAGE_BEGIN
};

struct message {
    enum message_type type;
    union {
#define MESSAGE_BEGIN(number, NAME, name, meaning) struct message_##name name;
#include "common/wire/messages.def"
#undef MESSAGE_BEGIN
    };
};
#undef FIELD
#undef RECORDS
#undef MESSAGE_END

/* Appends [number, [fields...]] as msgpack, without the length prefix. NULL texts are written as
 * "". */
void message_encode(const struct message *message, struct buffer *out);

/* Reads one payload. Missing trailing fields are zero or "", unknown trailing ones are skipped, an
 * unknown number, wrong types, bad UTF-8-free-ness is not judged; lengths are bounded by the
 * payload. Never NULL texts afterwards. */
int message_decode(struct bytes payload, struct arena *arena, struct message *message,
                   struct error *error) MUST_CHECK;

/* A copy whose texts and lists live in `arena`: encoded and decoded, so that no text is NULL. */
struct message message_copy(const struct message *message, struct arena *arena);

/* One line for logs and traces: `RESULT job=7 outcome="done" ...`. Bytes are shown as their length.
 */
void message_print(const struct message *message, struct buffer *out);

/* "RESULT", or "?" for an unknown number. */
const char *message_name(enum message_type type);

#endif
