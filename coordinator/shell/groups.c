/* Groups (groups.h). */
#include "coordinator/shell/groups.h"

struct group *groups_add(struct groups *groups, struct buffer *key, const char *name)
{
    struct group *group = NULL;
    HASH_FIND(hh, groups->first, key->data, key->length, group);
    if (group == NULL) {
        group = arena_alloc(groups->arena, sizeof *group);
        group->order = HASH_COUNT(groups->first);
        group->key = arena_strndup(groups->arena, key->data, key->length);
        HASH_ADD_KEYPTR(hh, groups->first, group->key, key->length, group);
    }
    buffer_free(key);
    group->count++;
    if (group->name_count < ANSWER_NAMES_MAX) {
        group->names[group->name_count++] = name;
    }
    return group;
}

static int group_compare(const struct group *left, const struct group *right)
{
    if (left->rank != right->rank) {
        return left->rank < right->rank ? -1 : 1;
    }
    if (left->count != right->count) {
        return left->count > right->count ? -1 : 1;
    }
    return left->order < right->order ? -1 : left->order > right->order;
}

void groups_sort(struct groups *groups)
{
    HASH_SORT(groups->first, group_compare);
}

size_t groups_count(const struct groups *groups)
{
    return HASH_COUNT(groups->first);
}

void groups_clear(struct groups *groups)
{
    HASH_CLEAR(hh, groups->first);
}
