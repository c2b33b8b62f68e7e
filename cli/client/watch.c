/* Watching a rollout to its end. */
#include "cli/client/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/agents/pipeline_log.h"
#include "cli/report/display.h"
#include "cli/report/report.h"
#include "cli/report/summary.h"
#include "cli/text/json.h"
#include "common/config/value.h"

struct watch {
    struct invocation *invocation;
    struct client *client;
    const char *rollout; /* the one that is watched; "" for whichever there is */
    struct display display;
    struct arena arena; /* of one message */
    unsigned interrupts;
    unsigned ticks_alone; /* since when no worker is connected */
    int exit_code;
};

enum {
    ALONE_TICKS = 30, /* 3 s */
    RETURN_TICKS = 5, /* half a second */
    RETURN_TRIES = 120,
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
    message.control.verb = CONTROL_PAUSE;
    message.control.who.actor = client_actor(&watch->invocation->arena);
    message.control.who.reason = "interrupted";
    message.control.interrupted = true;
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
    struct buffer text = {0};
    bool every = invocation->verbose || !invocation->output.terminal;
    const struct message_progress *progress = display->known ? &display->progress : NULL;
    bool begun = progress != NULL && progress->status.started_ms > 0;
    uint64_t elapsed_ms = begun && progress->now_ms > progress->status.started_ms
                              ? progress->now_ms - progress->status.started_ms
                              : 0;
    pipeline_log_group_end();
    if (!invocation->json) {
        report_finished(progress, finished, elapsed_ms, every, &invocation->output, &text);
        (void)fputs(buffer_text(&text), stdout);
        (void)fflush(stdout);
        buffer_clear(&text);
    }
    report_issues(&finished->failures);
    summary_finished(progress, finished, elapsed_ms, &text);
    pipeline_log_summary(finished->status.rollout, buffer_text(&text));
    buffer_free(&text);
}

/* The place with this project's folder before it, if it is known and not there already. */
static const char *place(const struct invocation *invocation, const char *location,
                         struct arena *arena)
{
    bool bare = strchr(location, '/') == NULL || invocation->alembic != NULL;
    return location[0] != '\0' && bare && invocation->folder != NULL
               ? value_path(location, invocation->folder, arena)
               : location;
}

void failures_locate(struct invocation *invocation, struct failure_group_list *failures)
{
    for (size_t i = 0; i < failures->count; i++) {
        struct failure_group *group = &failures->items[i];
        group->failure.location = place(invocation, group->failure.location, &invocation->arena);
    }
}

void remarks_locate(struct invocation *invocation, struct remark_group_list *remarks)
{
    for (size_t i = 0; i < remarks->count; i++) {
        struct remark *remark = &remarks->items[i].remark;
        remark->location = place(invocation, remark->location, &invocation->arena);
    }
}

static void entry_locate(const struct invocation *invocation, struct log_entry *entry,
                         struct arena *arena)
{
    size_t length = strlen(entry->sentence);
    size_t tail = strlen(entry->location);
    if (tail > 0 && length >= tail &&
        strcmp(entry->sentence + length - tail, entry->location) == 0) {
        entry->location = place(invocation, entry->location, arena);
        entry->sentence =
            arena_printf(arena, "%.*s%s", (int)(length - tail), entry->sentence, entry->location);
    }
}

/* --no-wait: nothing moves before a time or a person's word, so looking is over. */
static bool watch_leaves(struct watch *watch, const struct message_progress *progress)
{
    const struct invocation *invocation = watch->invocation;
    if (!progress->wait.idle || progress_over(progress) ||
        !arguments_given(&invocation->arguments, OPTION_NO_WAIT)) {
        return false;
    }
    display_end(&watch->display);
    watch->exit_code = error_exit_code(ERROR_STOPPED);
    if (!invocation->json) {
        struct buffer text = {0};
        struct buffer next = {0};
        progress_waiting(progress, &text);
        progress_next(progress, &next);
        (void)printf("%s waits: %s\n%s\n", progress->status.verb, buffer_text(&text),
                     next.length > 0 ? buffer_text(&next)
                                     : "The same command goes on with it; `drover status` shows "
                                       "where it stands.");
        buffer_free(&text);
        buffer_free(&next);
    }
    return true;
}

