/* A migration. */
#include "cli/commands/migration.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands/answer.h"
#include "cli/line/scope.h"
#include "cli/plan/plan_difference.h"
#include "cli/project/project.h"
#include "cli/text/json.h"
#include "common/base/array.h"
#include "common/base/selector.h"
#include "common/revision/plan.h"
#include "common/revision/stamp.h"
#include "common/vocabulary/tool.h"

enum { WAVES_MOST = 1000 };

/* ---- the command line ---- */

static bool goes_down(const char *spec)
{
    return strcmp(spec, "base") == 0 || (spec[0] == '-' && isdigit((unsigned char)spec[1]));
}

/* `plan` and `validate` have a revision and a direction of their own. */
static void questions_default(const struct arguments *arguments, struct migration *migration)
{
    enum command_id command = arguments->command->id;
    if (command != COMMAND_PLAN && command != COMMAND_VALIDATE) {
        return;
    }
    migration->request.spec = migration->request.spec == NULL ? "head" : migration->request.spec;
    if (arguments_given(arguments, OPTION_DOWN) || goes_down(migration->request.spec)) {
        migration->request.direction = DIRECTION_DOWN;
    }
}

/* What the file says holds; what the command line says as well must be the same. */
static int plan_take(struct invocation *invocation, struct migration *migration,
                     struct error *error)
{
    const struct plan_document *plan = &migration->plan;
    if (plan_document_read(migration->path, &invocation->arena, &migration->plan, error) != 0) {
        return -1;
    }
    if (strcmp(plan->direction, direction_word(migration->request.direction)) != 0) {
        (void)error_set(error, ERROR_USAGE, "%s is the plan of a %s", migration->path,
                        plan->direction);
        return error_hint(error, "`drover %s --plan %s`", plan->direction, migration->path);
    }
    if (migration->request.spec != NULL && strcmp(plan->spec, migration->request.spec) != 0) {
        (void)error_set(error, ERROR_USAGE, "%s is the plan of `drover %s %s`", migration->path,
                        plan->direction, plan->spec);
        return error_hint(error, "with --plan the revision can be left out");
    }
    if (migration->request.where[0] != '\0' && strcmp(plan->where, migration->request.where) != 0) {
        (void)error_set(error, ERROR_USAGE, "%s is a plan for %s%s", migration->path,
                        plan->where[0] == '\0' ? "the whole fleet" : "--where ", plan->where);
        return error_hint(error, "with --plan, --where can be left out");
    }
    migration->request.spec = plan->spec;
    migration->request.where = plan->where;
    migration->request.plan = plan->plan.digest;
    return 0;
}

/* An adoption is a stamp whose destination is each target's own. */
static int tool_take(const struct arguments *arguments, struct migration *migration,
                     struct arena *arena, struct error *error)
{
    struct rollout_request *request = &migration->request;
    if (arguments->command->id != COMMAND_ADOPT || arguments->words.count == 0) {
        return 0;
    }
    const char *table = arguments_value(arguments, OPTION_TABLE);
    request->tool = arguments->words.items[0];
    request->tool_table = table == NULL ? "" : table;
    if (tool_find(request->tool) != NULL) {
        return 0;
    }
    (void)error_set(error, ERROR_USAGE, "there is no adoption from \"%s\"", request->tool);
    return error_hint(error, "there is one from %s; a database of Alembic's needs none",
                      tool_words(arena));
}

/* Ranges are for --sql. In a START blanks stand between specs, and no name holds one. */
static int spec_check(const struct arguments *arguments, const char *spec,
                      const struct migration *migration, struct error *error)
{
    if (spec == NULL) {
        (void)error_set(error, ERROR_USAGE, "`drover %s` needs REVISION",
                        arguments->command->words);
        return error_hint(error, "such as `drover %s %s`; or --plan FILE",
                          arguments->command->words,
                          migration->request.direction == DIRECTION_UP ? "head" : "-1");
    }
    if (migration->request.direction == DIRECTION_STAMP && strchr(spec, ' ') != NULL) {
        return error_set(error, ERROR_USAGE, "\"%s\" is not the name of a revision", spec);
    }
    const char *colon = strchr(spec, ':');
    if (colon != NULL) {
        (void)error_set(error, ERROR_USAGE, "a range such as \"%s\" is only for --sql", spec);
        return error_hint(error, "write `drover %s %s`", arguments->command->words,
                          colon[1] == '\0' ? "REVISION" : colon + 1);
    }
    return 0;
}

