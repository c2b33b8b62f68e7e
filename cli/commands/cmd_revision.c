/* `revision` and `merge`: write a migration file, by Alembic's rules; in an Alembic project Alembic
 * itself does. No database is needed. */
#include <string.h>

#include "cli/commands/handed.h"
#include "cli/line/commands.h"
#include "cli/project/authoring.h"

static int parents_choose(struct authoring *authoring, struct error *error)
{
    const struct arguments *arguments = &authoring->invocation->arguments;
    const char *head = arguments_value(arguments, OPTION_HEAD);
    struct revision_list parents = graph_heads(authoring->graph, &authoring->invocation->arena);
    if (head != NULL && authoring_symbol(authoring, head, &parents, error) < 0) {
        return -1;
    }
    if (head == NULL && parents.count > 1) {
        (void)error_set(error, ERROR_REVISION, "there are %zu heads; one must be the parent",
                        parents.count);
        return error_hint(error, "--head REVISION names it, `drover heads` lists them, `drover "
                                 "merge heads` joins them");
    }
    return authoring_parents(authoring, parents, arguments_given(arguments, OPTION_SPLICE), error);
}

static bool is_label(const struct revision *revision, const char *name)
{
    for (size_t i = 0; i < revision->branch_label_count; i++) {
        if (strcmp(revision->branch_labels[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* Ids in full; a branch label stays as typed. */
static int depends_resolve(struct authoring *authoring, struct error *error)
{
    const struct arguments *arguments = &authoring->invocation->arguments;
    struct texts wanted = arguments->values[OPTION_DEPENDS_ON];
    const char **items = arena_array(&authoring->invocation->arena, wanted.count, sizeof *items);
    for (size_t i = 0; i < wanted.count; i++) {
        struct revision_list found;
        if (authoring_symbol(authoring, wanted.items[i], &found, error) < 0) {
            return error_wrap(error, "--depends-on");
        }
        if (found.count != 1) {
            return error_set(error, ERROR_USAGE, "--depends-on: \"%s\" is not one revision",
                             wanted.items[i]);
        }
        items[i] = is_label(found.items[0], wanted.items[i]) ? wanted.items[i] : found.items[0]->id;
    }
    authoring->template.depends_on = items;
    authoring->template.depends_on_count = wanted.count;
    return 0;
}

int command_revision(struct invocation *invocation, struct error *error)
{
    int handed = handed_authoring(invocation, error);
    if (handed != HANDED_NOT) {
        return handed;
    }
    struct authoring authoring;
    int result = authoring_open(&authoring, invocation, error);
    if (result == 0) {
        result = parents_choose(&authoring, error);
    }
    if (result == 0) {
        result = depends_resolve(&authoring, error);
    }
    if (result == 0) {
        result = authoring_write(&authoring, error);
    }
    authoring_close(&authoring);
    return result;
}

/* What the arguments name, one after the other. */
static int merged_find(struct authoring *authoring, struct revision_list *parents,
                       struct error *error)
{
    struct texts words = authoring->invocation->arguments.words;
    size_t room = words.count * graph_size(authoring->graph);
    *parents = (struct revision_list){
        .items = arena_array(&authoring->invocation->arena, room, sizeof(const struct revision *))};
    for (size_t i = 0; i < words.count; i++) {
        struct revision_list found;
        if (authoring_symbol(authoring, words.items[i], &found, error) < 0) {
            return -1;
        }
        for (size_t k = 0; k < found.count; k++) {
            parents->items[parents->count++] = found.items[k];
        }
    }
    return parents->count > 0 ? 0 : error_set(error, ERROR_REVISION, "there is nothing to merge");
}

int command_merge(struct invocation *invocation, struct error *error)
{
    int handed = handed_authoring(invocation, error);
    if (handed != HANDED_NOT) {
        return handed;
    }
    struct authoring authoring;
    struct revision_list parents;
    int result = authoring_open(&authoring, invocation, error);
    if (result == 0) {
        result = merged_find(&authoring, &parents, error);
    }
    if (result == 0) {
        bool splice = arguments_given(&invocation->arguments, OPTION_SPLICE);
        result = authoring_parents(&authoring, parents, splice, error);
    }
    if (result == 0) {
        result = authoring_write(&authoring, error);
    }
    authoring_close(&authoring);
    return result;
}
