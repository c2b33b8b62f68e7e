/* `status` and `rollouts`: answered by a running coordinator, or else from the journal. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/conversation.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/table.h"
#include "cli/watch.h"
#include "coordinator/coordinator.h"

enum { LIMIT_DEFAULT = 20, LIMIT_MOST = 100000, FINISHED_TICKS = 20 };

/* What a request brought, with texts in the invocation's arena. */
struct answers {
    struct invocation *invocation; /* borrowed */
    struct message_progress progress;
    struct message_finished finished;
    struct message_rollouts rollouts;
    bool from_journal; /* nobody is at work */
    bool has_progress;
    bool has_finished;
    bool has_rollouts;
};

/* Copies by encoding: a message lives no longer than its callback. */
static void answer_keep(const struct message *message, void *context)
{
    struct answers *answers = context;
    struct buffer payload = {0};
    struct message copy;
    struct error error = {0};
    message_encode(message, &payload);
    struct bytes bytes = {(const uint8_t *)payload.data, payload.length};
    if (message_decode(bytes, &answers->invocation->arena, &copy, &error) == 0) {
        if (copy.type == MESSAGE_PROGRESS) {
            answers->progress = copy.progress;
            answers->has_progress = true;
        } else if (copy.type == MESSAGE_FINISHED) {
            answers->finished = copy.finished;
            failures_locate(answers->invocation, &answers->finished.failures);
            answers->has_finished = true;
        } else if (copy.type == MESSAGE_ROLLOUTS) {
            answers->rollouts = copy.rollouts;
            answers->has_rollouts = true;
        }
    }
    buffer_free(&payload);
}

static bool answers_complete(const struct answers *answers, unsigned ticks)
{
    if (answers->has_rollouts || answers->has_finished) {
        return true;
    }
    return answers->has_progress && (!progress_over(&answers->progress) || ticks >= FINISHED_TICKS);
}

static int ask_service(struct client *client, const struct message *request,
                       struct answers *answers, struct error *error)
{
    unsigned ticks = 0;
    client_send(client, request);
    while (!answers_complete(answers, ticks)) {
        struct message message;
        int event = client_next(client, &answers->invocation->arena, &message, error);
        if (event < 0) {
            return -1;
        }
        if (event == CLIENT_INTERRUPTED) {
            return error_set(error, ERROR_STOPPED, "interrupted");
        }
        if (event == CLIENT_TICK) {
            ticks++;
        } else if (message.type == MESSAGE_REFUSED) {
            return client_refused(&message.refused, error);
        } else {
            answer_keep(&message, answers);
        }
    }
    return 0;
}

static int ask_journal(const struct config *config, const struct message *request,
                       struct answers *answers, struct error *error)
{
    if (access(config->journal, F_OK) != 0 && errno == ENOENT) {
        return 0; /* nothing was ever started */
    }
    struct journal *journal = journal_sqlite_read(config->journal, error);
    if (journal == NULL) {
        return -1;
    }
    int result = coordinator_ask_journal(journal, request, answer_keep, answers, error);
    journal_close(journal);
    return result;
}

/* Asks a running coordinator, or else the journal. */
static int ask(struct conversation *conversation, const struct message *request,
               struct answers *answers, struct error *error)
{
    answers->invocation = conversation->invocation;
    if (conversation_connect(conversation, CLIENT_SERVICE, false, error) == 0) {
        return ask_service(conversation->client, request, answers, error);
    }
    if (arguments_given(&conversation->invocation->arguments, OPTION_COORDINATOR)) {
        return -1;
    }
    *error = (struct error){0};
    answers->from_journal = true;
    return ask_journal(conversation->config, request, answers, error);
}

static void workers_append(const struct message_progress *progress, struct buffer *out)
{
    for (size_t i = 0; i < progress->workers.count; i++) {
        const struct worker_status *worker = &progress->workers.items[i];
        buffer_printf(out, "\nworker %s: %u of %u jobs", worker->name, worker->running,
                      worker->window);
    }
}

static void status_show(const struct invocation *invocation, const struct answers *answers)
{
    const struct style *style = &invocation->output;
    const struct message_progress *progress = &answers->progress;
    struct buffer text = {0};
    if (!answers->has_progress || progress->rollout[0] == '\0') {
        (void)puts("There was no rollout yet.");
        return;
    }
    buffer_printf(&text, "rollout %s: ", progress->rollout);
    style_append(style, TONE_STRONG, progress->verb, &text);
    buffer_printf(&text, "%s%s", progress->spec[0] == '\0' ? "" : " to ", progress->spec);
    if (!answers->has_finished) {
        struct speed speed = {0};
        buffer_text_append(&text, ", ");
        progress_line(progress, &speed, &text);
        if (answers->from_journal) {
            buffer_text_append(&text,
                               "\nNobody is at work on it: the same command, or `drover resume`, "
                               "goes on.");
        } else {
            workers_append(progress, &text);
        }
    }
    buffer_text_append(&text, "\n");
    bool every = invocation->verbose || !style->terminal;
    if (answers->has_finished) {
        buffer_text_append(&text, "\n");
        struct buffer report = {0};
        report_finished(progress, &answers->finished, 0, every, style, &report);
        buffer_append(&text, report.data, report.length);
        buffer_free(&report);
    } else {
        struct buffer waves = {0};
        report_waves(progress, style, &waves);
        buffer_text_append(&text, waves.length > 0 ? "\n" : "");
        buffer_text_append(&text, buffer_text(&waves));
        buffer_free(&waves);
    }
    (void)fputs(buffer_text(&text), stdout);
    buffer_free(&text);
}