/* The revisions of a stamp, with blanks between. */
static const char *specs_join(struct texts specs, struct arena *arena)
{
    const char *spec = specs.count > 0 ? specs.items[0] : NULL;
    for (size_t i = 1; i < specs.count; i++) {
        spec = arena_printf(arena, "%s %s", spec, specs.items[i]);
    }
    return spec;
}

int migration_from_arguments(struct invocation *invocation, enum direction direction,
                             struct migration *migration, struct error *error)
{
    const struct arguments *arguments = &invocation->arguments;
    *migration = (struct migration){
        .request = {.direction = direction, .plan = "", .tool = "", .tool_table = ""}};
    migration->specs = arguments->words;
    migration->request.spec = specs_join(arguments->words, &invocation->arena);
    migration->request.purge = arguments_given(arguments, OPTION_PURGE);
    migration->path = arguments_value(arguments, OPTION_PLAN);
    questions_default(arguments, migration);
    if (tool_take(arguments, migration, &invocation->arena, error) != 0 ||
        scope_of_fleet(invocation, &migration->request.where, error) != 0 ||
        arguments_number(arguments, OPTION_UNTIL_WAVE, WAVES_MOST, 0,
                         &migration->request.until_wave, error) != 0 ||
        answer_take(arguments, &migration->request.answer, error) != 0 ||
        (migration->path != NULL && plan_take(invocation, migration, error) != 0)) {
        return -1;
    }
    for (size_t i = 1; i < arguments->words.count; i++) {
        if (spec_check(arguments, arguments->words.items[i], migration, error) != 0) {
            return -1;
        }
    }
    return spec_check(
        arguments, arguments->words.count > 0 ? arguments->words.items[0] : migration->request.spec,
        migration, error);
}

/* ---- checks ---- */

static void differences_show(const struct invocation *invocation, const struct migration *migration,
                             const struct buffer *text)
{
    if (invocation->json) {
        json_t *list = json_array();
        for (const char *line = buffer_text(text); *line != '\0';) {
            size_t length = strcspn(line, "\n");
            (void)json_array_append_new(list, json_stringn(line, length));
            line += length + (line[length] == '\n');
        }
        json_line(json_pack("{s:s, s:o, s:o}", "event", "plan_differs", "plan",
                            json_text(migration->plan.plan.digest), "differences", list));
        return;
    }
    (void)printf("This is not the plan of %s, made %s by %s:\n", migration->path,
                 migration->plan.created_at, migration->plan.created_by);
    for (const char *line = buffer_text(text); *line != '\0';) {
        int length = (int)strcspn(line, "\n");
        (void)printf("  %.*s\n", length, line);
        line += length + (line[length] == '\n');
    }
    (void)fflush(stdout);
}

static int bundle_check(const struct conversation *conversation, const struct migration *migration,
                        struct error *error)
{
    if (strcmp(migration->plan.plan.bundle, bundle_digest(conversation->bundle)) == 0) {
        return 0;
    }
    struct buffer text = {0};
    plan_sql_difference_append(&migration->plan, bundle_graph(conversation->bundle), &text);
    if (text.length == 0) {
        buffer_text_append(&text, "migrations: none that this plan runs was changed, but others, "
                                  "or comments\n");
    }
    differences_show(conversation->invocation, migration, &text);
    buffer_free(&text);
    (void)error_set(error, ERROR_REFUSED, "the plan was made for other migrations");
    return error_hint(error, "nothing was changed; `drover plan -o FILE` makes the plan again");
}

/* `head` and `LABEL@head` are one revision, or none, wherever a target stands. */
static bool is_head(const char *spec)
{
    static const char head[] = "head";
    size_t length = strlen(spec);
    size_t tail = sizeof head - 1;
    return length >= tail && strcmp(spec + length - tail, head) == 0 &&
           (length == tail || spec[length - tail - 1] == '@');
}

/* A name that no target could make sense of. What depends on where a target stands (walks) is for
 * the gate. */
