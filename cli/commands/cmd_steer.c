/* `pause`, `resume`, `approve`, `retry`, `skip`, `unskip`, `set`, `cancel`, `rollback`: CONTROL to
 * a running coordinator or to a run in another process, which listens in the same place.
 * When none answers, an unfinished rollout stands still in the journal: it is taken up
 * in this process, and steered there.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/client/conversation.h"
#include "cli/client/watch.h"
#include "cli/commands/answer.h"
#include "cli/line/commands.h"
#include "cli/line/confirm.h"
#include "cli/line/scope.h"
#include "cli/report/progress.h"
#include "cli/text/json.h"
#include "common/config/value.h"
#include "common/revision/bundle.h"
#include "common/vocabulary/limits.h"

enum {
    CAP_MOST = 100000,
    SKIP_HANDFUL = 5, /* so many targets are skipped without a question */
};

/* ---- the request ---- */

static struct message control_request(struct invocation *invocation, enum control_verb verb)
{
    const char *reason = arguments_value(&invocation->arguments, OPTION_REASON);
    struct message request = {.type = MESSAGE_CONTROL};
    request.control = (struct message_control){
        .verb = verb,
        .who = {client_actor(&invocation->arena), reason == NULL ? "" : reason},
        .rollout = "",
        .scope = "",
        .digest = "",
        .bundle = "",
        .limits = limits_kept()};
    return request;
}

/* The same with the scope of the command line. */
static int scoped_request(struct invocation *invocation, enum control_verb verb,
                          struct message *request, struct error *error)
{
    *request = control_request(invocation, verb);
    return scope_make(invocation, invocation->arguments.words, &request->control.scope, error);
}

/* ---- the answer ---- */

/* What somebody would want to know now; "" when the sentence says it. */
static const char *next_step(const struct message_control *request,
                             const struct message_controlled *answer, struct arena *arena)
{
    bool paused = answer->state == ROLLOUT_PAUSED;
    switch (request->verb) {
    case CONTROL_PAUSE:
        return request->scope[0] == '\0'
                   ? "`drover resume` goes on; `drover cancel` gives it up."
                   : arena_printf(arena, "`drover resume --where \"%s\"` lets them go on.",
                                  request->scope);
    case CONTROL_CANCEL:
        return "Targets that are done stay as they are; `drover rollback` takes them back.";
    case CONTROL_SKIP:
    case CONTROL_UNSKIP:
    case CONTROL_SET: return paused ? "The rollout is paused: `drover resume` goes on." : "";
    case CONTROL_RETRY:
        if (paused) {
            return "The rollout is paused: `drover resume` goes on.";
        }
        return "`drover status -w` follows it.";
    case CONTROL_RESUME: return "`drover status -w` follows it.";
    case CONTROL_APPROVE:
    case CONTROL_ROLLBACK: break;
    }
    return "";
}

/* The coordinator's sentence as one of ours: "paused, nothing runs"
 * becomes "Paused, nothing runs." */
static void sentence_print(const char *sentence, FILE *stream)
{
    size_t length = strlen(sentence);
    bool ended = strchr(".!?", sentence[length - 1]) != NULL;
    (void)fprintf(stream, "%c%s%s\n", toupper((unsigned char)sentence[0]), sentence + 1,
                  ended ? "" : ".");
}

/* Names that nobody bears, or whose targets the verb did not concern, are not passed over. */
static void names_check(const struct invocation *invocation, const struct message_control *request,
                        const struct message_controlled *controlled, FILE *stream)
{
    struct texts names = invocation->arguments.words;
    bool patterns = request->scope[0] == '\0';
    for (size_t i = 0; i < names.count; i++) {
        patterns = patterns || strchr(names.items[i], '*') != NULL;
    }
    if (!patterns && controlled->targets < names.count) {
        (void)fprintf(stream,
                      "That is %u of the %zu targets named; `drover status --targets` shows all.\n",
                      controlled->targets, names.count);
    }
}

