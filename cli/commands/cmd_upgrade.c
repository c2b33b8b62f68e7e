/* `upgrade`, `downgrade`, `stamp`, `adopt` and `validate`: validate, gate, deploy; or just the SQL. */
#include <stdio.h>
#include <string.h>

#include "cli/client/survey.h"
#include "cli/client/watch.h"
#include "cli/commands/junit.h"
#include "cli/commands/migration.h"
#include "cli/line/commands.h"
#include "cli/line/confirm.h"
#include "cli/plan/sql_offline.h"
#include "cli/project/project.h"
#include "cli/text/json.h"
#include "common/base/buffer.h"

/* What an Alembic project says, else the configuration, else the default. */
static const char *version_name(const char *project, const char *configured, const char *fallback)
{
    if (project != NULL && project[0] != '\0') {
        return project;
    }
    return configured != NULL ? configured : fallback;
}

/* Which search_path the SQL is meant for: it holds for all targets, so that whoever runs it sets the
 * path of his own. A name may hold a line feed, which would end the comment. */
static void paths_append(const struct config *config, struct buffer *out)
{
    for (size_t i = 0; config != NULL && i < config->fleet.sources.count; i++) {
        const struct target_place *place = &config->fleet.sources.items[i].place;
        if (place->search_path[0] != '\0' && strpbrk(place->search_path, "\r\n") == NULL) {
            buffer_printf(out, "-- In target %s, before the rest: SET search_path = %s;\n",
                          place->name, place->search_path);
        }
    }
    if (out->length > 0) {
        buffer_text_append(out, "\n");
    }
}

/* Without a configuration the version table is looked for where PostgreSQL does. */
static int sql_print(struct invocation *invocation, enum direction direction, struct texts specs,
                     struct error *error)
{
    int result = -1;
    struct buffer text = {0};
    struct bundle *bundle = NULL;
    const struct config *config = project_config_if_any(invocation, error);
    if (config == NULL && error->code != ERROR_NONE) {
        goto done;
    }
    invocation->folder = project_folder_of(invocation, config);
    bundle = project_bundle(invocation, invocation->folder, PROJECT_SQL, error);
    if (bundle == NULL ||
        (graph_size(bundle_graph(bundle)) == 0 && project_empty(invocation, error) != 0)) {
        goto done;
    }
    const struct offline_request request = {
        .direction = direction,
        .specs = specs,
        .version_schema = version_name(invocation->version.version_schema,
                                       config == NULL ? NULL : config->version.version_schema, ""),
        .version_table =
            version_name(invocation->version.version_table,
                         config == NULL ? NULL : config->version.version_table, "alembic_version"),
        .version_keyless = invocation->version.version_keyless,
        .apart = transaction_scope_choose(config == NULL ? TRANSACTION_UNSET : config->transaction,
                                          invocation->transaction) == TRANSACTION_REVISION};
    paths_append(config, &text);
    result = offline_sql(bundle_graph(bundle), &request, &text, error);
    if (result == 0) {
        (void)fputs(buffer_text(&text), stdout);
    }
done:
    buffer_free(&text);
    bundle_free(bundle);
    return result;
}

/* What a downgrade takes with it, told from where the targets stand: a target that cannot say so, or has
 * no way there, is the gate's. */
static void downgrade_append(const struct conversation *conversation,
                             const struct migration *migration, struct buffer *out)
{
    struct survey survey = {.conversation = *conversation};
    struct arena arena = {0};
    struct error ignored = {0};
    size_t concerned = 0;
    size_t most = 0;
    size_t unknown = 0;
    /* a plan's scope is not the command line's, and somebody has looked at it */
    if (migration->path == NULL && survey_ask(&survey, &ignored) == 0) {
        for (size_t i = 0; i < survey.targets.count; i++) {
            const struct target_status *target = &survey.targets.items[i];
            struct plan plan = {0};
            unknown += !target->inspected;
            if (target->inspected &&
                plan_make(bundle_graph(conversation->bundle), DIRECTION_DOWN,
                          migration->request.spec, target->heads, &arena, &plan, &ignored) == 0) {
                concerned += plan.step_count > 0;
                most = plan.step_count > most ? plan.step_count : most;
            }
        }
        buffer_printf(out, "Downgrade %zu of ", concerned);
        buffer_count(out, survey.targets.count, "target");
    } else {
        buffer_text_append(out, "Downgrade every target");
    }
    const char *where = migration->request.where;
    buffer_printf(out, "%s%s to %s", where[0] == '\0' ? "" : " with ", where,
                  migration->request.spec);
    if (most > 0) {
        buffer_text_append(out, ": ");
        buffer_count(out, most, "step");
        buffer_text_append(out, " at most");
    }
    if (unknown > 0) {
        buffer_printf(out, ", and %zu could not be asked", unknown);
    }
    buffer_text_append(out, "? What its revisions added is dropped.");
    client_close(survey.conversation.client);
    arena_free(&arena);
}

