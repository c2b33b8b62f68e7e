/* The thread touches nothing of the coordinator's but the configuration in force, which does not change meanwhile. */
#include "coordinator/shell/configuration.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/impossible.h"
#include "common/base/log.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/shell/clock.h"
#include "coordinator/shell/inputs.h"
#include "coordinator/shell/messages.h"
#include "coordinator/shell/pump.h"
#include "coordinator/shell/session.h"
#include "coordinator/shell/session_limits.h"
#include "coordinator/shell/shell.h"

struct reload_request {
    struct reload_request *next;
    uint64_t session; /* its id; 0: of the process itself */
    struct arena arena;
    struct message message;
};

static void requests_go_on(struct configuration *configuration);

/* ---- the thread ---- */

static bool stamp_equal(const struct stat *left, const struct stat *right)
{
    return left->st_ino == right->st_ino && left->st_dev == right->st_dev &&
           left->st_size == right->st_size && left->st_mtim.tv_sec == right->st_mtim.tv_sec &&
           left->st_mtim.tv_nsec == right->st_mtim.tv_nsec;
}

static void reading_forget(struct config_reading *reading)
{
    config_free(reading->config);
    diagnostics_free(&reading->diagnostics);
    arena_free(&reading->arena);
    *reading = (struct config_reading){0};
}

static struct mistake_list mistakes_of(const struct diagnostics *diagnostics, struct arena *arena)
{
    struct mistake_list list = {arena_array(arena, diagnostics->error_count, sizeof *list.items),
                                0};
    for (const struct diagnostic *item = diagnostics->first; item != NULL; item = item->next) {
        if (!item->warning) {
            list.items[list.count++] = (struct mistake){item->file, item->line, item->column,
                                                        item->message, text_or_empty(item->hint)};
        }
    }
    return list;
}

/* `kept`: as it was read last, when the file has not been touched. */
static void reading_make(struct config_reading *reading, const struct config *in_force, bool kept)
{
    struct stat stamp = {0};
    bool known = stat(in_force->path, &stamp) == 0;
    if (kept && known && reading->config != NULL && stamp_equal(&stamp, &reading->stamp)) {
        return;
    }
    reading_forget(reading);
    reading->config = config_load(in_force->path, &reading->diagnostics);
    reading->stamp = stamp;
    struct message_reloaded *told = &reading->told;
    told->mistakes = mistakes_of(&reading->diagnostics, &reading->arena);
    if (reading->config != NULL) {
        config_digest(reading->config, reading->digest);
        told->changed = config_changes(in_force, reading->config, &reading->arena);
        told->at_start = config_changes_at_start(in_force, reading->config, &reading->arena);
        told->differs = told->changed.count > 0;
    }
}

static void reading_run(void *context)
{
    struct configuration *configuration = context;
    reading_make(&configuration->reading, configuration->coordinator->config,
                 configuration->first->message.reload.asks);
    (void)uv_async_send(&configuration->done);
}

/* ---- answers ---- */

/* RELOADED; `reloaded`: what was read is in force. Borrows of the reading and of the core. */
static struct message reloaded_message(const struct configuration *configuration, bool reloaded)
{
    const struct rollout *rollout = core_rollout(configuration->coordinator->rollouts.core);
    struct message message = {.type = MESSAGE_RELOADED, .reloaded = configuration->reading.told};
    struct message_reloaded *told = &message.reloaded;
    told->file = text_or_empty(configuration->coordinator->config->path);
    told->digest = configuration->in_force;
    told->read_ms = configuration->taken_ms;
    told->reloaded = reloaded;
    told->differs = told->differs && !reloaded;
    told->rollout = rollout_is_active(rollout) ? rollout->policy.rollout : "";
    return message;
}

static void mistakes_log(const struct configuration *configuration)
{
    diagnostics_log(&configuration->reading.diagnostics);
    log_write(LOG_ERROR, "%s cannot be used: the configuration %.12s stays in force",
              configuration->coordinator->config->path, configuration->in_force);
}

static struct session *asker(const struct configuration *configuration)
{
    return configuration->first->session == 0
               ? NULL
               : session_find(configuration->coordinator, configuration->first->session);
}

static void request_drop(struct configuration *configuration)
{
    struct reload_request *request = configuration->first;
    configuration->first = request->next;
    configuration->last = request->next == NULL ? NULL : configuration->last;
    arena_free(&request->arena);
    free(request);
}

static void request_answer(struct configuration *configuration)
{
    struct session *session = asker(configuration);
    if (session != NULL) {
        struct message answer = reloaded_message(configuration, false);
        session_answered(session);
        stream_send(session->stream, &answer);
    }
    request_drop(configuration);
}

static void request_refuse(struct configuration *configuration, const char *message,
                           const char *hint)
{
    struct session *session = asker(configuration);
    log_write(LOG_WARNING, "the configuration is not read again: %s", message);
    if (session != NULL) {
        struct message refused = answer_refused(ERROR_CONFIG, message, hint);
        session_answered(session);
        stream_send(session->stream, &refused);
    }
    request_drop(configuration);
}

/* ---- one request after the other ---- */

