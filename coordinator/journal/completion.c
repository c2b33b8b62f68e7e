/* Completions over uv_async. The handle keeps the loop alive only while an append is under way. */
#include "coordinator/journal/completion.h"

#include <stdlib.h>

#include "common/base/impossible.h"

struct completion {
    uv_async_t async;
    journal_appended *done; /* NULL: nothing under way */
    void *context;
    bool failed;
    struct error error;
};

static void completion_deliver(uv_async_t *async)
{
    struct completion *completion = async->data;
    journal_appended *done = completion->done;
    if (done == NULL) {
        return;
    }
    completion->done = NULL;
    uv_unref((uv_handle_t *)async);
    /* `done` may close the journal, and with it this struct. */
    struct error error = completion->error;
    done(completion->failed ? &error : NULL, completion->context);
}

void completion_begin(struct completion **completion, uv_loop_t *loop, journal_appended *done,
                      void *context)
{
    if (*completion == NULL) {
        *completion = memory_alloc(sizeof **completion);
        (*completion)->async.data = *completion;
        int result = uv_async_init(loop, &(*completion)->async, completion_deliver);
        INVARIANT_THAT(result == 0, "no file descriptor is left to wake a loop with: %s",
                       uv_strerror(result));
    } else {
        uv_ref((uv_handle_t *)&(*completion)->async);
    }
    INVARIANT_THAT((*completion)->done == NULL, "an append begins while one is in flight");
    (*completion)->done = done;
    (*completion)->context = context;
}

void completion_finish(struct completion *completion, const struct error *error)
{
    completion->failed = error != NULL;
    if (error != NULL) {
        completion->error = *error;
    }
    (void)uv_async_send(&completion->async); /* orders the writes above before the callback */
}

static void completion_free(uv_handle_t *handle)
{
    free(handle->data);
}

void completion_close(struct completion *completion)
{
    if (completion != NULL) {
        completion->done = NULL;
        uv_close((uv_handle_t *)&completion->async, completion_free);
    }
}
