/* Embedded: opens the journal, starts the coordinator, hands it one end for the worker and one for
 * the command.
 */
#include "cli/client/embedded.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/wire/address.h"
#include "common/wire/stream.h"
#include "coordinator/journal/journal.h"
#include "coordinator/shell/coordinator.h"
#include "worker/link/worker.h"

struct embedded {
    struct embedded_options options;
    struct coordinator *coordinator;
    struct worker *worker;
    void (*closed)(void *context);
    void *closed_context;
};

static void on_coordinator_failed(const struct error *reason, void *context)
{
    struct embedded *embedded = context;
    embedded->options.failed(reason, embedded->options.context);
}

static void on_worker_stopped(struct worker *worker, const struct error *reason, void *context)
{
    (void)worker;
    struct embedded *embedded = context;
    struct error error = {0};
    if (reason == NULL) {
        (void)error_set(&error, ERROR_FAILED, "the worker stopped");
        reason = &error;
    }
    embedded->options.failed(reason, embedded->options.context);
}

/* A socket that cannot be made is no reason to refuse the run: it only serves onlookers. */
static const char *listen_address(const char *wanted)
{
    struct address address;
    struct error error = {0};
    if (wanted != NULL && address_parse(wanted, &address, &error) != 0) {
        (void)fprintf(stderr,
                      "drover: warning: `drover status` cannot look in from elsewhere: %s\n",
                      error.message);
        return NULL;
    }
    return wanted;
}

static int coordinator_open(struct embedded *embedded, uv_loop_t *loop, struct error *error)
{
    const struct embedded_options *options = &embedded->options;
    struct journal *journal = options->question
                                  ? journal_memory_open(NULL)
                                  : journal_sqlite_open(options->config->journal, error);
    if (journal == NULL) {
        return -1;
    }
    struct coordinator_options settings = {.config = options->config,
                                           .journal = journal,
                                           .listen = listen_address(options->listen),
                                           .bundle = options->known,
                                           .alone = true};
    embedded->coordinator =
        coordinator_start(loop, &settings, on_coordinator_failed, embedded, error);
    return embedded->coordinator == NULL ? -1 : 0;
}

/* A session with the coordinator; *file_descriptor is the other end. */
static int session_open(struct embedded *embedded, int *file_descriptor, struct error *error)
{
    int ends[2];
    if (stream_pair(ends, error) != 0) {
        return -1;
    }
    if (coordinator_adopt(embedded->coordinator, ends[0], error) != 0) {
        (void)close(ends[1]);
        return -1;
    }
    *file_descriptor = ends[1];
    return 0;
}

static int worker_open(struct embedded *embedded, uv_loop_t *loop, struct error *error)
{
    struct worker_options settings = {.file_descriptor = -1,
                                      .name = "this process",
                                      .credit = embedded->options.credit,
                                      .kept_connections = KEPT_CONNECTIONS_MAX,
                                      .bundle = embedded->options.known,
                                      .python = embedded->options.python};
    if (session_open(embedded, &settings.file_descriptor, error) != 0) {
        return -1;
    }
    embedded->worker = worker_start(loop, &settings, on_worker_stopped, embedded, error);
    return embedded->worker == NULL ? -1 : 0;
}

static void on_closed_after_failure(void *context)
{
    bool *closed = context;
    *closed = true;
}

struct embedded *embedded_open(uv_loop_t *loop, const struct embedded_options *options,
                               int *file_descriptor, struct error *error)
{
    struct embedded *embedded = memory_alloc(sizeof *embedded);
    embedded->options = *options;
    if (coordinator_open(embedded, loop, error) != 0) {
        free(embedded);
        return NULL;
    }
    if (session_open(embedded, file_descriptor, error) != 0 ||
        worker_open(embedded, loop, error) != 0) {
        bool closed = false;
        embedded_close(embedded, on_closed_after_failure, &closed);
        while (!closed) {
            (void)uv_run(loop, UV_RUN_ONCE);
        }
        return NULL;
    }
    return embedded;
}

static void on_coordinator_closed(void *context)
{
    struct embedded *embedded = context;
    void (*closed)(void *) = embedded->closed;
    void *closed_context = embedded->closed_context;
    free(embedded);
    closed(closed_context);
}

void embedded_close(struct embedded *embedded, void (*closed)(void *context), void *context)
{
    embedded->closed = closed;
    embedded->closed_context = context;
    worker_close(embedded->worker);
    coordinator_close(embedded->coordinator, on_coordinator_closed, embedded);
}
