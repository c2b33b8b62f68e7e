/* Messages as structs, derived from messages.def: what travels between workers, coordinator and
 * commands. The wire (common/wire/message.h) encodes them; the core and the command line use the
 * same structs.
 */
#ifndef DROVER_VOCABULARY_MESSAGE_H
#define DROVER_VOCABULARY_MESSAGE_H

#include "common/vocabulary/record.h"

/* message bodies: struct message_hello, ... */
#include "common/vocabulary/list_members.h"
#define MESSAGE_BEGIN(number, NAME, name, meaning) struct message_##name {
#define MESSAGE_END(name)                                                                          \
    }                                                                                              \
    ;
#include "common/vocabulary/messages.def"
#undef MESSAGE_BEGIN
#undef MESSAGE_END
#include "common/vocabulary/list_end.h"

#include "common/vocabulary/list_nothing.h"
#define MESSAGE_END(name)
enum message_type {
#define MESSAGE_BEGIN(number, NAME, name, meaning) MESSAGE_##NAME = number,
#include "common/vocabulary/messages.def"
#undef MESSAGE_BEGIN
};

struct message {
    enum message_type type;
    union {
#define MESSAGE_BEGIN(number, NAME, name, meaning) struct message_##name name;
#include "common/vocabulary/messages.def"
#undef MESSAGE_BEGIN
    };
};
#undef MESSAGE_END
#include "common/vocabulary/list_end.h"

/* Every type of the list, in its order. */
extern const enum message_type message_types[];
extern const size_t message_type_count;

/* The layout of the body, named "RESULT"; NULL for an unknown number. */
const struct layout *message_layout(enum message_type type);

/* Where the body is; all of them begin at the same place. */
const void *message_body(const struct message *message);

/* A copy whose texts and lists live in `arena`; no text is NULL. The type must be known. */
struct message message_copy(const struct message *message, struct arena *arena);

/* One line for logs and traces: `RESULT job=7 outcome="done" ...`.
 * Bytes are shown as their length. */
void message_print(const struct message *message, struct buffer *out);

/* "RESULT", or "?" for an unknown number. */
const char *message_name(enum message_type type);

#endif