static void answer_show(struct invocation *invocation, const struct message_control *request,
                        const struct message *answer, FILE *stream)
{
    const struct message_controlled *controlled = &answer->controlled;
    if (invocation->json) {
        json_line(json_message(answer));
        return;
    }
    const char *next = stream == stdout ? next_step(request, controlled, &invocation->arena) : "";
    if (controlled->sentence[0] == '\0') {
        (void)fprintf(stream, "rollout %s: %s\n", controlled->rollout,
                      rollout_state_word(controlled->state));
    } else {
        sentence_print(controlled->sentence, stream);
    }
    names_check(invocation, request, controlled, stream);
    if (next[0] != '\0') {
        (void)fprintf(stream, "%s\n", next);
    }
    (void)fflush(stream);
}

/* A rollout whose process died is not paused, so that nothing is to be resumed or retried: being
 * taken up is enough. */
static bool goes_on_by_itself(struct conversation *conversation,
                              const struct message_control *request)
{
    struct message watch = {.type = MESSAGE_WATCH, .watch = {.rollout = ""}};
    struct message answer;
    struct error error = {0};
    bool asks_to_go_on = request->verb == CONTROL_RESUME || request->verb == CONTROL_RETRY;
    return asks_to_go_on && request->scope[0] == '\0' && client_is_embedded(conversation->client) &&
           client_ask(conversation->client, &watch, MESSAGE_PROGRESS,
                      &conversation->invocation->arena, &answer, &error) == 0 &&
           !progress_over(&answer.progress);
}

/* ---- the conversation ---- */

/* Asks what a rollback would do. A way down that its revisions lack may be among the files at hand. */
static int rollback_ask(struct conversation *conversation, struct message *request,
                        struct message *answer, struct error *error)
{
    struct arena *arena = &conversation->invocation->arena;
    struct error ignored = {0};
    int result =
        client_ask(conversation->client, request, MESSAGE_CONTROLLED, arena, answer, error);
    if (result == 0 || error->code != ERROR_REFUSED ||
        conversation_offer(conversation, &ignored) != 0) {
        return result;
    }
    *error = (struct error){0};
    request->control.bundle = bundle_digest(conversation->bundle);
    return client_ask(conversation->client, request, MESSAGE_CONTROLLED, arena, answer, error);
}

/* For what takes much with it: shows what it would do, and asks. A rollback is from here on that of
 * this very rollout. */
static int verb_confirm(struct conversation *conversation, struct message *request,
                        struct error *error)
{
    struct invocation *invocation = conversation->invocation;
    struct message answer;
    request->control.asks = true;
    int result = request->control.verb == CONTROL_ROLLBACK
                     ? rollback_ask(conversation, request, &answer, error)
                     : client_ask(conversation->client, request, MESSAGE_CONTROLLED,
                                  &invocation->arena, &answer, error);
    request->control.asks = false;
    if (result != 0) {
        return result;
    }
    const struct message_controlled *would = &answer.controlled;
    const char *question;
    if (request->control.verb == CONTROL_ROLLBACK) {
        request->control.rollout = answer.controlled.rollout;
        question =
            arena_printf(&invocation->arena, "%c%s.\nWhat its revisions added is dropped. Begin?",
                         toupper((unsigned char)would->sentence[0]), would->sentence + 1);
    } else if (would->targets > SKIP_HANDFUL) {
        question = arena_printf(&invocation->arena,
                                "Skip %u targets? They stay as they are, and rollout %s goes on "
                                "without them.",
                                would->targets, would->rollout);
    } else {
        return 0;
    }
    return confirm(invocation, question, error);
}

/* Sends it and shows what came of it. In this process, or with `watches`, the rollout is then
 * followed to its end. */
static int steer(struct invocation *invocation, struct message *request, enum client_place place,
                 bool watches, struct error *error)
{
    struct conversation conversation;
    struct message answer;
    enum control_verb verb = request->control.verb;
    int result = conversation_open(&conversation, invocation, false, error);
    if (result == 0) {
        result = conversation_connect(&conversation, place, false, error);
    }
    if (result == 0 && (verb == CONTROL_ROLLBACK || verb == CONTROL_SKIP)) {
        result = verb_confirm(&conversation, request, error);
    }
    if (result != 0) {
        conversation_close(&conversation);
        return result;
    }
    watches = watches || client_is_embedded(conversation.client);
    result = client_ask(conversation.client, request, MESSAGE_CONTROLLED, &invocation->arena,
                        &answer, error);
    if (result == 0) {
        answer_show(invocation, &request->control, &answer, watches ? stderr : stdout);
    } else if (goes_on_by_itself(&conversation, &request->control)) {
        answer.controlled.rollout = "";
        result = 0;
    }
    /* what is left half done is known when all that ran has stopped */
    bool stops = result == 0 && verb == CONTROL_CANCEL && answer.controlled.targets > 0;
    if (result == 0 && (watches || (stops && !invocation->json))) {
        /* a rollback may have to wait until the rollout that it takes back has stopped */
        bool follows = verb == CONTROL_ROLLBACK;
        result = watch_rollout(invocation, conversation.client,
                               follows ? "" : answer.controlled.rollout, error);
        if (verb == CONTROL_CANCEL && result == error_exit_code(ERROR_STOPPED)) {
            result = 0; /* that is what was asked for */
        }
    }
    conversation_close(&conversation);
    return result;
}

