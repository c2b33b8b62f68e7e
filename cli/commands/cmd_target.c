/* `target`: one target over all rollouts, from the log. */
#include <stdio.h>
#include <string.h>

#include "cli/client/inquiry.h"
#include "cli/client/log_reading.h"
#include "cli/commands/place.h"
#include "cli/line/commands.h"
#include "cli/line/scope.h"
#include "cli/text/json.h"
#include "cli/text/point_in_time.h"
#include "cli/text/style.h"
#include "cli/text/table.h"
#include "common/base/array.h"

/* What became of it in one rollout. */
struct episode {
    struct rollout_summary rollout;
    uint64_t begin_ms; /* the first job there; 0: none */
    uint64_t end_ms;   /* the last thing that happened to it */
    uint32_t attempts; /* deploys that were begun */
    const char *result;
    const char *why; /* the last error, or who skipped it and why */
};

struct history {
    struct arena *arena;
    struct target_status_list targets; /* it, or none: the last rollout did not have it */
    struct episode *items;
    size_t count;
    const struct rollout_summary_list *rollouts;
    size_t capacity;
};

/* ---- from the log ---- */

static struct episode *episode_of(struct history *history, const char *rollout)
{
    if (history->count > 0 &&
        strcmp(history->items[history->count - 1].rollout.status.rollout, rollout) == 0) {
        return &history->items[history->count - 1];
    }
    if (history->count == history->capacity) {
        size_t capacity = 2 * history->capacity + 16;
        struct episode *grown = arena_array(history->arena, capacity, sizeof *grown);
        if (history->count > 0) {
            memcpy(grown, history->items, history->count * sizeof *grown);
        }
        history->items = grown;
        history->capacity = capacity;
    }
    struct episode *episode = &history->items[history->count++];
    *episode = (struct episode){.result = "validated", .why = ""};
    layout_absent(rollout_summary_layout(), &episode->rollout);
    episode->rollout.status.rollout = arena_strdup(history->arena, rollout);
    for (size_t i = 0; i < history->rollouts->count; i++) {
        if (strcmp(history->rollouts->items[i].status.rollout, rollout) == 0) {
            episode->rollout = history->rollouts->items[i];
        }
    }
    return episode;
}

/* Facts that say what became of it, and whether their sentence tells why. */
static const struct outcome {
    const char *fact;
    const char *result;
    bool tells;
} outcomes[] = {
    {"target_deployed", "deployed", false}, {"target_failed", "failed", true},
    {"target_given_up", "given up", true},  {"target_refused", "refused", true},
    {"target_skipped", "skipped", true},    {"target_gone", "gone", true},
    {"job_postponed", "tried again", true}, {"target_retried", "tried again", false},
    {"target_unskipped", "put back", true}, {"job_cancelled", "stopped", false},
};

static void entry_take(struct history *history, const struct log_entry *entry)
{
    struct episode *episode = episode_of(history, entry->rollout);
    if (strcmp(entry->fact, "job_leased") == 0) {
        episode->begin_ms = episode->begin_ms == 0 ? entry->at_ms : episode->begin_ms;
        episode->attempts += strstr(entry->sentence, "(deploy,") != NULL;
    }
    for (size_t i = 0; i < LENGTH(outcomes); i++) {
        if (strcmp(entry->fact, outcomes[i].fact) == 0) {
            episode->result = outcomes[i].result;
            episode->why =
                outcomes[i].tells ? arena_strdup(history->arena, entry->sentence) : episode->why;
        }
    }
    episode->end_ms = entry->at_ms;
}

static void part_take(const struct message_log *log, void *context)
{
    for (size_t i = 0; i < log->entries.count; i++) {
        entry_take(context, &log->entries.items[i]);
    }
}

/* ---- asking ---- */

static int rollouts_ask(struct invocation *invocation, const char *scope, struct history *history,
                        struct rollout_summary_list *rollouts, struct error *error)
{
    struct inquiry inquiry;
    struct message request = {.type = MESSAGE_ROLLOUTS_WANTED};
    struct message answer = {0};
    int result = inquiry_open(&inquiry, invocation, "", error);
    if (result == 0) {
        result = inquiry_ask(&inquiry, &request, MESSAGE_ROLLOUTS, &answer, error);
    }
    if (result == 0) {
        *rollouts = answer.rollouts.rollouts;
        result = inquiry_targets(&inquiry, scope, &history->targets, error);
    }
    inquiry_close(&inquiry);
    return result;
}

static int history_read(struct invocation *invocation, const char *scope, struct history *history,
                        struct rollout_summary_list *rollouts, struct error *error)
{
    const struct message_log_wanted wanted = {.rollout = "", .where = scope, .whole = true};
    history->arena = &invocation->arena;
    history->rollouts = rollouts;
    int result = rollouts_ask(invocation, scope, history, rollouts, error);
    return result != 0 ? result : log_read(invocation, &wanted, false, part_take, history, error);
}

