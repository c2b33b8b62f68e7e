/* A completion: tells the loop that an append is over, from whatever thread wrote it. */
#ifndef DROVER_JOURNAL_COMPLETION_H
#define DROVER_JOURNAL_COMPLETION_H

#include "coordinator/journal/journal.h"

struct completion;

/* On the loop's thread. Makes *completion at the first call, which
 * binds it to the loop for good. */
void completion_begin(struct completion **completion, uv_loop_t *loop, journal_appended *done,
                      void *context);

/* From any thread, once after each begin: `done` is called on a later turn of the loop. `error` is
 * copied; NULL means durable. */
void completion_finish(struct completion *completion, const struct error *error);

/* On the loop's thread. `done` is not called any more; freed when libuv is done. NULL is fine. */
void completion_close(struct completion *completion);

#endif