static int steer_scoped(struct invocation *invocation, enum control_verb verb, struct error *error)
{
    struct message request;
    if (scoped_request(invocation, verb, &request, error) != 0) {
        return -1;
    }
    return steer(invocation, &request, CLIENT_ANYWHERE, false, error);
}

/* ---- the verbs ---- */

/* A reason that says something. */
static int reason_check(const struct message_control *request, const char *what, const char *shown,
                        struct error *error)
{
    const char *reason = request->who.reason;
    if (strspn(reason, " \t\n") < strlen(reason)) {
        return 0;
    }
    (void)error_set(error, ERROR_USAGE, "%s needs a reason", what);
    return error_hint(error, "--reason TEXT; it is shown with %s and kept", shown);
}

int command_pause(struct invocation *invocation, struct error *error)
{
    struct message request;
    if (scoped_request(invocation, CONTROL_PAUSE, &request, error) != 0) {
        return -1;
    }
    request.control.now = arguments_given(&invocation->arguments, OPTION_NOW);
    int result = steer(invocation, &request, CLIENT_SERVICE, false, error);
    if (result < 0 && error->code == ERROR_IO) {
        (void)error_hint(error, "nothing runs, so there is nothing to pause");
    }
    return result;
}

int command_resume(struct invocation *invocation, struct error *error)
{
    return steer_scoped(invocation, CONTROL_RESUME, error);
}

int command_retry(struct invocation *invocation, struct error *error)
{
    struct message request;
    struct statement_answer *answer = &request.control.answer;
    if (scoped_request(invocation, CONTROL_RETRY, &request, error) != 0 ||
        answer_take(&invocation->arguments, answer, error) != 0) {
        return -1;
    }
    if (answer->answered != 0 && request.control.scope[0] == '\0') {
        (void)error_set(error, ERROR_USAGE, "of which target is that so?");
        return error_hint(error, "name those that were looked at: `drover retry acme --done %u`",
                          answer->answered);
    }
    const struct message_progress *over =
        answer->answered != 0 ? answer_finds_over(invocation, error) : NULL;
    if (error->code != ERROR_NONE) {
        return -1;
    }
    return over != NULL ? answer_afterwards(invocation, over, request.control.scope, error)
                        : steer(invocation, &request, CLIENT_ANYWHERE, false, error);
}

int command_cancel(struct invocation *invocation, struct error *error)
{
    struct message request = control_request(invocation, CONTROL_CANCEL);
    return steer(invocation, &request, CLIENT_ANYWHERE, false, error);
}

int command_skip(struct invocation *invocation, struct error *error)
{
    struct message request;
    if (scoped_request(invocation, CONTROL_SKIP, &request, error) != 0) {
        return -1;
    }
    if (request.control.scope[0] == '\0') {
        (void)error_set(error, ERROR_USAGE, "which targets are to be skipped?");
        return error_hint(error, "`drover skip acme --reason ...`, or --where SCOPE");
    }
    if (reason_check(&request.control, "skipping targets", "the targets", error) != 0) {
        return -1;
    }
    return steer(invocation, &request, CLIENT_ANYWHERE, false, error);
}

int command_unskip(struct invocation *invocation, struct error *error)
{
    return steer_scoped(invocation, CONTROL_UNSKIP, error);
}

