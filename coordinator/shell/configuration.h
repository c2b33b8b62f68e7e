/* The configuration in force, and its file read again: on SIGHUP, by `drover reload`, and to tell whether the two
 * differ. The file is read by a thread of its own, so that the loop is never held; one request after the other. What
 * was read takes the place of what was in force within a turn of the rollouts' pump, and is journaled with who asked.
 */
#ifndef DROVER_SHELL_CONFIGURATION_H
#define DROVER_SHELL_CONFIGURATION_H

#include <sys/stat.h>
#include <uv.h>

#include "common/base/diagnostic.h"
#include "common/config/config_digest.h"
#include "common/vocabulary/message.h"

struct coordinator;
struct item;
struct pump;
struct reload_request;
struct session;

/* A file as it was read. */
struct config_reading {
    struct config *config; /* NULL: it has mistakes */
    struct diagnostics diagnostics;
    char digest[DIGEST_TEXT_BYTES];
    struct message_reloaded told; /* how it differs from what is in force */
    struct arena arena;           /* of that */
    struct stat stamp;
};

struct configuration {
    struct coordinator *coordinator;
    char in_force[DIGEST_TEXT_BYTES]; /* digest of coordinator->config */
    uint64_t taken_ms;                /* when it was read; Unix time */
    bool reloads;                     /* a service's: it may be read again */
    struct config *owned;             /* what is in force, unless it was the caller's */
    struct config *retired;           /* events of the batch in hand may borrow its texts */
    struct reload_request *first;     /* the oldest, in hand */
    struct reload_request *last;
    struct config_reading reading; /* the thread's while `running`; then of the file as last read */
    bool running;
    uv_thread_t thread;
    uv_async_t done;
};

/* Initialises the handle; coordinator->config is set. */
void configuration_init(struct configuration *configuration, bool reloads);

/* RELOAD of a session, or NULL: of the process itself, for the log alone. Answers RELOADED or REFUSED. */
void configuration_ask(struct configuration *configuration, struct session *session,
                       const struct message *request);

/* RELOAD in a turn of the rollouts' pump: what was read is in force. */
void configuration_step(struct pump *pump, const struct item *item);

/* The batch in which it was stepped is released. */
void configuration_released(struct configuration *configuration);

/* Ends the thread and closes the handle. */
void configuration_close(struct configuration *configuration);
void configuration_free(struct configuration *configuration);

#endif
