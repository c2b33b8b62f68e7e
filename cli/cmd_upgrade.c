/* `upgrade` and `downgrade`: validate, gate, deploy; or just the SQL. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/conversation.h"
#include "cli/json.h"
#include "cli/project.h"
#include "cli/sql_offline.h"
#include "cli/watch.h"

/* What an Alembic project says, else the configuration, else the default. */
static const char *version_name(const char *project, const char *configured, const char *fallback)
{
    if (project != NULL && project[0] != '\0') {
        return project;
    }
    return configured != NULL ? configured : fallback;
}

/* Without a configuration the version table is looked for where PostgreSQL does. */
static int sql_print(struct invocation *invocation, enum direction direction, struct texts specs,
                     struct error *error)
{
    int result = -1;
    struct buffer text = {0};
    struct bundle *bundle = NULL;
    struct config *config = project_config_if_any(invocation, error);
    if (config == NULL && error->code != ERROR_NONE) {
        goto done;
    }
    bundle = project_revisions(invocation, PROJECT_SQL, error);
    if (bundle == NULL) {
        goto done;
    }
    const struct offline_request request = {
        .direction = direction,
        .specs = specs,
        .version_schema = version_name(invocation->version_schema,
                                       config == NULL ? NULL : config->version_schema, ""),
        .version_table =
            version_name(invocation->version_table, config == NULL ? NULL : config->version_table,
                         "alembic_version"),
        .version_keyless = invocation->version_keyless};
    result = offline_sql(bundle_graph(bundle), &request, &text, error);
    if (result == 0) {
        (void)fputs(buffer_text(&text), stdout);
    }
done:
    buffer_free(&text);
    bundle_free(bundle);
    config_free(config);
    return result;
}

/* Asks on a terminal; 0 when it may go on. */
static int confirm(const struct invocation *invocation, const char *spec, struct error *error)
{
    if (arguments_given(&invocation->arguments, OPTION_YES) || invocation->json ||
        isatty(STDIN_FILENO) != 1 || !invocation->messages.terminal) {
        return 0;
    }
    char answer[16] = "";
    (void)fprintf(
        stderr, "Downgrade every target to %s? What its revisions added is dropped. [y/N] ", spec);
    (void)fflush(stderr);
    if (fgets(answer, sizeof answer, stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y')) {
        return 0;
    }
    return error_set(error, ERROR_STOPPED, "not confirmed, nothing was changed");
}

static int spec_check(const char *spec, enum direction direction, struct error *error)
{
    if (strchr(spec, ':') != NULL) {
        (void)error_set(error, ERROR_USAGE, "a range such as \"%s\" is only for --sql", spec);
        const char *to = strchr(spec, ':') + 1;
        return error_hint(error, "write `drover %s %s`", direction_word(direction),
                          to[0] == '\0' ? "REVISION" : to);
    }
    return 0;
}

/* A name that no target could make sense of is refused before any is contacted. What depends on
 * where a target stands (several heads, walks) is for the gate. */
static int spec_known(const struct conversation *conversation, const char *spec,
                      struct error *error)
{
    struct plan plan = {0};
    struct texts none = {0};
    struct error fault = {0};
    if (plan_make(bundle_graph(conversation->bundle), DIRECTION_UP, spec, none,
                  &conversation->invocation->arena, &plan, &fault) == 0) {
        return 0;
    }
    if (plan.fault != PLAN_FAULT_NO_SUCH_REVISION && plan.fault != PLAN_FAULT_AMBIGUOUS_REVISION &&
        plan.fault != PLAN_FAULT_BAD_SPEC) {
        return 0;
    }
    *error = fault;
    error->code = ERROR_REVISION;
    return -1;
}

/* A rollout that an interruption or failures left paused goes on because it was asked for again:
 * with its failed targets if there are any, else from where it stands. Refused: it was not paused.
 */
static int resumed_go_on(struct conversation *conversation, const struct message_started *started,
                         struct error *error)
{
    static const char *const verbs[] = {"retry", "resume"};
    struct arena *arena = &conversation->invocation->arena;
    int result = -1;
    if (!conversation->invocation->json) {
        (void)fprintf(stderr, "Going on with rollout %s\n", started->rollout);
    }
    for (size_t i = 0; i < 2 && result != 0 && client_is_embedded(conversation->client); i++) {
        struct message request = {.type = MESSAGE_CONTROL};
        struct message answer;
        request.control.verb = verbs[i];
        request.control.actor = client_actor(arena);
        request.control.reason = "asked for again";
        result =
            client_ask(conversation->client, &request, MESSAGE_CONTROLLED, arena, &answer, error);
        if (result != 0 && error->code == ERROR_STOPPED) {
            return -1;
        }
    }
    return 0;
}

static int rollout_run(struct invocation *invocation, enum direction direction, const char *spec,
                       struct error *error)
{
    struct conversation conversation;
    struct message_started started;
    bool validate = arguments_given(&invocation->arguments, OPTION_VALIDATE_ONLY);
    int result = conversation_open(&conversation, invocation, true, error);
    if (result == 0) {
        result = spec_known(&conversation, spec, error);
    }
    if (result == 0 && direction == DIRECTION_DOWN && !validate) {
        result = confirm(invocation, spec, error);
    }
    if (result == 0) {
        result = conversation_connect(&conversation, CLIENT_ANYWHERE, false, error);
    }
    if (result == 0) {
        result = conversation_start(&conversation, validate ? "validate" : "deploy",
                                    direction_word(direction), spec, &started, error);
    }
    if (result == 0 && invocation->json) {
        struct message message = {.type = MESSAGE_STARTED, .started = started};
        json_line(json_message(&message));
    }
    if (result == 0 && started.resumed) {
        result = resumed_go_on(&conversation, &started, error);
    }
    if (result == 0) {
        result = watch_rollout(invocation, conversation.client, started.rollout, error);
    }
    conversation_close(&conversation);
    return result;
}

static int migrate(struct invocation *invocation, enum direction direction, struct error *error)
{
    const char *spec = invocation->arguments.words.items[0];
    if (arguments_given(&invocation->arguments, OPTION_SQL)) {
        return sql_print(invocation, direction, invocation->arguments.words, error);
    }
    if (spec_check(spec, direction, error) != 0) {
        return -1;
    }
    return rollout_run(invocation, direction, spec, error);
}

int command_upgrade(struct invocation *invocation, struct error *error)
{
    return migrate(invocation, DIRECTION_UP, error);
}

int command_downgrade(struct invocation *invocation, struct error *error)
{
    return migrate(invocation, DIRECTION_DOWN, error);
}
