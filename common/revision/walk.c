/* One revision at a time, as Alembic does: no way on ends the walk, several are an error. */
#include "common/revision/walk.h"

#include <string.h>

enum { STEPS_MAX = 1000000000 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
           (unsigned char)c >= 0x80;
}

/* "(name)?(+N|-N)" at the beginning of `text`. */
static bool steps_parse(struct arena *arena, const char *text, struct relative *relative)
{
    size_t name = 0;
    while (is_word(text[name])) {
        name++;
    }
    if ((text[name] != '+' && text[name] != '-') || !is_digit(text[name + 1])) {
        return false;
    }
    size_t end = name + 1;
    relative->steps = 0;
    for (; is_digit(text[end]); end++) {
        if (relative->steps < STEPS_MAX) {
            relative->steps = relative->steps * 10 + (size_t)(text[end] - '0');
        }
    }
    relative->up = text[name] == '+';
    relative->sign = arena_strndup(arena, text + name, end - name);
    relative->name = name > 0 ? arena_strndup(arena, text, name) : NULL;
    return true;
}

bool relative_parse(struct arena *arena, const char *spec, struct relative *relative)
{
    *relative = (struct relative){0};
    for (const char *at = strchr(spec, '@'); at != NULL; at = strchr(at + 1, '@')) {
        if (at > spec && steps_parse(arena, at + 1, relative)) {
            relative->line = arena_strndup(arena, spec, (size_t)(at - spec));
            return true;
        }
    }
    return steps_parse(arena, spec, relative);
}

int relative_fail(struct question *question, const struct relative *relative, const char *why)
{
    return question_fail(question, PLAN_FAULT_RELATIVE_OUT_OF_RANGE, "there is no %s%s%s%s: %s",
                         relative->line != NULL ? relative->line : "",
                         relative->line != NULL ? "@" : "",
                         relative->name != NULL ? relative->name : "", relative->sign, why);
}

/* The revisions one step on from `at`. */
static struct index_list ways(const struct question *question, bool up, size_t at, size_t along)
{
    const struct graph *graph = question->versions.graph;
    struct index_list all = {0};
    if (up) {
        all = at == INDEX_NOTHING ? graph_base_list(graph, question->arena)
                                  : graph->nodes[at].children;
    } else {
        all = at == INDEX_NOTHING ? graph_head_list(graph, true, question->arena)
                                  : graph->nodes[at].parents;
    }
    if (!up || along == INDEX_NOTHING) {
        return all;
    }
    struct index_list list = {.items = arena_array(question->arena, all.count, sizeof(size_t))};
    for (size_t i = 0; i < all.count; i++) {
        if (graph_share_line(graph, all.items[i], along)) {
            index_list_add(&list, all.items[i]);
        }
    }
    return list;
}

static int ways_fail(struct question *question, const struct relative *relative, size_t at,
                     const struct index_list *next)
{
    const char *from =
        at == INDEX_NOTHING ? "nothing" : question->versions.graph->revisions[at]->id;
    (void)question_fail(question, PLAN_FAULT_AMBIGUOUS_WALK,
                        "'%s%s' is ambiguous: from %s one can go %s to any of %s",
                        relative->name != NULL ? relative->name : "", relative->sign, from,
                        relative->up ? "up" : "down", question_ids(question, next));
    return error_hint(question->error,
                      relative->up ? "say which line: LABEL@%s"
                                   : "name the revision to go to instead of %s",
                      relative->sign);
}

int walk(struct question *question, const struct relative *relative, size_t start, size_t along,
         size_t *arrived, enum walk_end *end)
{
    size_t at = start;
    bool below = false; /* below a base */
    *arrived = INDEX_NOTHING;
    *end = WALK_TOO_FAR;
    for (size_t step = 0; step < relative->steps; step++) {
        if (below) {
            return 0;
        }
        struct index_list next = ways(question, relative->up, at, along);
        if (next.count > 1) {
            return ways_fail(question, relative, at, &next);
        }
        if (next.count == 0 && relative->up) {
            *arrived = at;
            return 0;
        }
        below = next.count == 0;
        at = below ? INDEX_NOTHING : next.items[0];
    }
    *arrived = at;
    if (below) {
        *end = WALK_BASE;
    } else if (at != INDEX_NOTHING) { /* no step from nothing leads nowhere */
        *end = WALK_ARRIVED;
    }
    return 0;
}
