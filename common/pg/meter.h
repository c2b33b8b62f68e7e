/* How much a server has said since the last result, as the kernel counts it. libpq keeps all of an
 * answer, and of a message, before it hands anything out, and does not tell how much that is.
 */
#ifndef DROVER_PG_METER_H
#define DROVER_PG_METER_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

struct meter {
    bool local;     /* a Unix socket */
    uint64_t begin; /* what had come in all at the last result */
};

/* `pg` is connected. */
void meter_begin(struct meter *meter, PGconn *pg);

/* Bytes since meter_begin; over TCP also those that the kernel still holds. */
uint64_t meter_bytes(const struct meter *meter, PGconn *pg);

#endif
