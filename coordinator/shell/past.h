/* The past on request: the log, and rollouts that are neither under way nor the last one. Read by a
 * thread of its own from a second handle on the journal, so that the loop is never held; one request
 * after the other. The older rollout that was read last is kept for a while, for the pages that
 * follow.
 */
#ifndef DROVER_SHELL_PAST_H
#define DROVER_SHELL_PAST_H

#include <stdatomic.h>
#include <uv.h>

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/wire/message.h"

struct archive;
struct coordinator;
struct past_request;
struct session;

enum {
    PAST_KEPT_MS = 60000,
    PAST_ENTRIES_MAX = 100000, /* of the log, the newest: all wait in memory for their reader */
};

struct past {
    struct coordinator *coordinator;
    uv_async_t done;
    uv_timer_t forget;
    struct past_request *first; /* the oldest, in hand if `running` */
    struct past_request *last;
    bool running;
    uv_thread_t thread;
    atomic_bool stop;
    struct archive *kept; /* of `rollout`; NULL: none */
    char rollout[64];
    /* the thread's while `running` */
    struct archive *read;
    struct past_part *parts; /* of the log, oldest first */
    struct past_part **parts_end;
    struct error error;
};

/* Initialises the handles; `coordinator` is set. */
void past_init(struct past *past);

/* Whether the request is about the past, which the coordinator's core does not show. */
bool past_is_asked(const struct coordinator *coordinator, const struct message *request);

/* Answers such a request, now or later, or with REFUSED. */
void past_ask(struct past *past, struct session *session, const struct message *request);

/* Ends the thread and closes the handles; the journal is closed later. */
void past_close(struct past *past);
void past_free(struct past *past);

#endif
