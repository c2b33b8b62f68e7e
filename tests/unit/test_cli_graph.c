/* `history`, its ranges, and revisions as Alembic shows them. */
#include <criterion/criterion.h>

#include "cli/range.h"
#include "cli/revision_text.h"
#include "sample.h"

/*  a - b - c - e (merge)
 *       \- d -/        x: a line of its own that depends on b  */
static const char lines[] = "a|||core\nb|a||\nc|b||\nd|b||\ne|c, d||\nx||b|\n";

static char *ids_of(struct arena *arena, const struct graph *graph, const char *range)
{
    struct error error = {0};
    struct revision_list revisions;
    struct buffer out = {0};
    if (range_revisions(graph, range, arena, &revisions, &error) != 0) {
        return arena_strdup(arena, error.message);
    }
    for (size_t i = 0; i < revisions.count; i++) {
        buffer_printf(&out, "%s%s", i > 0 ? " " : "", revisions.items[i]->id);
    }
    char *text = arena_strdup(arena, buffer_text(&out));
    buffer_free(&out);
    return text;
}

Test(range, parts_of_the_history)
{
    static const struct {
        const char *range;
        const char *ids;
    } rows[] = {
        {"b:e", "e c d b"},
        {"c:", "e c"},
        {":b", "b a"},
        {"base:x", "x b a"},
        {"a:a", "a"},
        {"a:+1", "b a"},
        {"-1:c", "c b"},
        {"-1:b", "b a"},
        {"b", "the range \"b\" needs a colon: [LOWER]:[UPPER]"},
        {"e:b", "the range e:b does not go from a revision up to one of its descendants"},
        {"-9:c", "the range -9:c does not go from a revision up to one of its descendants"},
        {"a:current", "a fleet has no one `current` revision"},
    };
    struct arena arena = {0};
    struct diagnostics diagnostics = {0};
    const struct graph *graph = sample_graph(&arena, lines, &diagnostics);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *ids = ids_of(&arena, graph, rows[i].range);
        cr_assert_str_eq(ids, rows[i].ids, "%s: %s", rows[i].range, ids);
    }
    arena_free(&arena);
    diagnostics_free(&diagnostics);
}

Test(revision_text, lines_of_history)
{
    static const struct {
        const char *id;
        const char *line;
    } rows[] = {
        {"a", "<base> -> a (core), a\n"},
        {"b", "a -> b (branchpoint), b\n"},
        {"e", "c, d -> e (head) (mergepoint), e\n"},
        {"x", "<base> (b) -> x (head), x\n"},
    };
    struct style style = {.width = 80};
    struct arena arena = {0};
    struct diagnostics diagnostics = {0};
    const struct graph *graph = sample_graph(&arena, lines, &diagnostics);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buffer out = {0};
        revision_line_append(graph, graph_find(graph, rows[i].id), &style, &out);
        cr_assert_str_eq(buffer_text(&out), rows[i].line);
        buffer_free(&out);
    }
    arena_free(&arena);
    diagnostics_free(&diagnostics);
}