static int spec_known(const struct conversation *conversation, const struct migration *migration,
                      struct error *error)
{
    const struct graph *graph = bundle_graph(conversation->bundle);
    struct arena *arena = &conversation->invocation->arena;
    struct plan plan = {0};
    struct texts none = {0};
    struct error fault = {0};
    bool stamp = migration->request.direction == DIRECTION_STAMP;
    if (migration->request.tool[0] != '\0') {
        return 0; /* each target has a destination of its own */
    }
    int result =
        stamp ? stamp_make(graph, migration->specs, false, none, none, arena, &plan, &fault)
              : plan_make(graph, DIRECTION_UP, migration->request.spec, none, arena, &plan, &fault);
    if (result == 0 ||
        (!stamp && plan.fault != PLAN_FAULT_NO_SUCH_REVISION &&
         plan.fault != PLAN_FAULT_AMBIGUOUS_REVISION && plan.fault != PLAN_FAULT_BAD_SPEC &&
         !(plan.fault == PLAN_FAULT_MULTIPLE_HEADS && is_head(migration->request.spec)))) {
        return 0;
    }
    *error = fault;
    error->code = ERROR_REVISION;
    return -1;
}

int migration_check(const struct conversation *conversation, const struct migration *migration,
                    struct error *error)
{
    if (migration->path != NULL && bundle_check(conversation, migration, error) != 0) {
        return -1;
    }
    if (graph_size(bundle_graph(conversation->bundle)) == 0 &&
        migration->request.direction != DIRECTION_STAMP) {
        return project_empty(conversation->invocation, error);
    }
    return spec_known(conversation, migration, error);
}

/* ---- the plan of a rollout ---- */

static struct plan_path_list paths_join(struct plan_path_list first, struct plan_path_list second,
                                        struct arena *arena)
{
    struct plan_path_list all = {arena_array(arena, first.count + second.count, sizeof *all.items),
                                 0};
    for (size_t i = 0; i < first.count; i++) {
        all.items[all.count++] = first.items[i];
    }
    for (size_t i = 0; i < second.count; i++) {
        all.items[all.count++] = second.items[i];
    }
    return all;
}

/* It comes in parts; when it changes meanwhile, it is asked for from its beginning. */
static int plan_ask(struct conversation *conversation, const char *rollout,
                    struct message_plan *plan, struct error *error)
{
    struct arena *arena = &conversation->invocation->arena;
    struct message answer;
    *plan = (struct message_plan){.digest = "", .next = 1};
    while (plan->next != 0) {
        const struct message request = {.type = MESSAGE_PLAN_WANTED,
                                        .plan_wanted = {rollout, plan->next}};
        if (client_ask(conversation->client, &request, MESSAGE_PLAN, arena, &answer, error) != 0) {
            return -1;
        }
        bool changed = strcmp(plan->digest, answer.plan.digest) != 0;
        const struct plan_path_list before = plan->paths;
        bool first = plan->next == 1;
        *plan = answer.plan;
        if (!first && changed) {
            *plan = (struct message_plan){.digest = "", .next = 1};
        } else if (!first) {
            plan->paths = paths_join(before, answer.plan.paths, arena);
        }
    }
    return 0;
}

int migration_plan(struct conversation *conversation, const char *rollout,
                   struct plan_document *document, struct error *error)
{
    struct arena *arena = &conversation->invocation->arena;
    struct message_plan plan;
    struct target_status_list targets;
    if (plan_ask(conversation, rollout, &plan, error) != 0 ||
        conversation_targets(conversation, rollout, "", &targets, error) != 0) {
        return -1;
    }
    plan_document_fill(document, &plan, &targets, bundle_graph(conversation->bundle), arena);
    return 0;
}

void migration_differences(struct conversation *conversation, const struct migration *migration,
                           const char *rollout)
{
    struct plan_document present = {0};
    struct error ignored = {0};
    if (migration->path == NULL || migration_plan(conversation, rollout, &present, &ignored) != 0 ||
        present.plan.digest[0] == '\0' ||
        strcmp(present.plan.digest, migration->plan.plan.digest) == 0) {
        return;
    }
    struct buffer text = {0};
    plan_difference_append(&migration->plan, &present, &text);
    differences_show(conversation->invocation, migration, &text);
    buffer_free(&text);
}
