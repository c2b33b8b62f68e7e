/* `current`: at which revisions the targets stand. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cohorts.h"
#include "cli/commands.h"
#include "cli/conversation.h"
#include "cli/json.h"
#include "cli/report.h"

static bool at_head(const struct graph *graph, struct texts heads, struct arena *arena)
{
    struct revision_list wanted = graph_real_heads(graph, arena);
    if (heads.count != wanted.count) {
        return false;
    }
    for (size_t i = 0; i < heads.count; i++) {
        const struct revision *revision = graph_find(graph, heads.items[i]);
        if (revision == NULL || !graph_is_real_head(graph, revision)) {
            return false;
        }
    }
    return true;
}

static void current_json(const struct conversation *conversation,
                         const struct target_status_list *targets,
                         const struct message_finished *finished)
{
    json_t *list = json_array();
    json_t *failures = json_array();
    for (size_t i = 0; i < targets->count; i++) {
        const struct target_status *target = &targets->items[i];
        json_t *object = json_target_status(target);
        if (conversation->bundle != NULL) {
            bool is_head =
                target->inspected && at_head(bundle_graph(conversation->bundle), target->heads,
                                             &conversation->invocation->arena);
            (void)json_object_set_new(object, "is_head", json_boolean(is_head));
        }
        (void)json_array_append_new(list, object);
    }
    for (size_t i = 0; i < finished->failures.count; i++) {
        (void)json_array_append_new(failures, json_failure_group(&finished->failures.items[i]));
    }
    json_page(json_pack("{s:o, s:o}", "targets", list, "failures", failures));
}

static void current_show(const struct conversation *conversation,
                         const struct target_status_list *targets,
                         const struct message_finished *finished)
{
    const struct invocation *invocation = conversation->invocation;
    const struct graph *graph =
        conversation->bundle == NULL ? NULL : bundle_graph(conversation->bundle);
    struct buffer text = {0};
    cohorts_render(targets, graph, invocation->verbose, &invocation->output, &text);
    (void)fputs(buffer_text(&text), stdout);
    (void)fflush(stdout);
    buffer_clear(&text);
    report_failures(&finished->failures, invocation->verbose || !invocation->messages.terminal,
                    &invocation->messages, &text);
    (void)fputs(buffer_text(&text), stderr);
    buffer_free(&text);
}

int command_current(struct invocation *invocation, struct error *error)
{
    struct conversation conversation;
    struct target_status_list targets;
    struct message_finished finished;
    int result = conversation_open(&conversation, invocation, true, error);
    if (result == 0) {
        result = conversation_question(&conversation, "survey", &targets, &finished, error);
    }
    if (result == 0) {
        if (invocation->json) {
            current_json(&conversation, &targets, &finished);
        } else {
            current_show(&conversation, &targets, &finished);
        }
        result = (int)finished.exit_code;
    }
    conversation_close(&conversation);
    return result;
}