int command_approve(struct invocation *invocation, struct error *error)
{
    const struct arguments *arguments = &invocation->arguments;
    const char *digest = arguments_value(arguments, OPTION_DIGEST);
    if (digest == NULL || digest[0] == '\0') {
        (void)error_set(error, ERROR_USAGE, "an approval names the plan that was looked at");
        return error_hint(error,
                          "--digest DIGEST; `drover status` shows it, its beginning will do");
    }
    struct message request = control_request(invocation, CONTROL_APPROVE);
    request.control.rollout = arguments->words.count > 0 ? arguments->words.items[0] : "";
    request.control.digest = digest;
    return steer(invocation, &request, CLIENT_ANYWHERE, false, error);
}

/* ---- limits: one function for each type of limit_changes.def ---- */

static int take_u32(const struct arguments *arguments, enum option_id option, uint32_t *limit,
                    struct error *error)
{
    return arguments_number(arguments, option, CAP_MOST, LIMIT_KEPT, limit, error);
}

static int take_u64(const struct arguments *arguments, enum option_id option, uint64_t *time_ms,
                    struct error *error)
{
    const char *text = arguments_value(arguments, option);
    if (text != NULL && value_duration(text, time_ms, error) != 0) {
        error->code = ERROR_USAGE;
        return error_wrap(error, "--%s \"%s\"", command_options[option].long_name, text);
    }
    return 0;
}

static int take_share(const struct arguments *arguments, enum option_id option, struct share *limit,
                      struct error *error)
{
    const char *text = arguments_value(arguments, option);
    if (text != NULL && value_budget(text, limit, error) != 0) {
        error->code = ERROR_USAGE;
        return error_wrap(error, "--%s \"%s\"", command_options[option].long_name, text);
    }
    return 0;
}

static int take_safeguard(const struct arguments *arguments, enum option_id out,
                          enum option_id back, enum safeguard_change *change, struct error *error)
{
    bool overrides = arguments_given(arguments, out);
    bool restores = arguments_given(arguments, back);
    if (overrides && restores) {
        return error_set(error, ERROR_USAGE, "--%s and --%s contradict each other",
                         command_options[out].long_name, command_options[back].long_name);
    }
    *change = overrides ? SAFEGUARD_OVERRIDDEN : restores ? SAFEGUARD_RESTORED : SAFEGUARD_KEPT;
    return 0;
}

static int take_safeguards(const struct arguments *arguments, struct message_control *request,
                           struct error *error)
{
    struct safeguard_changes *safeguards = &request->safeguards;
    if (take_safeguard(arguments, OPTION_NO_WINDOW, OPTION_WINDOW, &safeguards->windows, error) !=
            0 ||
        take_safeguard(arguments, OPTION_NO_THROTTLE, OPTION_THROTTLE, &safeguards->throttles,
                       error) != 0) {
        return -1;
    }
    bool overrides = safeguards->windows == SAFEGUARD_OVERRIDDEN ||
                     safeguards->throttles == SAFEGUARD_OVERRIDDEN;
    return overrides ? reason_check(request, "an override", "the rollout", error) : 0;
}

int command_set(struct invocation *invocation, struct error *error)
{
    const struct arguments *arguments = &invocation->arguments;
    struct message request;
    struct limit_changes *limits = &request.control.limits;
    if (scoped_request(invocation, CONTROL_SET, &request, error) != 0 ||
        take_safeguards(arguments, &request.control, error) != 0) {
        return -1;
    }
    const struct safeguard_changes *safeguards = &request.control.safeguards;
#define CHANGE(type, whole, member, OPTION, word)                                                  \
    if (take_##type(arguments, OPTION_##OPTION, &limits->member, error) != 0) {                    \
        return -1;                                                                                 \
    }
#include "common/vocabulary/limit_changes.def"
#undef CHANGE
    if (limits_are_kept(limits) && safeguards->windows == SAFEGUARD_KEPT &&
        safeguards->throttles == SAFEGUARD_KEPT) {
        (void)error_set(error, ERROR_USAGE, "what is to be set?");
        return error_hint(error, "`drover set --help` names the limits");
    }
    return steer(invocation, &request, CLIENT_ANYWHERE, false, error);
}

int command_rollback(struct invocation *invocation, struct error *error)
{
    const struct arguments *arguments = &invocation->arguments;
    struct message request = control_request(invocation, CONTROL_ROLLBACK);
    request.control.rollout = arguments->words.count > 0 ? arguments->words.items[0] : "";
    return steer(invocation, &request, CLIENT_ANYWHERE, true, error);
}
