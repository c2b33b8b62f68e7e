/* Failures grouped by phase, cause, SQLSTATE, message and place, so that 400 tenants with one fault
 * are one entry. Messages are compared with the target's own names taken out; one example is shown
 * as it is.
 */
#include "coordinator/answers.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/config/url.h"

struct group {
    const struct core_failure *example;
    const char **names;
    size_t count;
    size_t capacity;
    struct group *next; /* in order of appearance */
    UT_hash_handle hh;
    char *key;
};

struct groups {
    struct group *by_key; /* uthash; everything else lives in `scratch` */
    struct group *first;
    struct group **last;
    size_t count;
    struct arena scratch;
};

/* Names that make one fault look different on each target. */
struct own_names {
    const char *items[3];
    size_t count;
};

static bool word_character(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* The length of the own name that stands at `at` as a whole word, or 0. */
static size_t own_name_at(const char *message, const char *at, const struct own_names *names)
{
    if (at > message && word_character(at[-1])) {
        return 0;
    }
    for (size_t i = 0; i < names->count; i++) {
        size_t length = strlen(names->items[i]);
        if (length > 0 && strncmp(at, names->items[i], length) == 0 &&
            !word_character(at[length])) {
            return length;
        }
    }
    return 0;
}

static void message_normalise(const char *message, const struct own_names *names,
                              struct buffer *out)
{
    for (const char *at = message; *at != '\0';) {
        size_t length = own_name_at(message, at, names);
        if (length > 0) {
            buffer_text_append(out, "\x01");
            at += length;
        } else {
            buffer_append(out, at++, 1);
        }
    }
}

static void group_add(struct groups *groups, const struct core_failure *failure,
                      const struct own_names *own, const char *name)
{
    struct buffer key = {0};
    buffer_printf(&key, "%s\n%d\n%s\n%s\n", failure->phase, (int)failure->cause, failure->sqlstate,
                  failure->location);
    message_normalise(failure->message, own, &key);
    struct group *group = NULL;
    HASH_FIND(hh, groups->by_key, key.data, key.length, group);
    if (group == NULL) {
        group = arena_alloc(&groups->scratch, sizeof *group);
        group->example = failure;
        group->key = arena_strndup(&groups->scratch, key.data, key.length);
        HASH_ADD_KEYPTR(hh, groups->by_key, group->key, key.length, group);
        *groups->last = group;
        groups->last = &group->next;
        groups->count++;
    }
    buffer_free(&key);
    if (group->count == group->capacity) {
        group->capacity = group->capacity > 0 ? group->capacity * 2 : 8;
        group->names = memory_resize(group->names, group->capacity * sizeof *group->names);
    }
    group->names[group->count++] = name;
}

static void sources_add(struct groups *groups, const struct core *core, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *name = "";
        const char *origin = "";
        const struct core_failure *failure = core_source_failure(core, i, &name, &origin);
        if (failure != NULL) {
            struct own_names own = {.items = {name}, .count = 1};
            group_add(groups, failure, &own,
                      arena_printf(&groups->scratch, "%s (%s)", name, origin));
        }
    }
}

static void targets_add(struct groups *groups, const struct core *core, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct core_target_view view;
        core_target_view(core, i, &view);
        if (view.failure == NULL) {
            continue;
        }
        struct arena arena = {0};
        struct error ignored;
        struct url url = {.database = ""};
        if (url_parse(view.url, &arena, &url, &ignored) != 0) {
            url.database = "";
        }
        struct own_names own = {.items = {view.name, url.database, view.schema}, .count = 3};
        group_add(groups, view.failure, &own, view.name);
        arena_free(&arena);
    }
}

struct failure_group_list answer_failures(const struct core *core, struct arena *arena)
{
    struct groups groups = {0};
    groups.last = &groups.first;
    struct core_rollout_view view;
    core_rollout_view(core, &view);
    sources_add(&groups, core, view.source_count);
    targets_add(&groups, core, view.target_count);

    struct failure_group_list list = {arena_array(arena, groups.count, sizeof *list.items), 0};
    HASH_CLEAR(hh, groups.by_key);
    for (struct group *group = groups.first; group != NULL; group = group->next) {
        const char **names = arena_array(arena, group->count, sizeof *names);
        for (size_t i = 0; i < group->count; i++) {
            names[i] = arena_strdup(arena, group->names[i]);
        }
        const struct core_failure *example = group->example;
        list.items[list.count++] =
            (struct failure_group){.phase = example->phase,
                                   .cause = failure_cause_word(example->cause),
                                   .sqlstate = example->sqlstate,
                                   .message = example->message,
                                   .detail = example->detail,
                                   .hint = example->hint,
                                   .location = example->location,
                                   .targets = {names, group->count}};
        free(group->names);
    }
    arena_free(&groups.scratch);
    return list;
}