/* ---- showing ---- */

static const char *heads_text(const struct target_status *target, struct arena *arena)
{
    struct buffer text = {0};
    for (size_t i = 0; i < target->heads.count; i++) {
        buffer_printf(&text, "%s%s", i > 0 ? ", " : "", target->heads.items[i]);
    }
    const char *copy = !target->inspected         ? "not looked at yet"
                       : target->heads.count == 0 ? "<base>"
                                                  : arena_strdup(arena, buffer_text(&text));
    buffer_free(&text);
    return copy;
}

static void place_show(const struct target_status *target, struct arena *arena)
{
    const struct url url = place_url(&target->place, arena);
    bool schema = target->place.schema[0] != '\0';
    (void)printf("%s: server %s, database %s%s%s, user %s\n", target->place.name, target->server,
                 url.database, schema ? ", schema " : "", schema ? target->place.schema : "",
                 url.user);
    (void)printf("  stands at %s, %s\n  %s\n\n", heads_text(target, arena),
                 target_state_word(target->state), place_psql(&target->place, arena));
}

static void episodes_show(const struct history *history, const struct style *style)
{
    static const struct table_column columns[] = {
        {"ROLLOUT", false}, {"WHEN", false},    {"WHAT", false}, {"RESULT", false},
        {"TOOK", true},     {"ATTEMPTS", true}, {"BY", false},   {"WHY", false}};
    struct table table;
    struct buffer text = {0};
    table_init(&table, history->arena, columns, LENGTH(columns));
    for (size_t i = history->count; i > 0; i--) {
        const struct episode *episode = &history->items[i - 1];
        const struct rollout_status *status = &episode->rollout.status;
        struct buffer when = {0};
        struct buffer took = {0};
        char attempts[NUMBER_TEXT_BYTES];
        if (episode->begin_ms > 0) {
            moment_date_append(&when, episode->begin_ms);
            duration_append(&took, episode->end_ms - episode->begin_ms);
        }
        const char *cells[] = {
            status->rollout,
            buffer_text(&when),
            arena_printf(history->arena, "%s %s", status->verb, status->spec),
            episode->result,
            buffer_text(&took),
            number_text(episode->attempts, attempts),
            status->actor,
            arena_strndup(history->arena, episode->why, strcspn(episode->why, "\n"))};
        table_row(&table, cells);
        buffer_free(&when);
        buffer_free(&took);
    }
    table.cut = style->terminal;
    table_render(&table, style, &text);
    (void)fputs(buffer_text(&text), stdout);
    buffer_free(&text);
}

static void history_json(const struct history *history)
{
    json_t *list = json_array();
    for (size_t i = history->count; i > 0; i--) {
        const struct episode *episode = &history->items[i - 1];
        json_t *object = json_pack("{s:o, s:I, s:I, s:i, s:s, s:o}", "rollout",
                                   json_rollout_summary(&episode->rollout), "begin_ms",
                                   (json_int_t)episode->begin_ms, "end_ms",
                                   (json_int_t)episode->end_ms, "attempts", (int)episode->attempts,
                                   "result", episode->result, "why", json_text(episode->why));
        (void)json_array_append_new(list, object);
    }
    json_t *target = json_null();
    if (history->targets.count > 0) {
        const struct target_status *status = &history->targets.items[0];
        const struct url url = place_url(&status->place, history->arena);
        target = json_target_status(status);
        (void)json_object_set_new(target, "database", json_text(url.database));
        (void)json_object_set_new(target, "user", json_text(url.user));
        (void)json_object_set_new(target, "psql",
                                  json_text(place_psql(&status->place, history->arena)));
    }
    json_page(json_pack("{s:o, s:o}", "target", target, "rollouts", list));
}

int command_target(struct invocation *invocation, struct error *error)
{
    const char *name = invocation->arguments.words.items[0];
    struct history history = {0};
    struct rollout_summary_list rollouts = {0};
    const char *scope;
    if (scope_make(invocation, invocation->arguments.words, &scope, error) != 0) {
        return -1;
    }
    int result = history_read(invocation, scope, &history, &rollouts, error);
    if (result < 0) {
        return -1;
    }
    if (history.targets.count == 0 && history.count == 0) {
        (void)error_set(error, ERROR_USAGE, "no rollout has had a target %s", name);
        return error_hint(error, "`drover targets` lists those of the configuration");
    }
    if (invocation->json) {
        history_json(&history);
        return 0;
    }
    for (size_t i = 0; i < history.targets.count; i++) {
        place_show(&history.targets.items[i], history.arena);
    }
    if (history.count > 0) {
        episodes_show(&history, &invocation->output);
    }
    return 0;
}
