/* `pause`, `resume`, `cancel`, `retry`: CONTROL to a running coordinator. When none runs, an
 * unfinished rollout stands still in the journal: it is taken up in this process, and steered
 * there.
 */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/conversation.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "cli/watch.h"

static int control(struct conversation *conversation, const char *verb, struct message *answer,
                   struct error *error)
{
    struct invocation *invocation = conversation->invocation;
    const char *reason = arguments_value(&invocation->arguments, OPTION_REASON);
    struct message request = {.type = MESSAGE_CONTROL};
    request.control.verb = verb;
    request.control.actor = client_actor(&invocation->arena);
    request.control.reason = reason == NULL ? "" : reason;
    return client_ask(conversation->client, &request, MESSAGE_CONTROLLED, &invocation->arena,
                      answer, error);
}

/* A rollout whose process died is not paused, so that nothing is to be resumed or retried: being
 * taken up is enough. */
static bool goes_on_by_itself(struct conversation *conversation)
{
    struct message request = {.type = MESSAGE_WATCH};
    struct message answer;
    struct error error = {0};
    request.watch.rollout = "";
    return client_is_embedded(conversation->client) &&
           client_ask(conversation->client, &request, MESSAGE_PROGRESS,
                      &conversation->invocation->arena, &answer, &error) == 0 &&
           !progress_over(&answer.progress);
}

static int steer(struct invocation *invocation, const char *verb, enum client_place place,
                 struct error *error)
{
    struct conversation conversation;
    struct message answer;
    int result = conversation_open(&conversation, invocation, false, error);
    if (result == 0) {
        result = conversation_connect(&conversation, place, false, error);
    }
    if (result == 0) {
        result = control(&conversation, verb, &answer, error);
        if (result != 0 && goes_on_by_itself(&conversation)) {
            result = 0;
        }
    }
    if (result == 0 && client_is_embedded(conversation.client)) {
        result = watch_rollout(invocation, conversation.client, "", error);
        if (strcmp(verb, "cancel") == 0 && result == error_exit_code(ERROR_STOPPED)) {
            result = 0; /* that is what was asked for */
        }
    } else if (result == 0 && invocation->json) {
        json_line(json_message(&answer));
    } else if (result == 0) {
        (void)printf("rollout %s: %s\n", answer.controlled.rollout, answer.controlled.state);
    }
    conversation_close(&conversation);
    return result;
}

int command_pause(struct invocation *invocation, struct error *error)
{
    int result = steer(invocation, "pause", CLIENT_SERVICE, error);
    if (result < 0 && error->code == ERROR_IO) {
        (void)error_hint(error, "nothing runs, so there is nothing to pause");
    }
    return result;
}

int command_resume(struct invocation *invocation, struct error *error)
{
    return steer(invocation, "resume", CLIENT_ANYWHERE, error);
}

int command_cancel(struct invocation *invocation, struct error *error)
{
    return steer(invocation, "cancel", CLIENT_ANYWHERE, error);
}

int command_retry(struct invocation *invocation, struct error *error)
{
    return steer(invocation, "retry", CLIENT_ANYWHERE, error);
}
