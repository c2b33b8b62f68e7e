/* Asking a server to stop what a connection runs, off the loop. */
#ifndef DROVER_PG_CANCEL_H
#define DROVER_PG_CANCEL_H

#include <libpq-fe.h>
#include <uv.h>

struct cancel;

typedef void cancel_returned(void *context);

/* Runs PQcancel on a thread of its own; NULL when it could not be started. */
struct cancel *cancel_start(uv_loop_t *loop, PGconn *pg, cancel_returned *returned, void *context);
/* It goes on without a callback. */
void cancel_abandon(struct cancel *cancel);

#endif