/* The file is read for the request in hand. */
static void reading_done(uv_async_t *handle)
{
    struct configuration *configuration = handle->data;
    const struct config_reading *reading = &configuration->reading;
    if (!configuration->running) {
        return;
    }
    (void)uv_thread_join(&configuration->thread);
    configuration->running = false;
    const struct message *request = &configuration->first->message;
    if (!request->reload.asks && reading->config != NULL && reading->told.changed.count > 0) {
        pump_push(&configuration->coordinator->rollouts, ITEM_MESSAGE, asker(configuration),
                  request);
        return; /* configuration_step goes on */
    }
    if (!request->reload.asks && reading->config == NULL) {
        mistakes_log(configuration);
    } else if (!request->reload.asks) {
        log_write(LOG_INFO, "configuration read again: nothing has changed");
    }
    request_answer(configuration);
    requests_go_on(configuration);
}

static void requests_go_on(struct configuration *configuration)
{
    while (configuration->first != NULL && !configuration->running &&
           !configuration->coordinator->closing) {
        bool asks = configuration->first->message.reload.asks;
        if (text_or_empty(configuration->coordinator->config->path)[0] == '\0') {
            if (asks) {
                request_answer(configuration);
            } else {
                request_refuse(configuration, "it is of --url or DATABASE_URL, and has no file",
                               "start the coordinator with -c FILE");
            }
        } else if (!asks && !configuration->reloads) {
            request_refuse(configuration,
                           "the coordinator is a command's own, which read it when it began",
                           "the next command reads it; `drover cancel` ends this one");
        } else {
            configuration->running =
                uv_thread_create(&configuration->thread, reading_run, configuration) == 0;
            if (!configuration->running) {
                request_refuse(configuration, "a thread cannot be started to read it", "");
            }
        }
    }
}

void configuration_ask(struct configuration *configuration, struct session *session,
                       const struct message *request)
{
    struct reload_request *asked = memory_alloc(sizeof *asked);
    bool idle = configuration->first == NULL;
    asked->session = session != NULL ? session->id : 0;
    asked->message = message_copy(request, &asked->arena);
    if (idle) {
        configuration->first = asked;
    } else {
        configuration->last->next = asked;
    }
    configuration->last = asked;
    if (idle) {
        requests_go_on(configuration);
    }
}

/* ---- in force ---- */

static const char *keys_text(struct texts keys, struct arena *arena)
{
    struct buffer text = {0};
    for (size_t i = 0; i < keys.count; i++) {
        buffer_printf(&text, "%s%s", i > 0 ? ", " : "", keys.items[i]);
    }
    const char *copy = arena_strdup(arena, buffer_text(&text));
    buffer_free(&text);
    return copy;
}

static void take(struct configuration *configuration)
{
    struct config_reading *reading = &configuration->reading;
    configuration->retired = configuration->owned;
    struct config *next = reading->config;
    configuration->owned = next;
    configuration->coordinator->config = next;
    reading->config = NULL;
    memcpy(configuration->in_force, reading->digest, sizeof reading->digest);
    configuration->taken_ms = clock_now_ms(&configuration->coordinator->rollouts.clock);
}

void configuration_step(struct pump *pump, const struct item *item)
{
    struct configuration *configuration = &pump->coordinator->configuration;
    struct config_reading *reading = &configuration->reading;
    struct arena *arena = &pump->batch.arena;
    struct input input = {
        .type = INPUT_CONFIGURATION_READ,
        .configuration_read = {.who = item->message.reload.who,
                               .digest = arena_strdup(arena, reading->digest),
                               .changes = keys_text(reading->told.changed, arena)}};
    input_fact(pump, input);
    take(configuration);
    struct message reloaded = reloaded_message(configuration, true);
    reloaded = message_copy(&reloaded, arena);
    pump_answer(pump, item, &reloaded);
    reading_forget(reading);
}

void configuration_released(struct configuration *configuration)
{
    bool stepped = configuration->first != NULL && !configuration->running &&
                   configuration->reading.config == NULL;
    if (stepped) {
        config_free(configuration->retired);
        configuration->retired = NULL;
        request_drop(configuration);
        requests_go_on(configuration);
    }
}

/* ---- beginning and end ---- */

void configuration_init(struct configuration *configuration, bool reloads)
{
    struct coordinator *coordinator = configuration->coordinator;
    int result = uv_async_init(coordinator->loop, &configuration->done, reading_done);
    INVARIANT_THAT(result == 0, "no file descriptor is left to wake a loop with: %s",
                   uv_strerror(result));
    configuration->done.data = configuration;
    configuration->reloads = reloads;
    configuration->taken_ms = clock_now_ms(&coordinator->rollouts.clock);
    config_digest(coordinator->config, configuration->in_force);
}

void configuration_close(struct configuration *configuration)
{
    if (configuration->running) {
        (void)uv_thread_join(&configuration->thread);
        configuration->running = false;
    }
    coordinator_handle_close(configuration->coordinator, (uv_handle_t *)&configuration->done);
}

void configuration_free(struct configuration *configuration)
{
    while (configuration->first != NULL) {
        request_drop(configuration);
    }
    reading_forget(&configuration->reading);
    config_free(configuration->retired);
    config_free(configuration->owned);
}
