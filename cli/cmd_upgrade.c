/* `upgrade`, `downgrade` and `stamp`: validate, gate, deploy; or just the SQL. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/conversation.h"
#include "cli/json.h"
#include "cli/project.h"
#include "cli/sql_offline.h"
#include "cli/watch.h"
#include "common/revision/stamp.h"

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

/* What is asked of every target. */
struct change {
    enum direction direction;
    struct texts specs;
    const char *spec; /* all of them, with blanks between */
    bool purge;       /* of a stamp */
};

/* Asks on a terminal before what cannot be taken back; 0 when it may go on. */
static int confirm(const struct invocation *invocation, const struct change *change,
                   struct error *error)
{
    bool asks = change->direction == DIRECTION_DOWN || change->purge;
    if (!asks || arguments_given(&invocation->arguments, OPTION_YES) || invocation->json ||
        isatty(STDIN_FILENO) != 1 || !invocation->messages.terminal) {
        return 0;
    }
    char answer[16] = "";
    (void)fprintf(stderr,
                  change->purge
                      ? "Delete the version rows of every target and stamp it as %s? [y/N] "
                      : "Downgrade every target to %s? What its revisions added is dropped. [y/N] ",
                  change->spec);
    (void)fflush(stderr);
    if (fgets(answer, sizeof answer, stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y')) {
        return 0;
    }
    return error_set(error, ERROR_STOPPED, "not confirmed, nothing was changed");
}

/* Ranges are for --sql. In a START blanks stand between specs, and no name holds one. */
static int spec_check(const char *spec, enum direction direction, struct error *error)
{
    if (direction == DIRECTION_STAMP && strchr(spec, ' ') != NULL) {
        return error_set(error, ERROR_USAGE, "\"%s\" is not the name of a revision", spec);
    }
    if (strchr(spec, ':') != NULL) {
        (void)error_set(error, ERROR_USAGE, "a range such as \"%s\" is only for --sql", spec);
        const char *to = strchr(spec, ':') + 1;
        return error_hint(error, "write `drover %s %s`", direction_word(direction),
                          to[0] == '\0' ? "REVISION" : to);
    }
    return 0;
}

/* A name that no target could make sense of is refused before any is contacted. What depends on
 * where a target stands (walks, and several heads of an upgrade) is for the gate. */
static int specs_known(const struct conversation *conversation, const struct change *change,
                       struct error *error)
{
    const struct graph *graph = bundle_graph(conversation->bundle);
    struct arena *arena = &conversation->invocation->arena;
    struct plan plan = {0};
    struct texts none = {0};
    struct error fault = {0};
    bool stamp = change->direction == DIRECTION_STAMP;
    int result = stamp ? stamp_make(graph, change->specs, false, none, arena, &plan, &fault)
                       : plan_make(graph, DIRECTION_UP, change->spec, none, arena, &plan, &fault);
    if (result == 0 ||
        (!stamp && plan.fault != PLAN_FAULT_NO_SUCH_REVISION &&
         plan.fault != PLAN_FAULT_AMBIGUOUS_REVISION && plan.fault != PLAN_FAULT_BAD_SPEC)) {
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

static int rollout_run(struct invocation *invocation, const struct change *change,
                       struct error *error)
{
    struct conversation conversation;
    struct message_started started;
    bool validate = arguments_given(&invocation->arguments, OPTION_VALIDATE_ONLY);
    const struct start_request asked = {.purpose = validate ? "validate" : "deploy",
                                        .direction = direction_word(change->direction),
                                        .spec = change->spec,
                                        .purge = change->purge};
    int result = conversation_open(&conversation, invocation, true, error);
    if (result == 0) {
        result = specs_known(&conversation, change, error);
    }
    if (result == 0 && !validate) {
        result = confirm(invocation, change, error);
    }
    if (result == 0) {
        result = conversation_connect(&conversation, CLIENT_ANYWHERE, false, error);
    }
    if (result == 0) {
        result = conversation_start(&conversation, &asked, &started, error);
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
    const struct arguments *arguments = &invocation->arguments;
    struct change change = {.direction = direction,
                            .specs = arguments->words,
                            .spec = arguments->words.items[0],
                            .purge = arguments_given(arguments, OPTION_PURGE)};
    if (arguments_given(arguments, OPTION_SQL)) {
        return change.purge ? error_set(error, ERROR_USAGE,
                                        "--purge deletes whatever rows are there, which --sql "
                                        "cannot know")
                            : sql_print(invocation, direction, change.specs, error);
    }
    for (size_t i = 0; i < change.specs.count; i++) {
        if (spec_check(change.specs.items[i], direction, error) != 0) {
            return -1;
        }
        if (i > 0) {
            change.spec =
                arena_printf(&invocation->arena, "%s %s", change.spec, change.specs.items[i]);
        }
    }
    return rollout_run(invocation, &change, error);
}

int command_upgrade(struct invocation *invocation, struct error *error)
{
    return migrate(invocation, DIRECTION_UP, error);
}

int command_downgrade(struct invocation *invocation, struct error *error)
{
    return migrate(invocation, DIRECTION_DOWN, error);
}

int command_stamp(struct invocation *invocation, struct error *error)
{
    return migrate(invocation, DIRECTION_STAMP, error);
}
