/* `status`: where the current or last rollout stands, asked of a
 * running coordinator or the journal.
 */
#include <stdio.h>
#include <string.h>

#include "cli/client/inquiry.h"
#include "cli/client/watch.h"
#include "cli/line/commands.h"
#include "cli/line/scope.h"
#include "cli/report/grouping.h"
#include "cli/report/status_text.h"
#include "cli/screen/screen.h"
#include "cli/text/json.h"

/* Which configuration is in force; none when nobody is at work, or says so. */
static void configuration_ask(struct inquiry *inquiry, struct status *status)
{
    struct arena *arena = &inquiry->conversation.invocation->arena;
    struct message request = {.type = MESSAGE_RELOAD, .reload = {.who = {"", ""}, .asks = true}};
    struct message *answer = arena_alloc(arena, sizeof *answer);
    struct error ignored = {0};
    if (!inquiry->from_journal && client_configuration(inquiry->conversation.client)[0] != '\0' &&
        inquiry_ask(inquiry, &request, MESSAGE_RELOADED, answer, &ignored) == 0) {
        status->configuration = &answer->reloaded;
    }
}

/* FINISHED tells all failures; others have to be asked for. */
static int failures_ask(struct inquiry *inquiry, struct status *status, struct error *error)
{
    struct message request = {.type = MESSAGE_FAILURES_WANTED,
                              .failures_wanted = {inquiry->rollout, status->scope}};
    struct message answer;
    if (status->over && status->scope[0] == '\0') {
        status->failures = status->finished.failures;
    } else if (inquiry_ask(inquiry, &request, MESSAGE_FAILURES, &answer, error) != 0) {
        return -1;
    } else {
        status->failures = answer.failures.failures;
        status->finished.remarks = answer.failures.remarks;
    }
    failures_locate(inquiry->conversation.invocation, &status->failures);
    remarks_locate(inquiry->conversation.invocation, &status->finished.remarks);
    status->finished.failures = status->over ? status->failures : status->finished.failures;
    return 0;
}

/* 1: there was no rollout yet. */
static int status_ask(struct inquiry *inquiry, struct status *status, struct error *error)
{
    int result =
        inquiry_rollout(inquiry, &status->progress, &status->over, &status->finished, error);
    if (result == 0) {
        configuration_ask(inquiry, status);
    }
    if (result != 0 || status->progress.status.rollout[0] == '\0') {
        return result;
    }
    status->from_journal = inquiry->from_journal;
    if (failures_ask(inquiry, status, error) != 0) {
        return -1;
    }
    if (status_asks_targets(status) &&
        inquiry_targets(inquiry, status->scope, &status->targets, error) != 0) {
        return -1;
    }
    if (!status->over && !inquiry->from_journal) {
        status->forecast = conversation_forecast(&inquiry->conversation, "");
    }
    return 0;
}

static void status_show(const struct invocation *invocation, const struct status *status)
{
    const struct style *style = &invocation->output;
    struct buffer text = {0};
    status_render(status, invocation->verbose || !style->terminal, style, &text);
    (void)fputs(buffer_text(&text), stdout);
    buffer_free(&text);
}

/* As that of the command that runs it; of one that is under way 0, but where only a person, or somebody
 * who takes it up, can bring it on. */
static int exit_code(const struct status *status)
{
    if (status->over) {
        return (int)status->finished.exit_code;
    }
    bool none = status->progress.status.rollout[0] == '\0';
    bool stands = false;
    for (size_t i = 0; i < status->progress.waves.count; i++) {
        stands = stands || status->progress.waves.items[i].state == WAVE_AWAITING;
    }
    return !none && (stands || status->from_journal) ? error_exit_code(ERROR_STOPPED) : 0;
}

int command_status(struct invocation *invocation, struct error *error)
{
    const struct arguments *arguments = &invocation->arguments;
    struct inquiry inquiry = {0};
    struct status status = {.group_by = arguments_value(arguments, OPTION_GROUP_BY),
                            .lists_targets = arguments_given(arguments, OPTION_TARGETS)};
    struct texts none = {0};
    int result = scope_make(invocation, none, &status.scope, error);
    if (result == 0 && status.group_by != NULL) {
        result = grouping_check(status.group_by, error);
    }
    if (result == 0) {
        const char *rollout = arguments->words.count > 0 ? arguments->words.items[0] : "";
        result = inquiry_open(&inquiry, invocation, rollout, error);
    }
    if (result == 0 && arguments_given(arguments, OPTION_WATCH) && !inquiry.from_journal) {
        bool lines = arguments_given(arguments, OPTION_PLAIN) || !screen_is_possible(invocation);
        result = (lines ? watch_rollout : screen_rollout)(invocation, inquiry.conversation.client,
                                                          inquiry.rollout, error);
        inquiry_close(&inquiry);
        return result;
    }
    if (result == 0) {
        result = status_ask(&inquiry, &status, error);
    }
    if (result >= 0) {
        bool asked = result == 0 && arguments_given(arguments, OPTION_EXIT_CODE);
        result = asked ? exit_code(&status) : 0;
        if (invocation->json) {
            json_page(status_json(&status));
        } else {
            status_show(invocation, &status);
        }
    }
    inquiry_close(&inquiry);
    return result;
}
