/* `health`: asks the coordinator where its rollout stands, for health checks of containers and probes.
 *
 * The answer comes from the pump, so that a coordinator that accepts connections and does nothing
 * else is not healthy. Whatever hangs, the kernel's alarm ends the question in time.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "cli/client/client.h"
#include "cli/line/commands.h"
#include "cli/line/invocation.h"
#include "cli/project/project.h"
#include "cli/text/json.h"
#include "cli/text/style.h"
#include "common/config/value.h"

enum { ANSWER_SECONDS = 5, UNHEALTHY = 1 };

/* Only what POSIX allows in a handler. */
static void on_alarm(int number)
{
    (void)number;
    static const char text[] = "unhealthy: the coordinator has not answered for 5 s\n";
    (void)!write(STDOUT_FILENO, text, sizeof text - 1);
    _exit(UNHEALTHY);
}

static int ask(const char *address, struct arena *arena, struct message *answer,
               struct error *error)
{
    struct config none = {0};
    struct client_options options = {.embedded = {.config = &none, .question = true},
                                     .address = address,
                                     .place = CLIENT_SERVICE,
                                     .clean = true};
    struct client *client = client_open(&options, error);
    if (client == NULL) {
        return -1;
    }
    struct message request = {.type = MESSAGE_WATCH, .watch = {.rollout = ""}};
    int result = client_ask(client, &request, MESSAGE_PROGRESS, arena, answer, error);
    client_close(client);
    return result;
}

/* ---- whether work gets on ---- */

/* Since when nothing got on, in milliseconds; 0: nothing is under way. */
static uint64_t idle_ms(const struct message_progress *progress)
{
    bool active = rollout_state_is_active(progress->status.state);
    return active && progress->last_progress_ms < progress->now_ms
               ? progress->now_ms - progress->last_progress_ms
               : 0;
}

/* A person's word is waited for, or a time that is known. */
static bool waits_well(const struct message_progress *progress)
{
    bool timed = progress->wait.idle && progress->wait.until_ms > progress->now_ms;
    bool held = progress->wait.idle && progress->holds.count > 0 && progress->servers.count == 0;
    bool awaits = false;
    for (size_t i = 0; i < progress->waves.count; i++) {
        awaits = awaits || progress->waves.items[i].state == WAVE_AWAITING;
    }
    return progress->pause.until_resumed || timed || held || awaits;
}

/* Why it is not well, in `arena`; NULL: it is. `most_ms` 0: not asked. */
static const char *standstill(const struct message_progress *progress, uint64_t most_ms,
                              struct arena *arena)
{
    uint64_t idle = idle_ms(progress);
    if (most_ms == 0 || idle <= most_ms || waits_well(progress)) {
        return NULL;
    }
    struct buffer text = {0};
    buffer_printf(&text, "rollout %s has not got on for ", progress->status.rollout);
    duration_append(&text, idle);
    if (progress->wait.reason[0] != '\0') {
        buffer_printf(&text, ": %s", progress->wait.reason);
    } else {
        buffer_text_append(&text, ": ");
        buffer_count(&text, progress->counts.running, "target");
        buffer_printf(&text, " running, %u waiting for a retry", progress->counts.waiting);
    }
    const char *copy = arena_strdup(arena, buffer_text(&text));
    buffer_free(&text);
    return copy;
}

/* ---- the answer ---- */

static void health_json(const char *address, double ms, const char *reason,
                        const struct message_progress *progress)
{
    json_t *page = json_pack("{s:b, s:o, s:f, s:o}", "healthy", reason == NULL, "coordinator",
                             json_text(address), "elapsed_ms", ms, "reason",
                             reason == NULL ? json_null() : json_text(reason));
    bool known = progress != NULL && progress->status.rollout[0] != '\0';
    (void)json_object_set_new(page, "rollout",
                              known ? json_text(progress->status.rollout) : json_null());
    (void)json_object_set_new(
        page, "state", known ? json_text(rollout_state_word(progress->status.state)) : json_null());
    (void)json_object_set_new(page, "last_progress_ms",
                              known ? json_integer((json_int_t)progress->last_progress_ms)
                                    : json_null());
    json_line(page);
}

static void health_text(const char *address, double ms, const char *reason,
                        const struct message_progress *progress)
{
    if (reason != NULL) {
        (void)printf("unhealthy: %s\n", reason);
        return;
    }
    struct buffer line = {0};
    buffer_printf(&line, "healthy: the coordinator at %s answered in %.1f ms", address, ms);
    if (rollout_state_is_active(progress->status.state)) {
        buffer_printf(&line, "; rollout %s %s, it got on ", progress->status.rollout,
                      rollout_state_word(progress->status.state));
        duration_append(&line, idle_ms(progress));
        buffer_text_append(&line, " ago");
    }
    (void)puts(buffer_text(&line));
    buffer_free(&line);
}

/* --max-idle in milliseconds; 0 when it is not given. */
static int max_idle(const struct arguments *arguments, uint64_t *milliseconds, struct error *error)
{
    const char *text = arguments_value(arguments, OPTION_MAX_IDLE);
    *milliseconds = 0;
    if (text == NULL || value_duration(text, milliseconds, error) == 0) {
        return 0;
    }
    error->code = ERROR_USAGE;
    return error_wrap(error, "--max-idle \"%s\"", text);
}

int command_health(struct invocation *invocation, struct error *error)
{
    const char *address = arguments_value(&invocation->arguments, OPTION_COORDINATOR);
    uint64_t most_ms = 0;
    if (max_idle(&invocation->arguments, &most_ms, error) != 0) {
        return -1;
    }
    if (address == NULL) {
        const struct config *config = project_config(invocation, error);
        if (config == NULL) {
            return error_hint(error, "--coordinator ADDRESS works without a configuration");
        }
        address = config->coordinator;
    }
    (void)signal(SIGALRM, on_alarm);
    (void)alarm(ANSWER_SECONDS);
    uint64_t began = uv_hrtime();
    struct error silent = {0};
    struct message answer = {0};
    bool answered = ask(address, &invocation->arena, &answer, &silent) == 0;
    (void)alarm(0);
    double ms = (double)(uv_hrtime() - began) / 1e6;
    const struct message_progress *progress = answered ? &answer.progress : NULL;
    const char *reason =
        answered ? standstill(progress, most_ms, &invocation->arena) : silent.message;
    if (invocation->json) {
        health_json(address, ms, reason, progress);
    } else {
        health_text(address, ms, reason, progress);
    }
    if (!answered) {
        return UNHEALTHY;
    }
    return reason == NULL ? 0 : error_exit_code(ERROR_STOPPED);
}
