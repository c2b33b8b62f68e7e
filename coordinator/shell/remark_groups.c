/* Remarks of scripts, grouped by level, place and the likeness of their texts. */
#include "coordinator/shell/remark_groups.h"

#include <string.h>

#include "coordinator/core/facts/intern.h"
#include "coordinator/core/facts/remark.h"
#include "coordinator/core/facts/rollout.h"
#include "coordinator/core/facts/scope.h"
#include "coordinator/shell/groups.h"
#include "coordinator/shell/likeness.h"

void remark_key_append(const struct core *core, uint32_t target, const struct remark *remark,
                       struct buffer *out)
{
    const char *name = core_rollout(core)->targets[target].place.name;
    buffer_printf(out, "%s\n%s\n", remark->level, remark->location);
    likeness_append(remark->message, (struct texts){&name, 1}, out);
}

static void remark_add(struct groups *groups, const struct core *core, uint32_t target,
                       const struct remark *remark)
{
    struct buffer key = {0};
    remark_key_append(core, target, remark, &key);
    struct group *group = groups_add(groups, &key, core_rollout(core)->targets[target].place.name);
    if (group->count == 1) {
        struct remark *example = arena_alloc(groups->arena, sizeof *example);
        *example = *remark;
        group->example = example;
        group->rank = strcmp(remark->level, "WARNING") == 0 ? 0 : 1;
    }
}

struct remark_group_list answer_remarks(const struct core *core, const struct selector *scope,
                                        struct arena *arena)
{
    const struct rollout *rollout = core_rollout(core);
    struct groups groups = {.arena = arena};
    for (uint32_t i = 0; i < rollout->target_count; i++) {
        struct texts texts = intern_set_texts(&rollout->intern, rollout->targets[i].remarks);
        if (texts.count == 0 || (scope != NULL && !core_target_in_scope(core, i, scope))) {
            continue;
        }
        for (size_t k = 0; k < texts.count; k++) {
            struct remark remark = remark_read(texts.items[k], arena);
            remark_add(&groups, core, i, &remark);
        }
    }
    struct remark_group_list list = {arena_array(arena, ANSWER_REMARKS_MAX, sizeof *list.items), 0};
    groups_sort(&groups);
    for (const struct group *group = groups.first; group != NULL && list.count < ANSWER_REMARKS_MAX;
         group = group->hh.next) {
        const struct remark *example = group->example;
        const struct texts names = {group->names, group->name_count};
        list.items[list.count++] = (struct remark_group){*example, names, group->count};
    }
    groups_clear(&groups);
    return list;
}
