/* A bundle on its way: a part at a time, each asked for with BUNDLE_WANTED, so that neither side queues more than one. What fits one
 * part is sent as before there were parts: peers of an earlier version take it.
 */
#ifndef DROVER_WIRE_BUNDLE_PARTS_H
#define DROVER_WIRE_BUNDLE_PARTS_H

#include "common/base/buffer.h"
#include "common/vocabulary/message.h"

enum { BUNDLE_PART_BYTES = 16 * 1024 * 1024, BUNDLE_BYTES_MAX = 1024 * 1024 * 1024 };

/* The part of `whole` that begins at `offset`. Its content is borrowed. */
struct message_bundle bundle_part(const char *digest, struct bytes whole, uint64_t offset);

/* Appends a part to what has come before. 1: that is all; 0: more is wanted, from bytes->length on; -1: it does not
 * fit. A peer of an earlier version sends all at once. */
int bundle_part_take(struct buffer *bytes, const struct message_bundle *part,
                     struct error *error) MUST_CHECK;

#endif