/* One flat object: the fields of PROGRESS, and those of FINISHED once it is over. */
static void status_json(const struct answers *answers)
{
    struct message progress = {.type = MESSAGE_PROGRESS, .progress = answers->progress};
    struct message finished = {.type = MESSAGE_FINISHED, .finished = answers->finished};
    json_t *status = json_object();
    if (answers->has_progress) {
        (void)json_object_update_new(status, json_message(&progress));
    }
    if (answers->has_finished) {
        (void)json_object_update_new(status, json_message(&finished));
    }
    (void)json_object_del(status, "event");
    json_page(status);
}

int command_status(struct invocation *invocation, struct error *error)
{
    struct conversation conversation;
    struct answers answers = {0};
    struct message request = {.type = MESSAGE_WATCH};
    request.watch.rollout = "";
    int result = conversation_open(&conversation, invocation, false, error);
    if (result == 0 && arguments_given(&invocation->arguments, OPTION_WATCH) &&
        conversation_connect(&conversation, CLIENT_SERVICE, false, error) == 0) {
        result = watch_rollout(invocation, conversation.client, "", error);
        conversation_close(&conversation);
        return result;
    }
    if (result == 0) {
        result = ask(&conversation, &request, &answers, error);
    }
    if (result == 0) {
        if (invocation->json) {
            status_json(&answers);
        } else {
            status_show(invocation, &answers);
        }
    }
    conversation_close(&conversation);
    return result;
}

/* "2026-11-23 00:41", local time. */
static const char *time_text(struct arena *arena, uint64_t milliseconds)
{
    char text[32];
    struct tm local;
    time_t seconds = (time_t)(milliseconds / 1000);
    (void)localtime_r(&seconds, &local);
    (void)strftime(text, sizeof text, "%Y-%m-%d %H:%M", &local);
    return arena_strdup(arena, text);
}

static void rollouts_show(const struct invocation *invocation, struct arena *arena,
                          const struct rollout_summary_list *rollouts)
{
    static const struct table_column columns[] = {
        {"ROLLOUT", false}, {"STARTED", false}, {"TOOK", true},     {"WHAT", false},
        {"STATE", false},   {"TARGETS", true},  {"DEPLOYED", true}, {"UNCHANGED", true},
        {"FAILED", true},   {"BY", false}};
    struct table table;
    struct buffer took = {0};
    table_init(&table, arena, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < rollouts->count; i++) {
        const struct rollout_summary *rollout = &rollouts->items[i];
        char counts[4][NUMBER_TEXT_BYTES];
        buffer_clear(&took);
        if (rollout->finished_ms > rollout->started_ms) {
            duration_append(&took, rollout->finished_ms - rollout->started_ms);
        }
        const char *cells[] = {rollout->rollout,
                               time_text(arena, rollout->started_ms),
                               buffer_text(&took),
                               arena_printf(arena, "%s %s", rollout->verb, rollout->spec),
                               rollout->state,
                               number_text(rollout->targets, counts[0]),
                               number_text(rollout->deployed, counts[1]),
                               number_text(rollout->unchanged, counts[2]),
                               number_text(rollout->failed, counts[3]),
                               rollout->actor};
        table_row(&table, cells);
    }
    struct buffer text = {0};
    table_render(&table, &invocation->output, &text);
    (void)fputs(rollouts->count == 0 ? "There was no rollout yet.\n" : buffer_text(&text), stdout);
    buffer_free(&took);
    buffer_free(&text);
}

int command_rollouts(struct invocation *invocation, struct error *error)
{
    struct conversation conversation;
    struct answers answers = {0};
    struct message request = {.type = MESSAGE_ROLLOUTS_WANTED};
    int result = conversation_open(&conversation, invocation, false, error);
    if (result == 0) {
        result = arguments_number(&invocation->arguments, OPTION_LIMIT, LIMIT_MOST, LIMIT_DEFAULT,
                                  &request.rollouts_wanted.limit, error);
    }
    if (result == 0) {
        result = ask(&conversation, &request, &answers, error);
    }
    if (result == 0) {
        const struct rollout_summary_list *rollouts = &answers.rollouts.rollouts;
        if (invocation->json) {
            json_t *list = json_array();
            for (size_t i = 0; i < rollouts->count; i++) {
                (void)json_array_append_new(list, json_rollout_summary(&rollouts->items[i]));
            }
            json_page(json_pack("{s:o}", "rollouts", list));
        } else {
            rollouts_show(invocation, &invocation->arena, rollouts);
        }
    }
    conversation_close(&conversation);
    return result;
}
