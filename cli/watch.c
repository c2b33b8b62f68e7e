/* Watching a rollout to its end. */
#include "cli/watch.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/display.h"
#include "cli/json.h"
#include "cli/report.h"
#include "common/config/value.h"

struct watch {
    struct invocation *invocation;
    struct client *client;
    struct display display;
    struct arena arena; /* of one message */
    unsigned interrupts;
    int exit_code;
};

static void watch_request(struct client *client, const char *rollout)
{
    struct message message = {.type = MESSAGE_WATCH};
    message.watch.rollout = rollout;
    client_send(client, &message);
}

/* The second Ctrl-C: nothing is tidied up but the screen. */
static _Noreturn void end_at_once(struct watch *watch)
{
    display_end(&watch->display);
    display_say(&watch->display, "Ended at once. The same command goes on where it stopped.");
    (void)fflush(NULL);
    _exit(error_exit_code(ERROR_STOPPED));
}

/* True when watching is over. */
static bool watch_interrupted(struct watch *watch)
{
    watch->interrupts++;
    if (!client_is_embedded(watch->client)) {
        display_end(&watch->display);
        watch->display.known = false;
        display_say(&watch->display, "Stopped looking; the rollout goes on: `drover status -w`");
        watch->exit_code = error_exit_code(ERROR_STOPPED);
        return true;
    }
    if (watch->interrupts > 1) {
        end_at_once(watch);
    }
    struct message message = {.type = MESSAGE_CONTROL};
    message.control.verb = "pause";
    message.control.actor = client_actor(&watch->invocation->arena);
    message.control.reason = "interrupted";
    client_send(watch->client, &message);
    display_say(&watch->display, "Interrupted: no new jobs begin, running ones finish. "
                                 "Once more ends at once.");
    return false;
}

static void watch_finished(struct watch *watch, const struct message_finished *finished)
{
    struct invocation *invocation = watch->invocation;
    const struct display *display = &watch->display;
    watch->exit_code = (int)finished->exit_code;
    if (invocation->json) {
        return;
    }
    struct buffer text = {0};
    bool every = invocation->verbose || !invocation->output.terminal;
    const struct message_progress *progress = display->known ? &display->progress : NULL;
    uint64_t elapsed_ms = progress != NULL && progress->now_ms > progress->started_ms
                              ? progress->now_ms - progress->started_ms
                              : 0;
    report_finished(progress, finished, elapsed_ms, every, &invocation->output, &text);
    (void)fputs(buffer_text(&text), stdout);
    (void)fflush(stdout);
    buffer_free(&text);
}

void failures_locate(struct invocation *invocation, struct failure_group_list *failures)
{
    for (size_t i = 0; i < failures->count && invocation->folder != NULL; i++) {
        struct failure_group *failure = &failures->items[i];
        bool named = strchr(failure->location, '/') == NULL || invocation->alembic != NULL;
        if (failure->location[0] != '\0' && named) {
            failure->location =
                value_path(failure->location, invocation->folder, &invocation->arena);
        }
    }
}

/* 1: over, 0: go on, -1: error. */
static int watch_message(struct watch *watch, struct message *message, struct error *error)
{
    if (message->type == MESSAGE_FINISHED) {
        failures_locate(watch->invocation, &message->finished.failures);
    }
    bool streamed = message->type == MESSAGE_PROGRESS || message->type == MESSAGE_NOTICE ||
                    message->type == MESSAGE_FINISHED;
    if (watch->invocation->json && streamed) {
        json_line(json_message(message));
    }
    switch (message->type) {
    case MESSAGE_PROGRESS: display_progress(&watch->display, message); return 0;
    case MESSAGE_NOTICE: display_notice(&watch->display, &message->notice); return 0;
    case MESSAGE_REFUSED:
        /* an interruption that came when there was nothing left to pause */
        return watch->interrupts > 0 ? 0 : client_refused(&message->refused, error);
    case MESSAGE_FINISHED:
        display_end(&watch->display);
        watch_finished(watch, &message->finished);
        return 1;
    default: return 0;
    }
}

int watch_rollout(struct invocation *invocation, struct client *client, const char *rollout,
                  struct error *error)
{
    struct watch watch = {.invocation = invocation, .client = client};
    display_init(&watch.display, &invocation->messages, invocation->json);
    watch_request(client, rollout);
    int over = 0;
    while (over == 0) {
        struct message message;
        arena_free(&watch.arena);
        int event = client_next(client, &watch.arena, &message, error);
        if (event < 0) {
            over = -1;
        } else if (event == CLIENT_MESSAGE) {
            over = watch_message(&watch, &message, error);
        } else if (event == CLIENT_INTERRUPTED) {
            over = watch_interrupted(&watch) ? 1 : 0;
        } else {
            display_tick(&watch.display);
        }
    }
    if (over < 0) {
        display_end(&watch.display);
    }
    display_free(&watch.display);
    arena_free(&watch.arena);
    return over < 0 ? -1 : watch.exit_code;
}

/* 1: over, 0: go on, -1: error. */
static int quiet_message(struct display *display, const struct message *message,
                         struct message_finished *finished, struct error *error)
{
    switch (message->type) {
    case MESSAGE_PROGRESS: display_progress(display, message); return 0;
    case MESSAGE_REFUSED: return client_refused(&message->refused, error);
    case MESSAGE_FINISHED: *finished = message->finished; return 1;
    default: return 0;
    }
}

int watch_quietly(struct invocation *invocation, struct client *client, const char *rollout,
                  struct message_finished *finished, struct error *error)
{
    struct display display;
    display_init(&display, &invocation->messages, invocation->json || !invocation->messages.cursor);
    watch_request(client, rollout);
    int over = 0;
    while (over == 0) {
        struct message message;
        int event = client_next(client, &invocation->arena, &message, error);
        if (event < 0) {
            over = -1;
        } else if (event == CLIENT_MESSAGE) {
            over = quiet_message(&display, &message, finished, error);
        } else if (event == CLIENT_INTERRUPTED) {
            over = error_set(error, ERROR_STOPPED, "interrupted");
        } else {
            display_tick(&display);
        }
    }
    display_end(&display);
    display_free(&display);
    return over < 0 ? -1 : 0;
}
