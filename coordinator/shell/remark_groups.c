/* Remarks of scripts, grouped by level, place and the likeness of their texts. */
#include "coordinator/shell/remark_groups.h"

#include <string.h>
#include <uthash.h>

#include "coordinator/core/facts/intern.h"
#include "coordinator/core/facts/remark.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/scope.h"
#include "coordinator/shell/failure_groups.h"
#include "coordinator/shell/likeness.h"

struct group {
    struct remark_group answer; /* the remark of the first target */
    const char *names[ANSWER_NAMES_MAX];
    size_t name_count;
    size_t order; /* of appearance */
    UT_hash_handle hh;
    const char *key;
};

void remark_key_append(const struct core *core, uint32_t target, const struct remark *remark,
                       struct buffer *out)
{
    const char *name = core_rollout(core)->targets[target].place.name;
    buffer_printf(out, "%s\n%s\n", remark->level, remark->location);
    likeness_append(remark->message, (struct texts){&name, 1}, out);
}

static void group_add(struct group **groups, const struct core *core, uint32_t target,
                      const struct remark *remark, struct arena *arena)
{
    struct buffer key = {0};
    struct group *group = NULL;
    remark_key_append(core, target, remark, &key);
    HASH_FIND(hh, *groups, key.data, key.length, group);
    if (group == NULL) {
        group = arena_alloc(arena, sizeof *group);
        group->answer.remark = *remark;
        group->order = HASH_COUNT(*groups);
        group->key = arena_strndup(arena, key.data, key.length);
        HASH_ADD_KEYPTR(hh, *groups, group->key, key.length, group);
    }
    buffer_free(&key);
    group->answer.count++;
    if (group->name_count < ANSWER_NAMES_MAX) {
        group->names[group->name_count++] = core_rollout(core)->targets[target].place.name;
    }
}

static bool is_warning(const struct group *group)
{
    return strcmp(group->answer.remark.level, "WARNING") == 0;
}

static int group_compare(const struct group *left, const struct group *right)
{
    if (is_warning(left) != is_warning(right)) {
        return is_warning(left) ? -1 : 1;
    }
    if (left->answer.count != right->answer.count) {
        return left->answer.count > right->answer.count ? -1 : 1;
    }
    return left->order < right->order ? -1 : left->order > right->order;
}

struct remark_group_list answer_remarks(const struct core *core, const struct selector *scope,
                                        struct arena *arena)
{
    const struct rollout *rollout = core_rollout(core);
    struct group *groups = NULL;
    for (uint32_t i = 0; i < rollout->target_count; i++) {
        struct texts texts = intern_set_texts(&rollout->intern, rollout->targets[i].remarks);
        if (texts.count == 0 || (scope != NULL && !core_target_in_scope(core, i, scope))) {
            continue;
        }
        for (size_t k = 0; k < texts.count; k++) {
            struct remark remark = remark_read(texts.items[k], arena);
            group_add(&groups, core, i, &remark, arena);
        }
    }
    struct remark_group_list list = {arena_array(arena, ANSWER_REMARKS_MAX, sizeof *list.items), 0};
    HASH_SORT(groups, group_compare);
    for (struct group *group = groups; group != NULL && list.count < ANSWER_REMARKS_MAX;
         group = group->hh.next) {
        group->answer.targets = (struct texts){group->names, group->name_count};
        list.items[list.count++] = group->answer;
    }
    HASH_CLEAR(hh, groups);
    return list;
}
