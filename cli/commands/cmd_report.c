/* `report`: one page about a rollout, for those who were not there. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/client/inquiry.h"
#include "cli/client/log_reading.h"
#include "cli/client/watch.h"
#include "cli/line/commands.h"
#include "cli/report/account.h"
#include "cli/report/progress.h"
#include "cli/text/json.h"
#include "common/base/array.h"

/* ---- what is known ---- */

struct gathering {
    struct arena *arena;
    struct log_entry_list *entries;
    size_t capacity;
};

static void part_take(const struct message_log *log, void *context)
{
    struct gathering *gathering = context;
    struct log_entry_list *entries = gathering->entries;
    if (entries->count + log->entries.count > gathering->capacity) {
        size_t capacity = 2 * gathering->capacity + log->entries.count;
        struct log_entry *items = arena_array(gathering->arena, capacity, sizeof *items);
        if (entries->count > 0) {
            memcpy(items, entries->items, entries->count * sizeof *items);
        }
        entries->items = items;
        gathering->capacity = capacity;
    }
    for (size_t i = 0; i < log->entries.count; i++) {
        layout_copy(log_entry_layout(), gathering->arena, &log->entries.items[i],
                    &entries->items[entries->count++]);
    }
}

/* As FINISHED would say it if it ended now. */
static void finished_so_far(struct account *account, struct arena *arena)
{
    struct speed none = {0};
    struct buffer line = {0};
    progress_line(&account->progress, &none, &line);
    account->finished = (struct message_finished){
        .sentence = arena_strdup(arena, buffer_text(&line)), .status = account->progress.status};
    buffer_free(&line);
}

/* 1: there was no rollout yet. */
static int account_ask(struct invocation *invocation, const char *rollout, struct account *account,
                       struct error *error)
{
    struct inquiry inquiry;
    struct arena *arena = &invocation->arena;
    struct message request = {.type = MESSAGE_FAILURES_WANTED, .failures_wanted = {rollout, ""}};
    struct message answer;
    int result = inquiry_open(&inquiry, invocation, rollout, error);
    if (result == 0) {
        result = inquiry_rollout(&inquiry, &account->progress, &account->over, &account->finished,
                                 error);
    }
    if (result == 0 && account->progress.status.rollout[0] == '\0') {
        result = 1;
    }
    if (result == 0) {
        result = inquiry_ask(&inquiry, &request, MESSAGE_FAILURES, &answer, error);
    }
    if (result == 0) {
        if (!account->over) {
            finished_so_far(account, arena);
        }
        account->finished.failures = answer.failures.failures;
        failures_locate(invocation, &account->finished.failures);
    }
    inquiry_close(&inquiry);
    return result;
}

static int account_gather(struct invocation *invocation, const char *rollout,
                          struct account *account, struct error *error)
{
    int result = account_ask(invocation, rollout, account, error);
    if (result != 0) {
        return result;
    }
    struct gathering gathering = {&invocation->arena, &account->entries, 0};
    const struct message_log_wanted wanted = {.rollout = account->progress.status.rollout,
                                              .where = ""};
    return log_read(invocation, &wanted, false, part_take, &gathering, error);
}

/* ---- how it is told ---- */

static int dump_append(const char *part, size_t length, void *context)
{
    buffer_append(context, part, length);
    return 0;
}

static void account_json(const struct account *account, struct buffer *out)
{
    json_t *object = json_body(MESSAGE_PROGRESS, &account->progress);
    (void)json_object_update_new(object, json_body(MESSAGE_FINISHED, &account->finished));
    json_t *failures = json_array();
    json_t *entries = json_array();
    for (size_t i = 0; i < account->finished.failures.count; i++) {
        (void)json_array_append_new(failures,
                                    json_failure_group(&account->finished.failures.items[i]));
    }
    for (size_t i = 0; i < account->entries.count; i++) {
        (void)json_array_append_new(entries, json_log_entry(&account->entries.items[i]));
    }
    (void)json_object_del(object, "event");
    (void)json_object_set_new(object, "over", json_boolean(account->over));
    (void)json_object_set_new(object, "failures", failures);
    (void)json_object_set_new(object, "log", entries);
    (void)json_dump_callback(object, dump_append, out, JSON_INDENT(1) | JSON_ENSURE_ASCII);
    buffer_text_append(out, "\n");
    json_decref(object);
}

typedef void account_render(const struct account *account, struct buffer *out);

static const struct form {
    const char *suffix;
    account_render *render;
} forms[] = {{".html", account_html}, {".md", account_markdown}, {".json", account_json}};

/* By the end of its name. */
static account_render *form_of(const char *path, struct error *error)
{
    size_t length = strlen(path);
    for (size_t i = 0; i < LENGTH(forms); i++) {
        size_t end = strlen(forms[i].suffix);
        if (length > end && strcmp(path + length - end, forms[i].suffix) == 0) {
            return forms[i].render;
        }
    }
    (void)error_set(error, ERROR_USAGE, "%s: in what form is the report to be?", path);
    (void)error_hint(error, "a name that ends with .html, .md or .json says so");
    return NULL;
}

/* Whole or not at all. */
static int file_write(const char *path, const struct buffer *text, struct error *error)
{
    struct buffer part = {0};
    buffer_printf(&part, "%s.part", path);
    FILE *file = fopen(buffer_text(&part), "we");
    bool good = file != NULL && fwrite(text->data, 1, text->length, file) == text->length;
    good = (file == NULL || fclose(file) == 0) && good;
    good = good && rename(buffer_text(&part), path) == 0;
    if (!good) {
        (void)error_set(error, ERROR_IO, "%s cannot be written: %s", path, strerror(errno));
        (void)unlink(buffer_text(&part));
    }
    buffer_free(&part);
    return good ? 0 : -1;
}

int command_report(struct invocation *invocation, struct error *error)
{
    const struct arguments *arguments = &invocation->arguments;
    const char *path = arguments_value(arguments, OPTION_REPORT_FILE);
    bool file = path != NULL && strcmp(path, "-") != 0;
    account_render *render = invocation->json ? account_json : account_markdown;
    if (file && (render = form_of(path, error)) == NULL) {
        return -1;
    }
    struct account account = {0};
    struct buffer text = {0};
    const char *rollout = arguments->words.count > 0 ? arguments->words.items[0] : "";
    int result = account_gather(invocation, rollout, &account, error);
    if (result == 1) {
        (void)error_set(error, ERROR_FAILED, "there was no rollout yet");
        return error_hint(error, "`drover upgrade head` begins one");
    }
    if (result == 0) {
        render(&account, &text);
        result = file ? file_write(path, &text, error) : 0;
    }
    if (result == 0 && file) {
        (void)fprintf(stderr, "The report of rollout %s is written to %s.\n",
                      account.progress.status.rollout, path);
    } else if (result == 0) {
        (void)fputs(buffer_text(&text), stdout);
    }
    buffer_free(&text);
    return result;
}
