/* Grouping: one pass over the targets with a hash of values. */
#include "cli/report/grouping.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "cli/text/json.h"
#include "cli/text/table.h"
#include "common/base/array.h"
#include "common/base/spelling.h"

/* In the order in which they are shown: what needs a look first. Others come last. */
static const enum target_state state_order[] = {
    TARGET_FAILED,    TARGET_REFUSED,   TARGET_SKIPPED, TARGET_GONE,  TARGET_RUNNING,
    TARGET_WAITING,   TARGET_POSTPONED, TARGET_PENDING, TARGET_ADDED, TARGET_INSPECTING,
    TARGET_VALIDATED, TARGET_UNCHANGED, TARGET_DEPLOYED};
enum {
    STATES_KNOWN = LENGTH(state_order),
    STATES_MAX = STATES_KNOWN + 1, /* and all others */
};

static const char label_prefix[] = "label:";

struct group {
    const char *value;
    uint32_t count;
    uint32_t states[STATES_MAX];
    size_t order;
    UT_hash_handle hh;
};

static size_t state_index(enum target_state state)
{
    size_t i = 0;
    while (i < STATES_KNOWN && state_order[i] != state) {
        i++;
    }
    return i;
}

static const char *state_name(size_t index)
{
    return index < STATES_KNOWN ? target_state_word(state_order[index]) : "other";
}

int grouping_check(const char *key, struct error *error)
{
    static const char *const keys[] = {"server", "wave",     "state",
                                       "cause",  "revision", "label:NAME"};
    enum { KEY_COUNT = LENGTH(keys) };
    size_t prefix = sizeof label_prefix - 1;
    if (strncmp(key, label_prefix, prefix) == 0 && key[prefix] != '\0') {
        return 0;
    }
    for (size_t i = 0; i + 1 < KEY_COUNT; i++) {
        if (strcmp(key, keys[i]) == 0) {
            return 0;
        }
    }
    const char *near = spelling_nearest(key, keys, KEY_COUNT);
    (void)error_set(error, ERROR_USAGE, "targets cannot be grouped by \"%s\"", key);
    return near != NULL ? error_hint(error, "did you mean %s?", near)
                        : error_hint(error, "server, wave, state, cause, revision or label:NAME");
}

static const char *label_value(const struct target_status *target, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < target->labels.count; i++) {
        const char *label = target->labels.items[i];
        if (strncmp(label, name, length) == 0 && label[length] == '=') {
            return label + length + 1;
        }
    }
    return "";
}

/* Version rows, as somebody would write them. */
static const char *heads_value(const struct target_status *target, struct arena *arena)
{
    struct buffer text = {0};
    if (target->inspected && target->heads.count == 0) {
        return "<base>";
    }
    for (size_t i = 0; i < target->heads.count; i++) {
        buffer_printf(&text, "%s%s", i > 0 ? ", " : "", target->heads.items[i]);
    }
    const char *copy = arena_strdup(arena, buffer_text(&text));
    buffer_free(&text);
    return copy;
}

static const char *value_of(const struct target_status *target,
                            const struct wave_status_list *waves, const char *key,
                            struct arena *arena)
{
    if (strcmp(key, "server") == 0) {
        return target->server;
    }
    if (strcmp(key, "state") == 0) {
        return target_state_word(target->state);
    }
    if (strcmp(key, "cause") == 0) {
        return failure_cause_word(target->failure.cause);
    }
    if (strcmp(key, "revision") == 0) {
        return heads_value(target, arena);
    }
    if (strcmp(key, "wave") == 0) {
        return target->wave > 0 && target->wave <= waves->count
                   ? waves->items[target->wave - 1].name
                   : "";
    }
    return label_value(target, key + sizeof label_prefix - 1);
}

/* Most targets first, then in order of the fleet. */
static int group_compare(const struct group *left, const struct group *right)
{
    if (left->count != right->count) {
        return left->count > right->count ? -1 : 1;
    }
    return left->order < right->order ? -1 : left->order > right->order;
}

