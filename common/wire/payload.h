/* Payloads: the check that comes before msgpack-c, which allocates what an array header claims
 * before it looks for the elements.
 */
#ifndef DROVER_WIRE_PAYLOAD_H
#define DROVER_WIRE_PAYLOAD_H

#include "common/vocabulary/field.h"

enum {
    PAYLOAD_VALUES_MAX = 1024 * 1024
}; /* bounds what a decoded one takes: 24 bytes and more for each */

/* NULL when `payload` is exactly one well-formed msgpack value within bounds on nesting and on the
 * number of values; else what is wrong, as "it ends early". */
const char *payload_check(struct bytes payload);

#endif