/* A coordinator without workers waits for ever: on a terminal the moving lines say so. */
static void workers_missed(const struct display *display, unsigned *ticks_alone)
{
    const struct message_progress *progress = &display->progress;
    bool none = display->known && progress->workers.count == 0 && !progress->wait.idle &&
                !progress_over(progress);
    *ticks_alone = none ? *ticks_alone + 1 : 0;
    if (*ticks_alone == ALONE_TICKS && (display->silent || !display->style->cursor)) {
        (void)fputs("No worker is connected to the coordinator: `drover worker` starts one.\n",
                    stderr);
    }
}

/* What ends is not the rollout watched but the rollback of it: however well that went, what was
 * asked for did not come about. */
static bool was_taken_back(const struct watch *watch, const struct message_finished *finished)
{
    return strncmp(finished->status.rollout, watch->rollout, strlen(watch->rollout)) != 0;
}

static void taken_back(const struct watch *watch, struct message_finished *finished)
{
    if (finished->exit_code == 0) {
        finished->exit_code = (uint32_t)error_exit_code(ERROR_FAILED);
    }
    if (!watch->invocation->json) {
        (void)fprintf(stderr, "Rollout %s was not carried through: rollout %s takes it back\n",
                      watch->rollout, finished->status.rollout);
    }
}

