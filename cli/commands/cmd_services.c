/* `coordinator` and `worker`: each on a loop of its own until a signal ends it in order. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "cli/client/conversation.h"
#include "cli/client/embedded.h"
#include "cli/line/commands.h"
#include "cli/project/project.h"
#include "common/base/log.h"
#include "common/config/value.h"
#include "coordinator/http/http.h"
#include "coordinator/shell/coordinator.h"
#include "worker/link/worker.h"

enum {
    WORKER_CREDIT_DEFAULT = 64,
    WORKER_CREDIT_MOST = 4096,
    HAND_BACK_MS = 10000, /* for what is cancelled to roll back and to be reported */
};

/* One service on its loop. */
struct service {
    uv_loop_t loop;
    uv_signal_t signals[2];
    uv_signal_t hangup;
    uv_timer_t drain;          /* of a worker that was told to end */
    uint64_t drain_timeout_ms; /* 0: none */
    bool handed_back;
    void (*stop)(struct service *service);   /* called for each signal */
    void (*reload)(struct service *service); /* and for SIGHUP */
    unsigned signal_count;
    struct invocation *invocation; /* a worker's; borrowed */
    struct coordinator *coordinator;
    struct gateway *http; /* of the coordinator; or NULL */
    bool stopping;
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

/* Also while it begins and ends: SIGHUP never ends a service. */
static void hangup_ignore(void)
{
    (void)signal(SIGHUP, SIG_IGN);
}

static void on_hangup(uv_signal_t *handle, int number)
{
    (void)number;
    struct service *service = handle->data;
    service->reload(service);
}

static void service_init(struct service *service, void (*stop)(struct service *),
                         void (*reload)(struct service *))
{
    static const int numbers[] = {SIGINT, SIGTERM};
    memset(service, 0, sizeof *service);
    service->stop = stop;
    service->reload = reload;
    (void)uv_loop_init(&service->loop);
    for (size_t i = 0; i < 2; i++) {
        (void)uv_signal_init(&service->loop, &service->signals[i]);
        service->signals[i].data = service;
        (void)uv_signal_start(&service->signals[i], on_signal, numbers[i]);
    }
    (void)uv_signal_init(&service->loop, &service->hangup);
    service->hangup.data = service;
    (void)uv_signal_start(&service->hangup, on_hangup, SIGHUP);
    uv_unref((uv_handle_t *)&service->hangup);
    (void)uv_timer_init(&service->loop, &service->drain);
    service->drain.data = service;
}

/* Without these handles the loop ends when everything else is closed. */
static void handles_close(struct service *service)
{
    if (!uv_is_closing((uv_handle_t *)&service->drain)) {
        uv_close((uv_handle_t *)&service->drain, NULL);
    }
    for (size_t i = 0; i < 2; i++) {
        if (!uv_is_closing((uv_handle_t *)&service->signals[i])) {
            uv_close((uv_handle_t *)&service->signals[i], NULL);
        }
    }
}

static int service_run(struct service *service, struct error *error)
{
    (void)uv_run(&service->loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&service->hangup, NULL);
    hangup_ignore();
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
    handles_close(context);
}

/* What is asked over HTTP is asked of the coordinator: so it goes first. */
static void on_http_closed(void *context)
{
    struct service *service = context;
    coordinator_close(service->coordinator, on_coordinator_closed, service);
}

static void coordinator_stop(struct service *service)
{
    if (service->stopping) {
        return;
    }
    service->stopping = true;
    if (service->http != NULL) {
        http_close(service->http, on_http_closed, service);
    } else if (service->coordinator != NULL) {
        on_http_closed(service);
    }
}

static void coordinator_hangup(struct service *service)
{
    if (service->coordinator != NULL) {
        coordinator_reload(service->coordinator, "SIGHUP");
    }
}

static void on_coordinator_failed(const struct error *reason, void *context)
{
    struct service *service = context;
    service->failed = true;
    service->reason = *reason;
    coordinator_stop(service);
}

/* Beside the coordinator's socket: "unix:.drover/drover.sock" gives "unix:.drover/drover-http.sock"; NULL: it has none. */
static const char *http_beside(const char *address, struct arena *arena)
{
    static const char end[] = ".sock";
    size_t length = strlen(address);
    if (strncmp(address, "unix:", strlen("unix:")) != 0) {
        return NULL;
    }
    if (length > strlen(end) && strcmp(address + length - strlen(end), end) == 0) {
        length -= strlen(end);
    }
    return arena_printf(arena, "%.*s-http%s", (int)length, address, end);
}

/* A socket that nobody asked for is no reason not to coordinate. */
static int http_begin(struct service *service, const struct config *config, const char *address,
                      struct arena *arena, struct error *error)
{
    bool wanted = config->http[0] != '\0';
    const char *place = wanted ? config->http : http_beside(address, arena);
    if (place == NULL || strcmp(place, "off") == 0) {
        return 0;
    }
    const struct http_options options = {.address = place, .token_file = config->http_token};
    service->http = http_open(&service->loop, service->coordinator, &options, error);
    if (service->http != NULL) {
        log_write(LOG_INFO, "serving HTTP on %s", http_address(service->http));
    } else if (!wanted) {
        log_write(LOG_WARNING, "no HTTP: %s", error->message);
    }
    return service->http != NULL || !wanted ? 0 : -1;
}

static int coordinator_run(const struct config *config, const char *address, struct arena *arena,
                           struct error *error)
{
    struct service service;
    struct journal *journal = journal_sqlite_open(config->journal, error);
    if (journal == NULL) {
        return -1;
    }
    service_init(&service, coordinator_stop, coordinator_hangup);
    struct coordinator_options options = {
        .config = config, .journal = journal, .listen = address, .reloads = true};
    service.coordinator =
        coordinator_start(&service.loop, &options, on_coordinator_failed, &service, error);
    if (service.coordinator == NULL) {
        handles_close(&service);
        struct error ignored = {0};
        (void)service_run(&service, &ignored);
        return -1;
    }
    if (http_begin(&service, config, address, arena, error) != 0) {
        service.failed = true;
        service.reason = *error;
        coordinator_stop(&service);
    }
    int result = service_run(&service, error);
    log_write(LOG_INFO, "coordinator ended");
    return result;
}

int command_coordinator(struct invocation *invocation, struct error *error)
{
    hangup_ignore();
    const struct config *config = project_config(invocation, error);
    if (config == NULL) {
        return -1;
    }
    const char *listen = arguments_value(&invocation->arguments, OPTION_LISTEN);
    log_prepare(invocation);
    files_limit_raise();
    return coordinator_run(config, listen == NULL ? config->coordinator : listen,
                           &invocation->arena, error);
}

/* ---- worker ---- */

static void worker_end(struct service *service)
{
    log_write(LOG_WARNING, "ended at once: running jobs are cancelled and roll back");
    worker_close(service->worker);
    service->worker = NULL;
    handles_close(service);
}

/* First what runs is handed back; what is still in hand then (a server that does not answer, a
 * coordinator that is gone) is left to the coordinator's grace. */
static void drain_due(uv_timer_t *timer)
{
    struct service *service = timer->data;
    if (service->worker == NULL) {
        return;
    }
    if (service->handed_back) {
        worker_end(service);
        return;
    }
    service->handed_back = true;
    log_write(LOG_WARNING, "the time to drain is over: running jobs roll back and are handed back");
    (void)uv_timer_start(timer, drain_due, HAND_BACK_MS, 0);
    worker_hand_back(service->worker);
}

static void worker_stop(struct service *service)
{
    if (service->worker == NULL) {
        return;
    }
    if (service->signal_count > 1) {
        worker_end(service);
        return;
    }
    log_write(LOG_INFO, "draining: running jobs finish, no new ones begin");
    if (service->drain_timeout_ms > 0) {
        (void)uv_timer_start(&service->drain, drain_due, service->drain_timeout_ms, 0);
    }
    worker_drain(service->worker);
}

/* Jobs bring what a worker works by, and passwords are fetched anew for each connection: of its own configuration it
 * needs no more than where the coordinator and the Alembic project are. */
static void worker_hangup(struct service *service)
{
    const struct config *before = service->invocation->config;
    const char *path = before != NULL ? before->path : "";
    struct diagnostics diagnostics = {0};
    struct config *config = path[0] != '\0' ? config_load(path, &diagnostics) : NULL;
    diagnostics_log(&diagnostics);
    if (path[0] == '\0') {
        log_write(LOG_INFO, "configuration not read again: this worker has no file");
    } else if (config == NULL) {
        log_write(LOG_ERROR, "%s cannot be used: the worker goes on as it was", path);
    } else if (strcmp(before->coordinator, config->coordinator) != 0 ||
               strcmp(before->migrations.path, config->migrations.path) != 0) {
        log_write(LOG_WARNING, "configuration read again: coordinator or migrations have changed, "
                               "which a worker reads when it begins: restart it");
    } else {
        log_write(LOG_INFO, "configuration read again: nothing of it changes a worker");
    }
    config_free(config);
    diagnostics_free(&diagnostics);
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
    handles_close(service);
}

static int worker_run(struct invocation *invocation, const struct worker_options *options,
                      uint64_t drain_timeout_ms, struct error *error)
{
    struct service service;
    service_init(&service, worker_stop, worker_hangup);
    service.invocation = invocation;
    service.drain_timeout_ms = drain_timeout_ms;
    service.worker = worker_start(&service.loop, options, on_worker_stopped, &service, error);
    if (service.worker == NULL) {
        struct error ignored = {0};
        handles_close(&service);
        (void)service_run(&service, &ignored);
        return -1;
    }
    int result = service_run(&service, error);
    log_write(LOG_INFO, "worker ended");
    return result;
}

/* --drain-timeout in milliseconds; 0 when it is not given. */
static int drain_timeout(const struct arguments *arguments, uint64_t *milliseconds,
                         struct error *error)
{
    const char *text = arguments_value(arguments, OPTION_DRAIN_TIMEOUT);
    *milliseconds = 0;
    if (text == NULL || value_duration(text, milliseconds, error) == 0) {
        return 0;
    }
    error->code = ERROR_USAGE;
    return error_wrap(error, "--drain-timeout \"%s\"", text);
}

/* The configuration tells where the coordinator is, unless that is given, and where the Alembic project is. */
static int worker_configure(struct invocation *invocation, struct worker_options *options,
                            struct error *error)
{
    if (options->address != NULL && project_config_file(invocation) == NULL) {
        return 0;
    }
    const struct config *config = project_config(invocation, error);
    if (config == NULL) {
        return options->address != NULL
                   ? -1
                   : error_hint(error, "--coordinator ADDRESS works without a configuration");
    }
    options->address = options->address == NULL ? config->coordinator : options->address;
    (void)project_folder_of(invocation, config);
    options->python = client_python(invocation);
    return 0;
}

int command_worker(struct invocation *invocation, struct error *error)
{
    const struct arguments *arguments = &invocation->arguments;
    struct worker_options options = {.address = arguments_value(arguments, OPTION_COORDINATOR),
                                     .file_descriptor = -1,
                                     .name = arguments_value(arguments, OPTION_NAME)};
    if (arguments_number(arguments, OPTION_CONNECTIONS, WORKER_CREDIT_MOST, WORKER_CREDIT_DEFAULT,
                         &options.credit, error) != 0) {
        return -1;
    }
    uint64_t drain_timeout_ms = 0;
    hangup_ignore();
    if (drain_timeout(arguments, &drain_timeout_ms, error) != 0) {
        return -1;
    }
    if (worker_configure(invocation, &options, error) != 0) {
        return -1;
    }
    options.kept_connections = KEPT_CONNECTIONS_MAX;
    log_prepare(invocation);
    files_limit_raise();
    int result = worker_run(invocation, &options, drain_timeout_ms, error);
    return result;
}
