/* Stamps: what they do to the version rows, step by step. */
#include <criterion/criterion.h>

#include "common/revision/stamp.h"
#include "tests/unit/sample.h"

/*  a - b - d (merge) - e      x: a line of its own, labelled
 *   \- c -/                                                  */
static const char lines[] = "a|||\nb|a||\nc|a||\nd|b, c||\ne|d||\nx|||net\ny|x||\n";

static struct texts texts_of(struct arena *arena, const char *text, char separator)
{
    const char **items = arena_array(arena, strlen(text) + 1, sizeof *items);
    size_t count = 0;
    while (*text != '\0') {
        items[count++] = sample_cut(arena, &text, separator);
    }
    return (struct texts){.items = items, .count = count};
}

static const struct {
    const char *rows;
    const char *specs; /* "--purge" first: a purge */
    const char *answer;
} questions[] = {
    {"", "head", "refused: multiple_heads"},
    {"", "heads", "e [I] e; y [I] e+y; "},
    {"", "base", ""},
    {"b+c", "base", "b [D] c; c [D] -; "},
    {"b+y", "net@base", "y [D] b; "},
    {"b+c", "e", "e [DU] e; "},
    {"e", "b", "b [U] b; "},
    {"b", "b", ""},
    {"b", "y", "y [I] b+y; "},
    {"a", "b c", "b [U] b; c [I] b+c; "},
    {"", "b c", "b [I] b; c [I] b+c; "},
    {"", "b b", "b [I] b; "},
    {"", "a b", "b [I] b; "},
    {"b", "b c", "c [I] b+c; "},
    {"e", "b c", "refused: bad_spec"}, /* Alembic: KeyError */
    {"e", "--purge b c", "b [I] b; c [I] b+c; "},
    {"gone", "e", "refused: no_such_revision"},
    {"gone", "--purge e", "e [I] e; "},
    {"gone", "--purge base", ""},
    {"a+b", "b", "b [D] b; "}, /* rows that overlap */
    {"b", "+1", "refused: no_such_revision"},
    {"b", "zzzz", "refused: no_such_revision"},
    {"b", "a:b", "refused: bad_spec"},
    {"b", "net@b", "refused: no_such_revision"},
};

static void plan_print(const struct plan *plan, struct buffer *out)
{
    static const char kinds[] = {
        [VERSION_INSERT] = 'I', [VERSION_UPDATE] = 'U', [VERSION_DELETE] = 'D'};
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct plan_step *step = &plan->steps[i];
        buffer_printf(out, "%s [", step->revision->id);
        for (size_t c = 0; c < step->change_count; c++) {
            buffer_append(out, &kinds[step->changes[c].kind], 1);
        }
        buffer_text_append(out, step->rows_after.count == 0 ? "] -" : "] ");
        for (size_t r = 0; r < step->rows_after.count; r++) {
            buffer_printf(out, "%s%s", r > 0 ? "+" : "", step->rows_after.items[r]);
        }
        buffer_text_append(out, "; ");
    }
}

Test(stamp, answers)
{
    struct arena arena = {0};
    struct diagnostics diagnostics = {0};
    const struct graph *graph = sample_graph(&arena, lines, &diagnostics);
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        struct texts specs = texts_of(&arena, questions[i].specs, ' ');
        bool purge = strcmp(specs.items[0], "--purge") == 0;
        struct texts rows = texts_of(&arena, questions[i].rows, '+');
        struct plan plan;
        struct error error = {0};
        struct buffer text = {0};
        specs.items += purge;
        specs.count -= purge;
        if (stamp_make(graph, specs, purge, rows, &arena, &plan, &error) < 0) {
            cr_assert_neq(error.message[0], '\0');
            buffer_printf(&text, "refused: %s", plan_fault_word(plan.fault));
        } else {
            plan_print(&plan, &text);
            cr_assert_eq(plan.from.count, rows.count);
        }
        cr_expect_str_eq(buffer_text(&text), questions[i].answer, "[%s] stamp %s: %s (%s)",
                         questions[i].rows, questions[i].specs, buffer_text(&text), error.message);
        buffer_free(&text);
    }
    arena_free(&arena);
    diagnostics_free(&diagnostics);
}
