/* PQcancel on a thread of its own.
 *
 * It opens a second connection and waits for the server to close it, which takes as long as the
 * network likes, for ever with a silent server: too long for the loop, and too many of them would
 * fill libuv's pool. The PGcancel is a copy, so the connection itself may be closed meanwhile. An
 * abandoned cancel still finishes, and the loop stays alive until it has, but only for a moment: a
 * silent server would keep the process from its end.
 */
#include "common/pg/cancel.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/base/arena.h"

enum { CANCEL_STACK_BYTES = 256 * 1024, CANCEL_LINGER_MS = 2000 };

/* The loop's part: freed when both are closed. */
struct handles {
    uv_async_t finished; /* PQcancel has returned */
    uv_timer_t linger;   /* abandoned, and it has not */
    unsigned open;
};

/* Freed by whoever is the last to let go: the thread or the loop. */
struct cancel {
    uv_mutex_t mutex;
    uv_thread_t thread;
    struct handles *handles; /* NULL: the loop has let go */
    bool returned;           /* the loop was woken */
    PGcancel *request;
    cancel_returned *callback; /* NULL when abandoned */
    void *context;
};

static void cancel_free(struct cancel *cancel)
{
    PQfreeCancel(cancel->request);
    uv_mutex_destroy(&cancel->mutex);
    free(cancel);
}

static void cancel_run(void *argument)
{
    struct cancel *cancel = argument;
    char problem[256]; /* the query's own end tells whether it worked */
    (void)PQcancel(cancel->request, problem, sizeof problem);
    uv_mutex_lock(&cancel->mutex);
    bool alone = cancel->handles == NULL;
    if (!alone) {
        cancel->returned = true;
        uv_async_send(&cancel->handles->finished);
    }
    uv_mutex_unlock(&cancel->mutex);
    if (alone) {
        cancel_free(cancel);
    }
}

static void handle_closed(uv_handle_t *handle)
{
    struct handles *handles = handle->data;
    if (--handles->open == 0) {
        free(handles);
    }
}

static void handles_close(struct handles *handles)
{
    handles->finished.data = handles->linger.data = handles;
    uv_close((uv_handle_t *)&handles->finished, handle_closed);
    uv_close((uv_handle_t *)&handles->linger, handle_closed);
}

static void cancel_finished(uv_async_t *handle)
{
    struct cancel *cancel = handle->data;
    uv_thread_join(&cancel->thread);
    cancel_returned *callback = cancel->callback;
    void *context = cancel->context;
    handles_close(cancel->handles);
    cancel_free(cancel);
    if (callback != NULL) {
        callback(context);
    }
}

static struct handles *handles_make(uv_loop_t *loop, struct cancel *cancel)
{
    struct handles *handles = memory_alloc(sizeof *handles);
    if (uv_async_init(loop, &handles->finished, cancel_finished) != 0) {
        free(handles);
        return NULL;
    }
    uv_timer_init(loop, &handles->linger);
    handles->finished.data = handles->linger.data = cancel;
    handles->open = 2;
    return handles;
}

struct cancel *cancel_start(uv_loop_t *loop, PGconn *pg, cancel_returned *returned, void *context)
{
    PGcancel *request = PQgetCancel(pg);
    if (request == NULL) {
        return NULL;
    }
    struct cancel *cancel = memory_alloc(sizeof *cancel);
    cancel->request = request;
    cancel->callback = returned;
    cancel->context = context;
    uv_mutex_init(&cancel->mutex);
    cancel->handles = handles_make(loop, cancel);
    if (cancel->handles == NULL) {
        cancel_free(cancel);
        return NULL;
    }
    const uv_thread_options_t options = {.flags = UV_THREAD_HAS_STACK_SIZE,
                                         .stack_size = CANCEL_STACK_BYTES};
    if (uv_thread_create_ex(&cancel->thread, &options, cancel_run, cancel) != 0) {
        handles_close(cancel->handles);
        cancel_free(cancel);
        return NULL;
    }
    return cancel;
}

static void cancel_let_go(uv_timer_t *timer)
{
    struct cancel *cancel = timer->data;
    uv_mutex_lock(&cancel->mutex);
    if (!cancel->returned) { /* else cancel_finished is due */
        pthread_detach(cancel->thread);
        handles_close(cancel->handles);
        cancel->handles = NULL;
    }
    uv_mutex_unlock(&cancel->mutex);
}

void cancel_abandon(struct cancel *cancel)
{
    cancel->callback = NULL;
    uv_timer_start(&cancel->handles->linger, cancel_let_go, CANCEL_LINGER_MS, 0);
}