/* The first of the groups, in order; they live in `arena`, the hash's table is the caller's. */
static struct group *groups_make(const struct target_status_list *targets,
                                 const struct wave_status_list *waves, const char *key,
                                 struct arena *arena)
{
    struct group *groups = NULL;
    for (size_t i = 0; i < targets->count; i++) {
        const char *value = value_of(&targets->items[i], waves, key, arena);
        struct group *group = NULL;
        HASH_FIND_STR(groups, value, group);
        if (group == NULL) {
            group = arena_alloc(arena, sizeof *group);
            group->value = value;
            group->order = i;
            HASH_ADD_KEYPTR(hh, groups, group->value, strlen(value), group);
        }
        group->count++;
        group->states[state_index(targets->items[i].state)]++;
    }
    HASH_SORT(groups, group_compare);
    return groups;
}

static void states_sum(const struct target_status_list *targets, uint32_t sums[STATES_MAX])
{
    memset(sums, 0, STATES_MAX * sizeof *sums);
    for (size_t i = 0; i < targets->count; i++) {
        sums[state_index(targets->items[i].state)]++;
    }
}

void states_append(const struct target_status_list *targets, struct buffer *out)
{
    uint32_t sums[STATES_MAX];
    const char *comma = "";
    states_sum(targets, sums);
    for (size_t i = 0; i < STATES_MAX; i++) {
        char number[NUMBER_TEXT_BYTES];
        if (sums[i] > 0) {
            buffer_printf(out, "%s%s %s", comma, number_text(sums[i], number), state_name(i));
            comma = ", ";
        }
    }
}

static char *upper(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text);
    for (char *c = copy; *c != '\0'; c++) {
        *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
    }
    return copy;
}

static void group_row(struct table *table, const struct group *group,
                      const uint32_t sums[STATES_MAX])
{
    char numbers[STATES_MAX + 1][NUMBER_TEXT_BYTES];
    const char *cells[STATES_MAX + 2];
    size_t cell = 0;
    cells[cell++] = group->value[0] == '\0' ? "-" : group->value;
    cells[cell++] = number_text(group->count, numbers[STATES_MAX]);
    for (size_t i = 0; i < STATES_MAX; i++) {
        if (sums[i] > 0) {
            cells[cell++] = number_text(group->states[i], numbers[i]);
        }
    }
    table_row(table, cells);
}

struct texts grouping_render(const struct target_status_list *targets,
                             const struct wave_status_list *waves, const char *key,
                             const struct style *style, struct arena *kept, struct buffer *out)
{
    const char **values = arena_array(kept, targets->count, sizeof *values);
    size_t value_count = 0;
    struct arena arena = {0};
    uint32_t sums[STATES_MAX];
    struct table_column columns[STATES_MAX + 2];
    size_t column_count = 0;
    states_sum(targets, sums);
    bool label = strncmp(key, label_prefix, sizeof label_prefix - 1) == 0;
    columns[column_count++] =
        (struct table_column){upper(&arena, label ? key + sizeof label_prefix - 1 : key), false};
    columns[column_count++] = (struct table_column){"TARGETS", true};
    for (size_t i = 0; i < STATES_MAX; i++) {
        if (sums[i] > 0) {
            columns[column_count++] = (struct table_column){upper(&arena, state_name(i)), true};
        }
    }
    struct table table;
    table_init(&table, &arena, columns, column_count);
    struct group *groups = groups_make(targets, waves, key, &arena);
    for (const struct group *group = groups; group != NULL; group = group->hh.next) {
        group_row(&table, group, sums);
        values[value_count++] = arena_strdup(kept, group->value);
    }
    if (targets->count > 0) {
        table_render(&table, style, out);
    }
    HASH_CLEAR(hh, groups);
    arena_free(&arena);
    return (struct texts){values, value_count};
}

json_t *grouping_json(const struct target_status_list *targets,
                      const struct wave_status_list *waves, const char *key)
{
    struct arena arena = {0};
    json_t *list = json_array();
    struct group *groups = groups_make(targets, waves, key, &arena);
    for (const struct group *group = groups; group != NULL; group = group->hh.next) {
        json_t *states = json_object();
        for (size_t i = 0; i < STATES_MAX; i++) {
            if (group->states[i] > 0) {
                (void)json_object_set_new(states, state_name(i), json_integer(group->states[i]));
            }
        }
        (void)json_array_append_new(list, json_pack("{s:o, s:I, s:o}", "value",
                                                    json_text(group->value), "targets",
                                                    (json_int_t)group->count, "states", states));
    }
    HASH_CLEAR(hh, groups);
    arena_free(&arena);
    return list;
}
