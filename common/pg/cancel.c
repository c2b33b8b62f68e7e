/* PQcancel on a thread of its own.
 *
 * It opens a second connection and waits for the server to close it, which takes as long as the
 * network likes: too long for the loop, and too many of them would fill libuv's pool. The PGcancel
 * is a copy, so the connection itself may be closed meanwhile. An abandoned cancel still finishes;
 * the loop stays alive until it has.
 */
#include "common/pg/cancel.h"

#include <stdlib.h>

#include "common/base/arena.h"

enum { CANCEL_STACK_BYTES = 256 * 1024 };

struct cancel {
    uv_thread_t thread;
    uv_async_t finished; /* wakes the loop */
    PGcancel *request;
    cancel_returned *returned; /* NULL when abandoned */
    void *context;
};

static void cancel_run(void *argument)
{
    struct cancel *cancel = argument;
    char problem[256]; /* the query's own end tells whether it worked */
    (void)PQcancel(cancel->request, problem, sizeof problem);
    uv_async_send(&cancel->finished);
}

static void cancel_closed(uv_handle_t *handle)
{
    struct cancel *cancel = handle->data;
    PQfreeCancel(cancel->request);
    free(cancel);
}

static void cancel_finished(uv_async_t *handle)
{
    struct cancel *cancel = handle->data;
    uv_thread_join(&cancel->thread);
    cancel_returned *returned = cancel->returned;
    void *context = cancel->context;
    uv_close((uv_handle_t *)&cancel->finished, cancel_closed);
    if (returned != NULL) {
        returned(context);
    }
}

struct cancel *cancel_start(uv_loop_t *loop, PGconn *pg, cancel_returned *returned, void *context)
{
    PGcancel *request = PQgetCancel(pg);
    if (request == NULL) {
        return NULL;
    }
    struct cancel *cancel = memory_alloc(sizeof *cancel);
    cancel->request = request;
    cancel->returned = returned;
    cancel->context = context;
    if (uv_async_init(loop, &cancel->finished, cancel_finished) != 0) {
        PQfreeCancel(request);
        free(cancel);
        return NULL;
    }
    cancel->finished.data = cancel;
    const uv_thread_options_t options = {.flags = UV_THREAD_HAS_STACK_SIZE,
                                         .stack_size = CANCEL_STACK_BYTES};
    if (uv_thread_create_ex(&cancel->thread, &options, cancel_run, cancel) != 0) {
        uv_close((uv_handle_t *)&cancel->finished, cancel_closed);
        return NULL;
    }
    return cancel;
}

void cancel_abandon(struct cancel *cancel)
{
    cancel->returned = NULL;
}
