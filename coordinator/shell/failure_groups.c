/* Failures grouped by cause, SQLSTATE, message and revision, so that 400 tenants with one fault are
 * one entry. Messages are compared by their likeness; one example is shown as it is.
 */
#include "coordinator/shell/failure_groups.h"

#include <string.h>

#include "common/base/array.h"
#include "common/base/selector.h"
#include "common/config/url.h"
#include "coordinator/core/facts/failure.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/scope.h"
#include "coordinator/shell/groups.h"
#include "coordinator/shell/likeness.h"

static void failure_add(struct groups *groups, const struct kept_failure *failure,
                        const char *revision, const char *server, struct texts own,
                        const char *name)
{
    struct buffer key = {0};
    /* Each server that is away is a cause of its own; elsewhere the server does not matter. */
    bool away = failure->failure.cause == FAILURE_CAUSE_UNREACHABLE;
    buffer_printf(&key, "%s\n%d\n%s\n%s\n%s\n", failure->phase, (int)failure->failure.cause,
                  failure->failure.sqlstate, revision, away ? server : "");
    likeness_append(failure->failure.message, own, &key);
    struct group *group = groups_add(groups, &key, name);
    if (group->count == 1) {
        struct kept_failure *example = arena_alloc(groups->arena, sizeof *example);
        *example = *failure;
        example->failure.revision = revision;
        group->example = example;
    }
}

static void sources_add(struct groups *groups, const struct rollout *rollout)
{
    for (size_t i = 0; i < rollout->source_count; i++) {
        const struct source *source = &rollout->sources[i];
        const struct kept_failure *failure =
            intern_failure_at(&rollout->intern, source->trial.failure);
        const char *name = source->definition.place.name;
        const char *origin = source->definition.origin;
        if (failure != NULL) {
            struct texts own = {.items = &name, .count = 1};
            failure_add(groups, failure, "", origin, own,
                        arena_printf(groups->arena, "%s (%s)", name, origin));
        }
    }
}

static void targets_add(struct groups *groups, const struct core *core,
                        const struct selector *scope)
{
    const struct rollout *rollout = core_rollout(core);
    for (size_t i = 0; i < rollout->target_count; i++) {
        const struct target *target = &rollout->targets[i];
        const struct kept_failure *failure =
            intern_failure_at(&rollout->intern, target->trial.failure);
        bool skipped = target->state == TARGET_SKIPPED; /* somebody has dealt with it */
        if (failure == NULL || skipped ||
            (scope != NULL && !core_target_in_scope(core, i, scope))) {
            continue;
        }
        struct arena arena = {0};
        struct error ignored;
        struct url url = {.database = ""};
        if (url_parse(target->place.url, &arena, &url, &ignored) != 0) {
            url.database = "";
        }
        const char *own[] = {target->place.name, url.database, target->place.schema};
        failure_add(groups, failure, core_failure_revision(core, failure),
                    rollout->servers.items[target->server].key,
                    (struct texts){.items = own, .count = LENGTH(own)}, target->place.name);
        arena_free(&arena);
    }
}

static size_t group_bytes(const struct group *group)
{
    const struct failure_group *example = group->example;
    return texts_bytes((struct texts){group->names, group->name_count}) +
           strlen(example->failure.message) + strlen(example->failure.detail) +
           strlen(example->failure.hint);
}

/* One of what is not told by itself: a group for each phase and cause. Its rank counts the messages. */
static void rest_add(struct groups *rest, const struct group *group)
{
    const struct failure_group *example = group->example;
    struct buffer key = {0};
    buffer_printf(&key, "%s\n%d", example->phase, (int)example->failure.cause);
    struct group *into = groups_add(rest, &key, group->names[0]);
    into->example = example;
    into->rank++;
    into->count += group->count - 1;
}

static struct failure_group rest_told(const struct group *group, struct arena *arena)
{
    const struct failure_group *example = group->example;
    const struct failure failure = {
        example->failure.cause,
        .message = arena_printf(arena, "%u more messages of this kind", group->rank),
        .hint = "`drover status --targets` shows each target's own"};
    const struct texts names = {group->names, group->name_count};
    return (struct failure_group){example->phase, failure, names, group->count};
}

struct failure_group_list answer_failures(const struct core *core, const struct selector *scope,
                                          struct arena *arena)
{
    struct groups groups = {.arena = arena};
    struct groups rest = {.arena = arena};
    if (scope == NULL) {
        sources_add(&groups, core_rollout(core));
    }
    targets_add(&groups, core, scope);
    struct failure_group_list list = {arena_array(arena, groups_count(&groups), sizeof *list.items),
                                      0};
    groups_sort(&groups);
    size_t bytes = 0;
    for (const struct group *group = groups.first; group != NULL; group = group->hh.next) {
        const struct kept_failure *example = group->example;
        const struct texts names = {group->names, group->name_count};
        if (bytes > ANSWER_FAILURES_BYTES) {
            rest_add(&rest, group);
            continue;
        }
        bytes += group_bytes(group);
        list.items[list.count++] =
            (struct failure_group){example->phase, example->failure, names, group->count};
    }
    for (const struct group *group = rest.first; group != NULL; group = group->hh.next) {
        list.items[list.count++] = rest_told(group, arena);
    }
    groups_clear(&groups);
    groups_clear(&rest);
    return list;
}