/* Asks before what cannot be taken back; the conversation is not connected yet. */
static int migration_confirm(const struct conversation *conversation,
                             const struct migration *migration, struct error *error)
{
    struct invocation *invocation = conversation->invocation;
    struct arena arena = {0};
    const char *with = migration->request.where[0] == '\0' ? "" : " with ";
    int result = 0;
    if (migration->request.purge) {
        result = confirm(invocation,
                         arena_printf(&arena,
                                      "Delete the version rows of every target%s%s and stamp it "
                                      "as %s?",
                                      with, migration->request.where, migration->request.spec),
                         error);
    } else if (migration->request.direction == DIRECTION_DOWN && confirm_asks(invocation)) {
        struct buffer question = {0};
        downgrade_append(conversation, migration, &question);
        result = confirm(invocation, buffer_text(&question), error);
        buffer_free(&question);
    }
    arena_free(&arena);
    return result;
}

/* START and what follows, connected. */
static int rollout_follow(struct conversation *conversation, const struct migration *migration,
                          bool validate, struct error *error)
{
    struct invocation *invocation = conversation->invocation;
    struct message_started started;
    if (conversation_start(conversation, validate ? PURPOSE_VALIDATE : PURPOSE_DEPLOY,
                           &migration->request, &started, error) != 0) {
        return -1;
    }
    if (invocation->json) {
        json_line(json_body(MESSAGE_STARTED, &started));
    }
    if (started.resumed && !invocation->json) {
        (void)fprintf(stderr, "Going on with rollout %s\n", started.rollout);
    }
    int result = watch_rollout(invocation, conversation->client, started.rollout, error);
    if (result == error_exit_code(ERROR_REFUSED)) {
        migration_differences(conversation, migration, started.rollout);
    }
    const char *junit = arguments_value(&invocation->arguments, OPTION_JUNIT);
    if (result >= 0 && junit != NULL &&
        junit_write(conversation, started.rollout, junit, error) != 0) {
        return -1;
    }
    return result;
}

static int migrate(struct invocation *invocation, enum direction direction, bool validate,
                   struct error *error)
{
    struct conversation conversation = {0};
    struct migration migration;
    int result = migration_from_arguments(invocation, direction, &migration, error);
    if (result == 0) {
        result = conversation_open(&conversation, invocation, true, error);
    }
    if (result == 0) {
        result = migration_check(&conversation, &migration, error);
    }
    if (result == 0 && !validate) {
        result = migration_confirm(&conversation, &migration, error);
    }
    if (result == 0) {
        result = conversation_connect(&conversation, CLIENT_ANYWHERE, false, error);
    }
    if (result == 0) {
        result = rollout_follow(&conversation, &migration, validate, error);
    }
    conversation_close(&conversation);
    return result;
}

static int migrate_or_print(struct invocation *invocation, enum direction direction,
                            struct error *error)
{
    const struct arguments *arguments = &invocation->arguments;
    if (!arguments_given(arguments, OPTION_SQL)) {
        return migrate(invocation, direction, arguments_given(arguments, OPTION_VALIDATE_ONLY),
                       error);
    }
    if (arguments_given(arguments, OPTION_PURGE)) {
        return error_set(error, ERROR_USAGE,
                         "--purge deletes whatever rows are there, which --sql cannot know");
    }
    if (arguments->words.count == 0) {
        (void)error_set(error, ERROR_USAGE, "--sql needs REVISION");
        return error_hint(error, "such as `drover %s %s --sql`", arguments->command->words,
                          direction == DIRECTION_UP ? "head" : "head:base");
    }
    return sql_print(invocation, direction, arguments->words, error);
}

int command_upgrade(struct invocation *invocation, struct error *error)
{
    return migrate_or_print(invocation, DIRECTION_UP, error);
}

int command_downgrade(struct invocation *invocation, struct error *error)
{
    return migrate_or_print(invocation, DIRECTION_DOWN, error);
}

int command_validate(struct invocation *invocation, struct error *error)
{
    return migrate(invocation, DIRECTION_UP, true, error);
}

int command_stamp(struct invocation *invocation, struct error *error)
{
    return migrate_or_print(invocation, DIRECTION_STAMP, error);
}

int command_adopt(struct invocation *invocation, struct error *error)
{
    return migrate_or_print(invocation, DIRECTION_STAMP, error);
}
