/* Symbols and ranges. A symbol is resolved by planning an upgrade to it from nothing: the last step
 * is the revision it names.
 */
#include "cli/range.h"

#include <stdlib.h>
#include <string.h>

static void list_add(struct revision_list *list, const struct revision *revision)
{
    list->items[list->count++] = revision;
}

static bool list_has(struct revision_list list, const struct revision *revision)
{
    for (size_t i = 0; i < list.count; i++) {
        if (list.items[i] == revision) {
            return true;
        }
    }
    return false;
}

int range_symbol(const struct graph *graph, const char *symbol, struct arena *arena,
                 struct revision_list *revisions, struct error *error)
{
    *revisions = (struct revision_list){0};
    if (strcmp(symbol, "heads") == 0) {
        *revisions = graph_real_heads(graph, arena);
        return 0;
    }
    if (strcmp(symbol, "base") == 0) {
        return 0;
    }
    struct plan plan = {0};
    struct texts none = {0};
    if (plan_make(graph, DIRECTION_UP, symbol, none, arena, &plan, error) != 0) {
        return -1;
    }
    if (plan.step_count > 0) {
        revisions->items = arena_array(arena, 1, sizeof(const struct revision *));
        list_add(revisions, plan.steps[plan.step_count - 1].revision);
    }
    return 0;
}

/* `revisions` and everything below them, dependencies too, or without them. */
static struct revision_list closure_down(const struct graph *graph, struct revision_list revisions,
                                         bool dependencies, struct arena *arena)
{
    struct revision_list all = {0};
    all.items = arena_array(arena, graph_size(graph) + 1, sizeof(const struct revision *));
    for (size_t i = 0; i < revisions.count; i++) {
        list_add(&all, revisions.items[i]);
    }
    for (size_t i = 0; i < all.count; i++) {
        const struct revision *revision = all.items[i];
        if (dependencies) {
            struct revision_list links = graph_links(graph, revision, arena);
            for (size_t k = 0; k < links.count; k++) {
                if (!list_has(all, links.items[k])) {
                    list_add(&all, links.items[k]);
                }
            }
            continue;
        }
        for (size_t k = 0; k < revision->down_revision_count; k++) {
            const struct revision *parent = graph_find(graph, revision->down_revisions[k]);
            if (parent != NULL && !list_has(all, parent)) {
                list_add(&all, parent);
            }
        }
    }
    return all;
}

/* `count` steps down from `from` along only parents; NULL past a base or at a merge. */
static const struct revision *walk_down(const struct graph *graph, const struct revision *from,
                                        unsigned long count)
{
    for (; count > 0 && from != NULL; count--) {
        from = from->down_revision_count == 1 ? graph_find(graph, from->down_revisions[0]) : NULL;
    }
    return from;
}

static int range_refuse(const char *range, struct error *error)
{
    return error_set(error, ERROR_REVISION,
                     "the range %s does not go from a revision up to one of its descendants",
                     range);
}

/* All of `upper`'s ancestry that lies on a line above `lower` (included); `lower` NULL: all of it.
 */
static int range_between(const struct graph *graph, const struct revision *lower,
                         struct revision_list upper, const char *range, struct arena *arena,
                         struct revision_list *revisions, struct error *error)
{
    struct revision_list below = closure_down(graph, upper, lower == NULL, arena);
    struct revision_list history = graph_history(graph, arena);
    revisions->items = arena_array(arena, history.count, sizeof(const struct revision *));
    if (lower != NULL && !list_has(below, lower)) {
        return range_refuse(range, error);
    }
    for (size_t i = 0; i < history.count; i++) {
        const struct revision *revision = history.items[i];
        struct revision_list one = {.items = &history.items[i], .count = 1};
        if (list_has(below, revision) &&
            (lower == NULL || list_has(closure_down(graph, one, false, arena), lower))) {
            list_add(revisions, revision);
        }
    }
    return 0;
}

static int upper_resolve(const struct graph *graph, const struct revision *lower, const char *text,
                         struct arena *arena, struct revision_list *upper, struct error *error)
{
    if (text[0] == '+') {
        text = arena_printf(arena, "%s%s", lower == NULL ? "base" : lower->id, text);
    }
    return range_symbol(graph, text[0] == '\0' ? "heads" : text, arena, upper, error);
}

int range_revisions(const struct graph *graph, const char *range, struct arena *arena,
                    struct revision_list *revisions, struct error *error)
{
    const char *colon = strchr(range, ':');
    struct revision_list lower = {0};
    struct revision_list upper = {0};
    *revisions = (struct revision_list){0};
    if (colon == NULL) {
        return error_set(error, ERROR_USAGE, "the range \"%s\" needs a colon: [LOWER]:[UPPER]",
                         range);
    }
    const char *low = arena_strndup(arena, range, (size_t)(colon - range));
    if (strcmp(low, "current") == 0 || strcmp(colon + 1, "current") == 0) {
        (void)error_set(error, ERROR_USAGE, "a fleet has no one `current` revision");
        return error_hint(error, "`drover current` shows where the targets stand");
    }
    bool relative = low[0] == '-';
    if (!relative && low[0] != '\0' && range_symbol(graph, low, arena, &lower, error) != 0) {
        return -1;
    }
    const struct revision *bottom = lower.count == 0 ? NULL : lower.items[0];
    if (upper_resolve(graph, bottom, colon + 1, arena, &upper, error) != 0) {
        return -1;
    }
    if (relative) {
        /* -N lists N revisions below and including the one that is N steps down, as Alembic counts
         */
        bottom =
            upper.count == 1 ? walk_down(graph, upper.items[0], strtoul(low + 1, NULL, 10)) : NULL;
        if (bottom == NULL) {
            return range_refuse(range, error);
        }
    }
    return range_between(graph, bottom, upper, range, arena, revisions, error);
}
