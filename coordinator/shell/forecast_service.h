/* Forecasts on request, made by a thread of their own from a second handle on the journal, so that
 * the loop is never held. One is made at a time, for all who asked meanwhile; a fresh one is
 * answered again.
 */
#ifndef DROVER_SHELL_FORECAST_SERVICE_H
#define DROVER_SHELL_FORECAST_SERVICE_H

#include <stdatomic.h>
#include <uv.h>

#include "common/base/arena.h"
#include "common/wire/message.h"

struct coordinator;
struct session;

enum {
    FORECAST_FRESH_MS = 2000,
    FORECAST_FRESH_TIMES = 10, /* or as many times as long as it took to make */
    FORECAST_SUBJECT_BYTES = 256,
};

struct forecasts {
    struct coordinator *coordinator;
    uv_async_t done;
    uint64_t *waiting; /* ids of sessions */
    size_t waiting_count;
    size_t waiting_capacity;
    bool running;
    uv_thread_t thread;
    atomic_bool stop;
    /* what the last one was made of: rollout, state, plan */
    char subject[FORECAST_SUBJECT_BYTES];
    uint64_t made_ms; /* loop time; 0: none */
    /* the thread's while `running` */
    uint64_t now_ms;
    uint64_t took_ms;
    struct arena arena;
    struct message_forecast forecast; /* in `arena` */
};

/* Initialises the handle; `coordinator` is set. */
void forecasts_init(struct forecasts *forecasts);

/* FORECAST_WANTED: answers with a FORECAST, now or later, or with REFUSED. */
void forecasts_ask(struct forecasts *forecasts, struct session *session,
                   const struct message *message);

/* Ends the thread and closes the handle; the journal is closed later. */
void forecasts_close(struct forecasts *forecasts);
void forecasts_free(struct forecasts *forecasts);

#endif
