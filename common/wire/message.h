/* Messages as bytes: [number, [fields...]] in msgpack (schema.h). A decoded message borrows nothing:
 * its texts and lists live in the arena given.
 */
#ifndef DROVER_WIRE_MESSAGE_H
#define DROVER_WIRE_MESSAGE_H

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/vocabulary/message.h"

enum {
    WIRE_PROTOCOL = 3,
    WIRE_FRAME_BYTES_MAX = 64 * 1024 * 1024, /* of any one message */
};

enum { WIRE_FOUND_MAX = 200000 }; /* targets that one discovery may find */

/* What a peer may say of itself. */
enum {
    HELLO_BYTES_MAX = 4 * 1024 * 1024, /* of the frame; the jobs below fit */
    HELLO_TEXT_BYTES_MAX = 255,
    HELLO_RUNNING_MAX = 65536, /* jobs in hand; far more than a window */
};

/* Appends [number, [fields...]] as msgpack, without the length prefix.
 * NULL texts are written as "". */
void message_encode(const struct message *message, struct buffer *out);

/* Reads one payload. Missing trailing fields are zero or "", unknown trailing ones are skipped, an
 * unknown number, wrong types, bad UTF-8-free-ness is not judged; lengths are bounded by the
 * payload. What is accepted can be encoded and read again. Never NULL texts afterwards. */
int message_decode(struct bytes payload, struct arena *arena, struct message *message,
                   struct error *error) MUST_CHECK;

#endif
