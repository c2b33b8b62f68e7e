/* `coordinator` and `worker`: each on a loop of its own until a signal ends it in order. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "cli/commands.h"
#include "cli/conversation.h"
#include "cli/embedded.h"
#include "cli/project.h"
#include "common/base/log.h"
#include "coordinator/coordinator.h"
#include "worker/worker.h"

enum { WORKER_WINDOW_DEFAULT = 64, WORKER_WINDOW_MOST = 4096 };

/* One service on its loop. */
struct service {
    uv_loop_t loop;
    uv_signal_t signals[2];
    void (*stop)(struct service *service); /* called for each signal */
    unsigned signal_count;
    struct coordinator *coordinator;
    struct worker *worker;
    bool failed;
    struct error reason;
};

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    struct service *service = handle->data;
    service->signal_count++;
    service->stop(service);
}

static void service_init(struct service *service, void (*stop)(struct service *))
{
    static const int numbers[] = {SIGINT, SIGTERM};
    memset(service, 0, sizeof *service);
    service->stop = stop;
    (void)uv_loop_init(&service->loop);
    for (size_t i = 0; i < 2; i++) {
        (void)uv_signal_init(&service->loop, &service->signals[i]);
        service->signals[i].data = service;
        (void)uv_signal_start(&service->signals[i], on_signal, numbers[i]);
    }
}

/* Without the signals' handles the loop ends when everything else is closed. */
static void signals_close(struct service *service)
{
    for (size_t i = 0; i < 2; i++) {
        if (!uv_is_closing((uv_handle_t *)&service->signals[i])) {
            uv_close((uv_handle_t *)&service->signals[i], NULL);
        }
    }
}

static int service_run(struct service *service, struct error *error)
{
    (void)uv_run(&service->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&service->loop);
    if (service->failed) {
        *error = service->reason;
        return -1;
    }
    return 0;
}

static void log_prepare(const struct invocation *invocation)
{
    log_configure(invocation->verbose ? LOG_DEBUG : LOG_INFO,
                  arguments_given(&invocation->arguments, OPTION_LOG_JSON));
}

/* ---- coordinator ---- */

static void on_coordinator_closed(void *context)
{
    signals_close(context);
}

static void coordinator_stop(struct service *service)
{
    if (service->coordinator != NULL) {
        coordinator_close(service->coordinator, on_coordinator_closed, service);
        service->coordinator = NULL;
    }
}

static void on_coordinator_failed(const struct error *reason, void *context)
{
    struct service *service = context;
    service->failed = true;
    service->reason = *reason;
    coordinator_stop(service);
}

static int coordinator_run(const struct config *config, const char *address, struct error *error)
{
    struct service service;
    struct journal *journal = journal_sqlite_open(config->journal, error);
    if (journal == NULL) {
        return -1;
    }
    service_init(&service, coordinator_stop);
    struct coordinator_options options = {.config = config, .journal = journal, .listen = address};
    service.coordinator =
        coordinator_start(&service.loop, &options, on_coordinator_failed, &service, error);
    if (service.coordinator == NULL) {
        signals_close(&service);
        struct error ignored = {0};
        (void)service_run(&service, &ignored);
        return -1;
    }
    int result = service_run(&service, error);
    log_write(LOG_INFO, "coordinator ended");
    return result;
}

int command_coordinator(struct invocation *invocation, struct error *error)
{
    struct config *config = project_config(invocation, error);
    if (config == NULL) {
        return -1;
    }
    const char *listen = arguments_value(&invocation->arguments, OPTION_LISTEN);
    log_prepare(invocation);
    files_limit_raise();
    int result = coordinator_run(config, listen == NULL ? config->coordinator : listen, error);
    config_free(config);
    return result;
}

/* ---- worker ---- */

static void worker_stop(struct service *service)
{
    if (service->worker == NULL) {
        return;
    }
    if (service->signal_count == 1) {
        log_write(LOG_INFO, "draining: running jobs finish, no new ones begin");
        worker_drain(service->worker);
        return;
    }
    log_write(LOG_WARNING, "ended at once: running jobs are cancelled and roll back");
    worker_close(service->worker);
    service->worker = NULL;
    signals_close(service);
}

static void on_worker_stopped(struct worker *worker, const struct error *reason, void *context)
{
    struct service *service = context;
    if (reason != NULL && reason->code != ERROR_NONE) {
        service->failed = true;
        service->reason = *reason;
    }
    service->worker = NULL;
    worker_close(worker);
    signals_close(service);
}

static int worker_run(const struct worker_options *options, struct error *error)
{
    struct service service;
    service_init(&service, worker_stop);
    service.worker = worker_start(&service.loop, options, on_worker_stopped, &service, error);
    if (service.worker == NULL) {
        struct error ignored = {0};
        signals_close(&service);
        (void)service_run(&service, &ignored);
        return -1;
    }
    int result = service_run(&service, error);
    log_write(LOG_INFO, "worker ended");
    return result;
}

int command_worker(struct invocation *invocation, struct error *error)
{
    const struct arguments *arguments = &invocation->arguments;
    struct worker_options options = {.address = arguments_value(arguments, OPTION_COORDINATOR),
                                     .file_descriptor = -1,
                                     .name = arguments_value(arguments, OPTION_NAME)};
    if (arguments_number(arguments, OPTION_CONNECTIONS, WORKER_WINDOW_MOST, WORKER_WINDOW_DEFAULT,
                         &options.window, error) != 0) {
        return -1;
    }
    struct config *config = NULL;
    if (options.address == NULL) {
        config = project_config(invocation, error);
        if (config == NULL) {
            return error_hint(error, "--coordinator ADDRESS works without a configuration");
        }
        options.address = config->coordinator;
    }
    options.kept_connections = KEPT_CONNECTIONS_MAX;
    log_prepare(invocation);
    files_limit_raise();
    int result = worker_run(&options, error);
    config_free(config);
    return result;
}
