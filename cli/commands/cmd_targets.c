/* `targets`: what the configuration resolves to, discovery included. */
#include <stdio.h>
#include <string.h>

#include "cli/client/conversation.h"
#include "cli/commands/place.h"
#include "cli/line/commands.h"
#include "cli/report/report.h"
#include "cli/text/json.h"
#include "cli/text/table.h"
#include "common/base/array.h"

static const char *labels_text(struct arena *arena, struct texts labels)
{
    struct buffer text = {0};
    for (size_t i = 0; i < labels.count; i++) {
        buffer_printf(&text, "%s%s", i > 0 ? " " : "", labels.items[i]);
    }
    const char *copy = arena_strdup(arena, buffer_text(&text));
    buffer_free(&text);
    return copy;
}

static void targets_json(struct arena *arena, const struct target_status_list *targets,
                         const struct message_finished *finished)
{
    json_t *list = json_array();
    json_t *failures = json_array();
    for (size_t i = 0; i < targets->count; i++) {
        const struct target_status *target = &targets->items[i];
        const struct url url = place_url(&target->place, arena);
        (void)json_array_append_new(
            list, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
                            json_text(target->place.name), "server", json_text(target->server),
                            "database", json_text(url.database), "user", json_text(url.user), "url",
                            json_text(target->place.url), "schema", json_text(target->place.schema),
                            "search_path", json_text(target->place.search_path), "labels",
                            json_labels(target->labels)));
    }
    for (size_t i = 0; i < finished->failures.count; i++) {
        (void)json_array_append_new(failures, json_failure_group(&finished->failures.items[i]));
    }
    json_page(json_pack("{s:o, s:o}", "targets", list, "failures", failures));
}

static void targets_show(const struct invocation *invocation, struct arena *arena,
                         const struct target_status_list *targets,
                         const struct message_finished *finished)
{
    static const struct table_column columns[] = {
        {"NAME", false},   {"SERVER", false}, {"DATABASE", false}, {"USER", false},
        {"SCHEMA", false}, {"LABELS", false}, {"CONNECT", false}};
    struct table table;
    struct buffer text = {0};
    table_init(&table, arena, columns, LENGTH(columns) - (invocation->verbose ? 0 : 1));
    for (size_t i = 0; i < targets->count; i++) {
        const struct target_status *target = &targets->items[i];
        const struct url url = place_url(&target->place, arena);
        const char *cells[] = {target->place.name,
                               target->server,
                               url.database,
                               url.user,
                               target->place.schema,
                               labels_text(arena, target->labels),
                               place_psql(&target->place, arena)};
        table_row(&table, cells);
    }
    if (targets->count > 0) {
        table_render(&table, &invocation->output, &text);
    }
    (void)fputs(buffer_text(&text), stdout);
    (void)fflush(stdout);
    buffer_clear(&text);
    report_failures(&finished->failures, true, &invocation->messages, &text);
    if (targets->count == 0 && finished->failures.count == 0) {
        buffer_text_append(&text, "The configuration resolves to no target.\n");
    }
    (void)fputs(buffer_text(&text), stderr);
    buffer_free(&text);
}

int command_targets(struct invocation *invocation, struct error *error)
{
    struct conversation conversation;
    struct target_status_list targets;
    struct message_finished finished;
    int result = conversation_open(&conversation, invocation, false, error);
    if (result == 0) {
        result = conversation_question(&conversation, PURPOSE_LIST, &targets, &finished, error);
    }
    if (result == 0) {
        if (invocation->json) {
            targets_json(&invocation->arena, &targets, &finished);
        } else {
            targets_show(invocation, &invocation->arena, &targets, &finished);
        }
        result = (int)finished.exit_code;
    }
    conversation_close(&conversation);
    return result;
}
