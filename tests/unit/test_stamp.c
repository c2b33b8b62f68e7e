/* Stamps: what they do to the version rows, step by step. */
#include <criterion/criterion.h>

#include "common/base/array.h"
#include "common/revision/stamp.h"
#include "common/revision/standing.h"
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
    const char *half_done; /* ids */
} questions[] = {
    {"", "head", "refused: multiple_heads", ""},
    {"", "heads", "e [I] e; y [I] e+y; ", ""},
    {"", "base", "", ""},
    {"b+c", "base", "b [D] c; c [D] -; ", ""},
    {"b+y", "net@base", "y [D] b; ", ""},
    {"b+c", "e", "e [DU] e; ", ""},
    {"e", "b", "b [U] b; ", ""},
    {"b", "b", "", ""},
    {"b", "y", "y [I] b+y; ", ""},
    {"a", "b c", "b [U] b; c [I] b+c; ", ""},
    {"", "b c", "b [I] b; c [I] b+c; ", ""},
    {"", "b b", "b [I] b; ", ""},
    {"", "a b", "b [I] b; ", ""},
    {"b", "b c", "c [I] b+c; ", ""},
    {"e", "b c", "refused: bad_spec", ""}, /* Alembic: KeyError */
    {"e", "--purge b c", "b [I] b; c [I] b+c; ", ""},
    {"gone", "e", "refused: no_such_revision", ""},
    {"gone", "--purge e", "e [I] e; ", ""},
    {"gone", "--purge base", "", ""},
    {"a+b", "b", "b [D] b; ", ""}, /* rows that overlap */
    {"b", "+1", "refused: no_such_revision", ""},
    {"b", "zzzz", "refused: no_such_revision", ""},
    {"b", "a:b", "refused: bad_spec", ""},
    {"b", "net@b", "refused: no_such_revision", ""},
    /* What is half done is settled where the stamp says something of it, once, and nowhere else. */
    {"b", "b", "d [] b; ", "d"},
    {"b", "b", "b [] b; ", "b+b"},
    {"b", "b", "", "c+x+gone"},
    {"b", "a", "a [U] a; d [] a; ", "d"},
    {"b", "d", "d [U] d; ", "d"},
    {"", "base", "a [] -; x [] -; ", "a+x"},
    {"b+x", "net@base", "x [D] b; y [] b; ", "d+y"},
    {"b", "--purge b", "b [I] b; ", "d"},
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
    for (size_t i = 0; i < LENGTH(questions); i++) {
        struct texts specs = texts_of(&arena, questions[i].specs, ' ');
        bool purge = strcmp(specs.items[0], "--purge") == 0;
        struct texts rows = texts_of(&arena, questions[i].rows, '+');
        struct plan plan;
        struct error error = {0};
        struct buffer text = {0};
        specs.items += purge;
        specs.count -= purge;
        struct texts half_done = texts_of(&arena, questions[i].half_done, '+');
        if (stamp_make(graph, specs, purge, half_done, rows, &arena, &plan, &error) < 0) {
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

/* A worker derives the same stamp from what travels: rows and names of steps. */
Test(stamp, replay)
{
    struct arena arena = {0};
    struct diagnostics diagnostics = {0};
    const struct graph *graph = sample_graph(&arena, lines, &diagnostics);
    static const struct {
        const char *rows;
        const char *specs;
        bool purge;
        const char *names;
    } stamps[] = {
        {"a", "c b", false, "=c =b"}, {"b+c", "base", false, "=b =c"}, {"b", "b", false, ""},
        {"gone", "b", true, "= =b"},  {"gone+a", "base", true, "="},   {"", "base", true, "="},
        {"e", "e", true, "= =e"},     {"", "b", true, "= =b"},
    };
    for (size_t i = 0; i < LENGTH(stamps); i++) {
        struct texts rows = texts_of(&arena, stamps[i].rows, '+');
        struct plan plan;
        struct plan again;
        struct error error = {0};
        cr_assert_eq(stamp_make(graph, stamp_specs(stamps[i].specs, &arena), stamps[i].purge,
                                (struct texts){0}, rows, &arena, &plan, &error),
                     0, "%s", error.message);
        struct texts names = plan_step_names(&arena, &plan);
        struct texts wanted = texts_of(&arena, stamps[i].names, ' ');
        cr_assert_eq(names.count, wanted.count, "%s", stamps[i].specs);
        cr_assert_eq(stamp_replay(graph, plan.from, plan.to, names, &arena, &again, &error), 0,
                     "%s", error.message);
        cr_expect_eq(again.purge, plan.purge);
        cr_assert_eq(again.step_count, names.count);
        for (size_t k = 0; k < names.count; k++) {
            cr_expect_str_eq(names.items[k], wanted.items[k]);
            cr_expect_str_eq(plan_step_name(&arena, &again.steps[k]), names.items[k]);
            cr_expect_eq(again.steps[k].rows_after.count, plan.to.count);
        }
    }
    arena_free(&arena);
    diagnostics_free(&diagnostics);
}

Test(stamp, replay_refuses_what_the_bundle_does_not_know)
{
    struct arena arena = {0};
    struct diagnostics diagnostics = {0};
    const struct graph *graph = sample_graph(&arena, lines, &diagnostics);
    static const struct {
        const char *to;
        const char *names;
    } wrong[] = {{"gone", "=b"}, {"b", "=gone"}, {"b", "+b"}, {"b", "=b ="}, {"b", "b"}};
    for (size_t i = 0; i < LENGTH(wrong); i++) {
        struct plan plan;
        struct error error = {0};
        cr_expect_eq(stamp_replay(graph, (struct texts){0}, texts_of(&arena, wrong[i].to, '+'),
                                  texts_of(&arena, wrong[i].names, ' '), &arena, &plan, &error),
                     -1, "%s", wrong[i].names);
        cr_expect_neq(error.message[0], '\0');
    }
    arena_free(&arena);
    diagnostics_free(&diagnostics);
}

Test(stamp, standing)
{
    struct arena arena = {0};
    struct diagnostics diagnostics = {0};
    struct error error = {0};
    /* Listed the wrong way round, so that only the links tell the order. */
    const struct graph *graph =
        sample_graph(&arena, "e|d||\nd|b, c||\nc|a||\nb|a||\na|||\nx|||\n", &diagnostics);
    struct standing *list = standing_list(graph, texts_of(&arena, "c+b", '+'), &arena, &error);
    cr_assert_not_null(list, "%s", error.message);
    size_t place[128] = {0};
    for (size_t i = 0; i < graph_size(graph); i++) {
        char id = list[i].revision->id[0];
        place[(size_t)id] = i;
        cr_expect_eq(list[i].applied, strchr("abc", id) != NULL, "%c", id);
    }
    cr_expect(place['a'] < place['b'] && place['a'] < place['c'] && place['b'] < place['d'] &&
              place['c'] < place['d'] && place['d'] < place['e']);
    cr_expect_null(standing_list(graph, texts_of(&arena, "gone", '+'), &arena, &error));
    arena_free(&arena);
    diagnostics_free(&diagnostics);
}
