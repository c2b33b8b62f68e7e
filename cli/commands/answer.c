/* Answers (answer.h). */
#include "cli/commands/answer.h"

#include <string.h>

#include "cli/client/conversation.h"
#include "cli/line/commands.h"
#include "common/vocabulary/rollout.h"

enum { STATEMENTS_MOST = 1000000 };

int answer_take(const struct arguments *arguments, struct statement_answer *answer,
                struct error *error)
{
    bool again = arguments_given(arguments, OPTION_AGAIN);
    if (again && arguments_given(arguments, OPTION_DONE)) {
        return error_set(error, ERROR_USAGE, "--done or --again, not both");
    }
    answer->answered_again = again;
    return arguments_number(arguments, again ? OPTION_AGAIN : OPTION_DONE, STATEMENTS_MOST, 0,
                            &answer->answered, error);
}

const struct message_progress *answer_finds_over(struct invocation *invocation, struct error *error)
{
    struct conversation conversation;
    struct message watch = {.type = MESSAGE_WATCH, .watch = {.rollout = ""}};
    struct message *answer = arena_alloc(&invocation->arena, sizeof *answer);
    int result = conversation_open(&conversation, invocation, false, error);
    if (result == 0) {
        result = conversation_connect(&conversation, CLIENT_ANYWHERE, false, error);
    }
    if (result == 0) {
        result = client_ask(conversation.client, &watch, MESSAGE_PROGRESS, &invocation->arena,
                            answer, error);
    }
    conversation_close(&conversation);
    return result == 0 && !rollout_state_is_active(answer->progress.status.state)
               ? &answer->progress
               : NULL;
}

static struct texts texts_of_one(struct arena *arena, const char *text)
{
    const char **items = arena_array(arena, 1, sizeof *items);
    items[0] = text;
    return (struct texts){.items = items, .count = 1};
}

int answer_afterwards(struct invocation *invocation, const struct message_progress *over,
                      const char *scope, struct error *error)
{
    bool up = strcmp(over->status.verb, direction_word(DIRECTION_UP)) == 0;
    if (!up && strcmp(over->status.verb, direction_word(DIRECTION_DOWN)) != 0) {
        (void)error_set(error, ERROR_FAILED, "the last rollout, %s, is over and was a %s",
                        over->status.rollout, over->status.verb);
        return error_hint(error, "`drover upgrade` or `drover downgrade` asks again, then answer");
    }
    struct arguments *arguments = &invocation->arguments;
    arguments->command = &commands[up ? COMMAND_UPGRADE : COMMAND_DOWNGRADE];
    arguments->words = texts_of_one(&invocation->arena, over->status.spec);
    arguments->values[OPTION_TARGET] = (struct texts){0};
    arguments->values[OPTION_WHERE] = texts_of_one(&invocation->arena, scope);
    arguments->values[OPTION_YES] = texts_of_one(&invocation->arena, "");
    return (up ? command_upgrade : command_downgrade)(invocation, error);
}