/* 1: over, 0: go on, -1: error. */
static int watch_message(struct watch *watch, struct message *message, struct error *error)
{
    if (message->type == MESSAGE_FINISHED) {
        failures_locate(watch->invocation, &message->finished.failures);
        remarks_locate(watch->invocation, &message->finished.remarks);
        if (was_taken_back(watch, &message->finished)) {
            display_end(&watch->display);
            taken_back(watch, &message->finished);
        }
    } else if (message->type == MESSAGE_NOTICE) {
        entry_locate(watch->invocation, &message->notice.entry, &watch->arena);
    }
    bool streamed = message->type == MESSAGE_PROGRESS || message->type == MESSAGE_NOTICE ||
                    message->type == MESSAGE_FINISHED;
    if (watch->invocation->json && streamed) {
        json_line(json_message(message));
    }
    switch (message->type) {
    case MESSAGE_PROGRESS:
        display_progress(&watch->display, message);
        return watch_leaves(watch, &message->progress) ? 1 : 0;
    case MESSAGE_NOTICE:
        /* that a coordinator of this very process ends, its own error says */
        if (!client_is_embedded(watch->client) ||
            strcmp(message->notice.entry.fact, "coordinator_failed") != 0) {
            display_notice(&watch->display, &message->notice);
        }
        return 0;
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

/* ---- a coordinator that went ---- */

static bool interrupted_while_idle(struct client *client)
{
    for (unsigned ticks = 0; ticks < RETURN_TICKS;) {
        int event = client_idle(client);
        if (event == CLIENT_INTERRUPTED) {
            return true;
        }
        ticks += event == CLIENT_TICK ? 1 : 0;
    }
    return false;
}

/* A service that is started again goes on with the rollout. 0: back. */
static int watch_return(struct watch *watch, struct error *error)
{
    const char *rollout = watch->rollout;
    if (rollout[0] == '\0' && watch->display.known) {
        rollout = arena_strdup(&watch->invocation->arena, watch->display.progress.status.rollout);
    }
    display_say(&watch->display,
                arena_printf(&watch->invocation->arena, "%s; trying for a minute to reach it again",
                             error->message));
    const char *test_tries = getenv("DROVER_TEST_RETURN_TRIES");
    unsigned long tries = test_tries != NULL ? strtoul(test_tries, NULL, 10) : RETURN_TRIES;
    bool interrupted = false;
    for (unsigned long i = 0; i < tries && !interrupted; i++) {
        if (client_return(watch->client, error) == 0) {
            display_say(&watch->display, "The coordinator is back");
            watch->rollout = rollout;
            watch_request(watch->client, rollout);
            return 0;
        }
        interrupted = error->code == ERROR_STOPPED || interrupted_while_idle(watch->client);
    }
    (void)error_set(error, ERROR_STOPPED,
                    "%s; its rollout goes on without this command once it does",
                    interrupted ? "interrupted before the coordinator came back"
                                : "the coordinator did not come back");
    return error_hint(error,
                      "`drover status` shows where it stands; the same command goes on with it");
}

int watch_rollout(struct invocation *invocation, struct client *client, const char *rollout,
                  struct error *error)
{
    struct watch watch = {.invocation = invocation, .client = client, .rollout = rollout};
    display_init(&watch.display, &invocation->messages, invocation->json);
    if (!invocation->json) {
        pipeline_log_group("Progress");
    }
    watch_request(client, rollout);
    int over = 0;
    while (over == 0) {
        struct message message;
        arena_free(&watch.arena);
        int event = client_next(client, &watch.arena, &message, error);
        if (event < 0) {
            over = client_is_embedded(client) ? -1 : watch_return(&watch, error);
        } else if (event == CLIENT_SILENT || event == CLIENT_HEARD) {
            display_say(&watch.display, client_silence(event));
        } else if (event == CLIENT_MESSAGE) {
            over = watch_message(&watch, &message, error);
        } else if (event == CLIENT_INTERRUPTED) {
            over = watch_interrupted(&watch) ? 1 : 0;
        } else {
            workers_missed(&watch.display, &watch.ticks_alone);
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

/* ---- quietly ---- */

/* 1: over, 0: go on, -1: error. */
static int quiet_message(struct display *display, const struct message *message,
                         struct quiet_end *end, struct error *error)
{
    switch (message->type) {
    case MESSAGE_PROGRESS:
        display_progress(display, message);
        end->progress = message->progress;
        return 0;
    case MESSAGE_REFUSED: return client_refused(&message->refused, error);
    case MESSAGE_FINISHED: end->finished = message->finished; return 1;
    default: return 0;
    }
}

/* A validation that nobody waits for would be in the way of the next rollout. */
static int quiet_interrupted(struct invocation *invocation, struct client *client, bool cancels,
                             unsigned *interrupts, struct error *error)
{
    if (!cancels || ++*interrupts > 1) {
        return error_set(error, ERROR_STOPPED, "interrupted");
    }
    struct message message = {.type = MESSAGE_CONTROL};
    message.control.verb = CONTROL_CANCEL;
    message.control.who.actor = client_actor(&invocation->arena);
    message.control.who.reason = "interrupted";
    client_send(client, &message);
    return 0;
}

int watch_quietly(struct invocation *invocation, struct client *client, const char *rollout,
                  bool cancels, struct quiet_end *end, struct error *error)
{
    struct display display;
    unsigned interrupts = 0;
    unsigned ticks_alone = 0;
    display_init(&display, &invocation->messages, invocation->json || !invocation->messages.cursor);
    watch_request(client, rollout);
    int over = 0;
    while (over == 0) {
        struct message message;
        int event = client_next(client, &invocation->arena, &message, error);
        if (event < 0) {
            over = -1;
        } else if (event == CLIENT_MESSAGE) {
            over = quiet_message(&display, &message, end, error);
        } else if (event == CLIENT_INTERRUPTED) {
            over = quiet_interrupted(invocation, client, cancels, &interrupts, error);
        } else {
            workers_missed(&display, &ticks_alone);
            display_tick(&display);
        }
    }
    display_end(&display);
    display_free(&display);
    if (over > 0 && interrupts > 0) {
        return error_set(error, ERROR_STOPPED, "interrupted, nothing was changed");
    }
    return over < 0 ? -1 : 0;
}
