/* `history`, its ranges, and revisions as Alembic shows them. */
#include <criterion/criterion.h>

#include "cli/text/revision_text.h"
#include "common/base/array.h"
#include "common/revision/range.h"
#include "tests/unit/sample.h"

/*  a - b - c - e (merge)
 *       \- d -/        x: a line of its own that depends on b  */
static const char lines[] = "a|||core\nb|a||\nc|b||\nd|b||\ne|c, d||\nx||b|\n";

static char *ids_of(struct arena *arena, const struct graph *graph, const char *range)
{
    struct error error = {0};
    struct revision_list revisions;
    struct buffer out = {0};
    enum plan_fault fault;
    static const char *const rows[] = {"c"};
    struct texts current = {.items = rows, .count = 1};
    if (range_revisions(graph, range, current, arena, &revisions, &fault, &error) != 0) {
        return arena_printf(arena, "refused: %s", plan_fault_word(fault));
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
        {"b:current", "c b"},
        {"current:e", "e c"},
        {"-1:", "refused: ambiguous_walk"},
        {"core@-1:", "refused: ambiguous_walk"},
        {"b", "refused: bad_spec"},
        {"a:b:c", "refused: bad_spec"},
        {"e:b", "refused: range_not_ancestor"},
        {"zzzz:b", "refused: no_such_revision"},
        {"core@head:", "e"},
    };
    struct arena arena = {0};
    struct diagnostics diagnostics = {0};
    const struct graph *graph = sample_graph(&arena, lines, &diagnostics);
    for (size_t i = 0; i < LENGTH(rows); i++) {
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
        {"b", "a -> b (core) (branchpoint), b\n"},
        {"e", "c, d -> e (core) (head) (mergepoint), e\n"},
        {"x", "<base> (b) -> x (head), x\n"},
    };
    struct style style = {.width = 80};
    struct arena arena = {0};
    struct diagnostics diagnostics = {0};
    const struct graph *graph = sample_graph(&arena, lines, &diagnostics);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct buffer out = {0};
        revision_line_append(graph, graph_find(graph, rows[i].id), "", &style, &out);
        cr_assert_str_eq(buffer_text(&out), rows[i].line);
        buffer_free(&out);
    }
    arena_free(&arena);
    diagnostics_free(&diagnostics);
}

Test(range, symbols)
{
    static const struct {
        const char *symbol;
        const char *ids; /* or the fault */
    } rows[] = {
        {"base", ""},
        {"heads", "e x"},
        {"head", "multiple_heads"},
        {"core@head", "e"},
        {"core", "a"},
        {"core@base", ""},
        {"core@x", "no_such_revision"},
        {"+1", "no_such_revision"},
        {"", "bad_spec"},
    };
    struct arena arena = {0};
    struct diagnostics diagnostics = {0};
    const struct graph *graph = sample_graph(&arena, lines, &diagnostics);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct revision_list found;
        struct error error = {0};
        enum plan_fault fault;
        struct buffer out = {0};
        if (range_symbol(graph, rows[i].symbol, &arena, &found, &fault, &error) != 0) {
            buffer_text_append(&out, plan_fault_word(fault));
        }
        for (size_t k = 0; k < found.count; k++) {
            buffer_printf(&out, "%s%s", k > 0 ? " " : "", found.items[k]->id);
        }
        cr_assert_str_eq(buffer_text(&out), rows[i].ids, "%s", rows[i].symbol);
        buffer_free(&out);
    }
    arena_free(&arena);
    diagnostics_free(&diagnostics);
}
