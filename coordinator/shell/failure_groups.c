/* Failures grouped by cause, SQLSTATE, message and revision, so that 400 tenants with one fault are
 * one entry. Messages are compared by their likeness; one example is shown as it is.
 */
#include "coordinator/shell/failure_groups.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/base/array.h"
#include "common/base/selector.h"
#include "common/config/url.h"
#include "coordinator/core/facts/failure.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/scope.h"
#include "coordinator/shell/likeness.h"

struct group {
    const struct kept_failure *example;
    const char *revision;                /* of the example */
    const char *names[ANSWER_NAMES_MAX]; /* the first of them */
    size_t name_count;
    size_t count;
    size_t order; /* of appearance */
    UT_hash_handle hh;
    char *key;
};

struct groups {
    struct group *by_key; /* uthash; everything lives in `scratch` */
    struct arena scratch;
};

static void group_add(struct groups *groups, const struct kept_failure *failure,
                      const char *revision, const char *server, struct texts own, const char *name)
{
    struct buffer key = {0};
    /* Each server that is away is a cause of its own; elsewhere the server does not matter. */
    bool away = failure->failure.cause == FAILURE_CAUSE_UNREACHABLE;
    buffer_printf(&key, "%s\n%d\n%s\n%s\n%s\n", failure->phase, (int)failure->failure.cause,
                  failure->failure.sqlstate, revision, away ? server : "");
    likeness_append(failure->failure.message, own, &key);
    struct group *group = NULL;
    HASH_FIND(hh, groups->by_key, key.data, key.length, group);
    if (group == NULL) {
        group = arena_alloc(&groups->scratch, sizeof *group);
        group->example = failure;
        group->revision = revision;
        group->order = HASH_COUNT(groups->by_key);
        group->key = arena_strndup(&groups->scratch, key.data, key.length);
        HASH_ADD_KEYPTR(hh, groups->by_key, group->key, key.length, group);
    }
    buffer_free(&key);
    group->count++;
    if (group->name_count < ANSWER_NAMES_MAX) {
        group->names[group->name_count++] = name;
    }
}

static void sources_add(struct groups *groups, const struct rollout *rollout)
{
    for (size_t i = 0; i < rollout->source_count; i++) {
        const struct source *source = &rollout->sources[i];
        const struct kept_failure *failure = intern_failure_at(&rollout->intern, source->failure);
        const char *name = source->definition.place.name;
        const char *origin = source->definition.origin;
        if (failure != NULL) {
            struct texts own = {.items = &name, .count = 1};
            group_add(groups, failure, "", origin, own,
                      arena_printf(&groups->scratch, "%s (%s)", name, origin));
        }
    }
}

static void targets_add(struct groups *groups, const struct core *core,
                        const struct selector *scope)
{
    const struct rollout *rollout = core_rollout(core);
    for (size_t i = 0; i < rollout->target_count; i++) {
        const struct target *target = &rollout->targets[i];
        const struct kept_failure *failure = intern_failure_at(&rollout->intern, target->failure);
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
        group_add(groups, failure, core_failure_revision(core, failure),
                  rollout->servers.items[target->server].key,
                  (struct texts){.items = own, .count = LENGTH(own)}, target->place.name);
        arena_free(&arena);
    }
}

/* Most targets first, then in order of the fleet. */
static int group_compare(const struct group *left, const struct group *right)
{
    if (left->count != right->count) {
        return left->count > right->count ? -1 : 1;
    }
    return left->order < right->order ? -1 : left->order > right->order;
}

static struct failure_group group_answer(const struct group *group, struct arena *arena)
{
    const struct kept_failure *example = group->example;
    const char **names = arena_array(arena, group->name_count, sizeof *names);
    for (size_t i = 0; i < group->name_count; i++) {
        names[i] = arena_strdup(arena, group->names[i]);
    }
    struct failure_group answer = {.phase = example->phase,
                                   .failure = example->failure,
                                   .targets = {names, group->name_count},
                                   .count = (uint32_t)group->count};
    answer.failure.revision = group->revision;
    return answer;
}

struct failure_group_list answer_failures(const struct core *core, const struct selector *scope,
                                          struct arena *arena)
{
    struct groups groups = {0};
    if (scope == NULL) {
        sources_add(&groups, core_rollout(core));
    }
    targets_add(&groups, core, scope);

    size_t count = HASH_COUNT(groups.by_key);
    struct failure_group_list list = {arena_array(arena, count, sizeof *list.items), 0};
    HASH_SORT(groups.by_key, group_compare);
    struct group *next;
    struct group *group;
    HASH_ITER(hh, groups.by_key, group, next)
    {
        list.items[list.count++] = group_answer(group, arena);
    }
    HASH_CLEAR(hh, groups.by_key);
    arena_free(&groups.scratch);
    return list;
}
