/* Plans: Alembic's recorded answers, refusals, replay, size. */
#include <criterion/criterion.h>
#include <time.h>

#include "common/base/array.h"
#include "common/revision/plan.h"
#include "common/revision/segment.h"
#include "tests/unit/graphs.h"
#include "tests/unit/sample.h"

struct desk {
    struct arena arena;
    struct diagnostics diagnostics;
    struct graph *graph;
    struct plan plan;
    struct error error;
};

static void desk_open(struct desk *desk, const char *lines)
{
    memset(desk, 0, sizeof *desk);
    desk->graph = sample_graph(&desk->arena, lines, &desk->diagnostics);
    struct buffer shown = {0};
    diagnostics_print(&desk->diagnostics, &shown);
    cr_assert_eq(desk->diagnostics.error_count, 0, "%s", buffer_text(&shown));
    buffer_free(&shown);
}

static void desk_close(struct desk *desk)
{
    diagnostics_free(&desk->diagnostics);
    arena_free(&desk->arena);
}

/* "a+b" as rows; "" for none. */
static struct texts rows_of(struct arena *arena, const char *text)
{
    const char **items = arena_array(arena, strlen(text) + 1, sizeof *items);
    size_t count = 0;
    while (*text != '\0') {
        items[count++] = sample_cut(arena, &text, '+');
    }
    return (struct texts){.items = items, .count = count};
}

static void rows_print(struct texts rows, struct buffer *out)
{
    for (size_t i = 0; i < rows.count; i++) {
        buffer_printf(out, "%s%s", i > 0 ? "+" : "", rows.items[i]);
    }
    if (rows.count == 0) {
        buffer_text_append(out, "-");
    }
}

/* "b001 [IU] b001+c001; ..." with the kinds in alphabetical order, as in the reference. */
static void plan_print(const struct plan *plan, struct buffer *out)
{
    static const char kinds[] = {
        [VERSION_INSERT] = 'I', [VERSION_UPDATE] = 'U', [VERSION_DELETE] = 'D'};
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct plan_step *step = &plan->steps[i];
        buffer_printf(out, "%s%s [", i > 0 ? "; " : "", step->revision->id);
        for (size_t c = 0; c < step->change_count; c++) {
            buffer_append(out, &kinds[step->changes[c].kind], 1);
        }
        buffer_text_append(out, "] ");
        rows_print(step->rows_after, out);
    }
    if (plan->step_count == 0) {
        buffer_text_append(out, "nothing");
    }
}

/* Runs the version changes on a table of rows, each of which must hit exactly one, and compares. */
static void changes_check(const struct plan *plan, const char *what)
{
    const char *table[64];
    size_t count = plan->from.count;
    for (size_t i = 0; i < count; i++) {
        table[i] = plan->from.items[i];
    }
    for (size_t s = 0; s < plan->step_count; s++) {
        const struct plan_step *step = &plan->steps[s];
        for (size_t c = 0; c < step->change_count; c++) {
            const struct version_change *change = &step->changes[c];
            size_t hit = count;
            for (size_t i = 0; change->from != NULL && i < count; i++) {
                hit = strcmp(table[i], change->from) == 0 ? i : hit;
            }
            cr_assert(change->from == NULL || hit < count, "%s: no row %s", what, change->from);
            if (change->kind == VERSION_INSERT) {
                table[count++] = change->to;
            } else if (change->kind == VERSION_UPDATE) {
                table[hit] = change->to;
            } else {
                table[hit] = table[--count];
            }
        }
        cr_assert_eq(count, step->rows_after.count, "%s", what);
        for (size_t i = 0; i < count; i++) {
            bool found = false;
            for (size_t j = 0; j < count; j++) {
                found = found || strcmp(table[i], step->rows_after.items[j]) == 0;
            }
            cr_assert(found, "%s: row %s", what, table[i]);
        }
    }
}

/* The plan of a question as text, checked on the way: replayed from its names it is the same. */
static char *answer(struct desk *desk, const char *rows_text, const char *command)
{
    struct arena *arena = &desk->arena;
    struct texts rows = rows_of(arena, rows_text);
    const char *spec = command;
    char *verb = sample_cut(arena, &spec, ' ');
    enum direction direction = strcmp(verb, "upgrade") == 0 ? DIRECTION_UP : DIRECTION_DOWN;
    if (plan_make(desk->graph, direction, spec, rows, arena, &desk->plan, &desk->error) < 0) {
        cr_assert_neq(desk->plan.fault, PLAN_FAULT_NONE);
        cr_assert_eq(desk->error.code, ERROR_REVISION);
        return arena_printf(arena, "refused: %s", plan_fault_word(desk->plan.fault));
    }
    cr_assert_eq(desk->plan.fault, PLAN_FAULT_NONE);
    struct buffer text = {0};
    plan_print(&desk->plan, &text);
    changes_check(&desk->plan, buffer_text(&text));
    const char **names = arena_array(arena, desk->plan.step_count, sizeof *names);
    for (size_t i = 0; i < desk->plan.step_count; i++) {
        names[i] = plan_step_name(arena, &desk->plan.steps[i]);
    }
    struct texts step_names = {.items = names, .count = desk->plan.step_count};
    struct plan again;
    cr_assert_eq(plan_replay(desk->graph, rows, step_names, arena, &again, &desk->error), 0, "%s",
                 desk->error.message);
    struct buffer replayed = {0};
    plan_print(&again, &replayed);
    cr_assert_str_eq(buffer_text(&replayed), buffer_text(&text));
    char *copy = arena_strdup(arena, buffer_text(&text));
    buffer_free(&text);
    buffer_free(&replayed);
    return copy;
}

#define EXPECT(desk, rows, command, expected)                                                      \
    cr_expect_str_eq(answer((desk), (rows), (command)), (expected), "[%s] %s: %s (%s)", (rows),    \
                     (command), answer((desk), (rows), (command)), (desk)->error.message)

Test(plan, answers_of_alembic)
{
    size_t asked = 0;
    for (size_t g = 0; g < LENGTH(graph_cases); g++) {
        struct desk desk;
        desk_open(&desk, graph_cases[g].revisions);
        const char *questions = graph_cases[g].questions;
        while (*questions != '\0') {
            const char *line = sample_cut(&desk.arena, &questions, '\n');
            const char *rows = sample_cut(&desk.arena, &line, '|');
            const char *command = sample_cut(&desk.arena, &line, '|');
            const char *given = answer(&desk, rows, command);
            cr_expect_str_eq(given, line, "%s, rows '%s', %s\n  is:        %s\n  should be: %s",
                             graph_cases[g].name, rows, command, given, line);
            asked++;
        }
        desk_close(&desk);
    }
    cr_expect_eq(asked, 86, "%zu questions", asked);
}

static const char *const two_lines = "aaaa1111|||\n"
                                     "aaaa2222|aaaa1111||\n"
                                     "bbbb1111|||billing\n"
                                     "bbbb2222|bbbb1111||\n"
                                     "cc|bbbb2222||\n";

Test(plan, symbols)
{
    struct desk desk;
    desk_open(&desk, two_lines);
    EXPECT(&desk, "aaaa1111", "upgrade aaaa2", "aaaa2222 [U] aaaa2222");
    EXPECT(&desk, "bbbb1111", "upgrade billing", "nothing");
    EXPECT(&desk, "", "upgrade bill", "bbbb1111 [I] bbbb1111");
    EXPECT(&desk, "", "upgrade base", "nothing");
    EXPECT(&desk, "", "upgrade billing@base", "nothing");
    EXPECT(&desk, "aaaa1111", "upgrade @aaaa2222", "aaaa2222 [U] aaaa2222");
    EXPECT(&desk, "aaaa1111", "upgrade aaaa2222@head", "aaaa2222 [U] aaaa2222");
    EXPECT(&desk, "bbbb1111", "upgrade billing@b", "refused: ambiguous_revision");
    EXPECT(&desk, "", "upgrade aaaa", "refused: ambiguous_revision");
    EXPECT(&desk, "", "upgrade c", "refused: no_such_revision");
    EXPECT(&desk, "bbbb2222", "upgrade cc", "cc [U] cc");
    EXPECT(&desk, "", "upgrade zzzz", "refused: no_such_revision");
    EXPECT(&desk, "", "upgrade AAAA1111", "refused: no_such_revision");
    EXPECT(&desk, "", "upgrade nosuch@head", "refused: no_such_revision");
    EXPECT(&desk, "", "upgrade billing@aaaa1111", "refused: no_such_revision");
    EXPECT(&desk, "", "upgrade head", "refused: multiple_heads");
    EXPECT(&desk, "cc", "downgrade heads", "refused: multiple_heads");
    EXPECT(&desk, "", "upgrade ", "refused: bad_spec");
    EXPECT(&desk, "", "upgrade billing@", "refused: bad_spec");
    EXPECT(&desk, "", "upgrade aaaa1111:aaaa2222", "refused: bad_spec");
    EXPECT(&desk, "", "upgrade current", "refused: no_such_revision");
    desk_close(&desk);
}

Test(plan, relative)
{
    struct desk desk;
    desk_open(&desk, two_lines);
    EXPECT(&desk, "aaaa1111", "upgrade +1", "aaaa2222 [U] aaaa2222");
    EXPECT(&desk, "aaaa1111", "upgrade +2", "refused: relative_out_of_range");
    EXPECT(&desk, "aaaa1111", "upgrade +0", "refused: relative_out_of_range");
    EXPECT(&desk, "aaaa1111", "upgrade -1", "refused: relative_out_of_range");
    EXPECT(&desk, "aaaa1111", "upgrade +99999999999999999999", "refused: relative_out_of_range");
    EXPECT(&desk, "aaaa1111", "upgrade aaaa1+1xyz", "aaaa2222 [U] aaaa2222");
    EXPECT(&desk, "aaaa1111", "upgrade aaaa2222-1", "nothing");
    EXPECT(&desk, "aaaa1111", "upgrade aaaa2222-2", "refused: relative_out_of_range");
    EXPECT(&desk, "aaaa1111", "upgrade aaaa2222+1", "refused: relative_out_of_range");
    EXPECT(&desk, "aaaa1111", "upgrade head-1", "refused: multiple_heads");
    EXPECT(&desk, "bbbb1111", "upgrade billing@head-1", "bbbb2222 [U] bbbb2222");
    EXPECT(&desk, "aaaa1111+bbbb1111", "upgrade +1", "refused: ambiguous_walk");
    EXPECT(&desk, "aaaa1111+bbbb1111", "upgrade billing@+1", "bbbb2222 [U] aaaa1111+bbbb2222");
    EXPECT(&desk, "aaaa1111", "upgrade billing@+2",
           "bbbb1111 [I] aaaa1111+bbbb1111; bbbb2222 [U] aaaa1111+bbbb2222");
    EXPECT(&desk, "", "upgrade base+1", "refused: ambiguous_walk");
    EXPECT(&desk, "", "upgrade billing@base+1", "bbbb1111 [I] bbbb1111");
    EXPECT(&desk, "aaaa2222", "downgrade -1", "aaaa2222 [U] aaaa1111");
    EXPECT(&desk, "aaaa2222", "downgrade -2", "aaaa2222 [U] aaaa1111; aaaa1111 [D] -");
    EXPECT(&desk, "aaaa2222", "downgrade -3", "refused: relative_out_of_range");
    EXPECT(&desk, "aaaa2222", "downgrade -0", "refused: relative_out_of_range");
    EXPECT(&desk, "aaaa2222", "downgrade +1", "refused: relative_out_of_range");
    EXPECT(&desk, "", "downgrade -1", "refused: relative_out_of_range");
    EXPECT(&desk, "aaaa2222", "downgrade aaaa2222-1", "aaaa2222 [U] aaaa1111");
    EXPECT(&desk, "aaaa2222", "downgrade aaaa1111+1", "nothing");
    EXPECT(&desk, "aaaa2222", "downgrade aaaa1111+0", "aaaa2222 [U] aaaa1111");
    EXPECT(&desk, "aaaa2222+cc", "downgrade -1", "refused: ambiguous_walk");
    EXPECT(&desk, "aaaa2222+cc", "downgrade billing@-1", "cc [U] aaaa2222+bbbb2222");
    EXPECT(&desk, "aaaa2222", "downgrade billing@-1", "refused: relative_out_of_range");
    EXPECT(&desk, "aaaa2222", "downgrade nosuch@-1", "refused: no_such_revision");
    EXPECT(&desk, "aaaa2222", "downgrade nosuch@base", "refused: no_such_revision");
    EXPECT(&desk, "aaaa2222", "downgrade base-0", "refused: relative_out_of_range");
    EXPECT(&desk, "aaaa2222", "downgrade bbbb1111", "refused: range_not_ancestor");
    EXPECT(&desk, "", "downgrade base", "nothing");
    desk_close(&desk);
}

Test(plan, rows_that_cannot_be)
{
    struct desk desk;
    desk_open(&desk, two_lines);
    EXPECT(&desk, "zzzz", "upgrade heads", "refused: no_such_revision");
    EXPECT(&desk, "aaaa1111+aaaa2222", "upgrade heads", "refused: overlapping_rows");
    EXPECT(&desk, "aaaa1111+aaaa1111", "downgrade base", "refused: overlapping_rows");
    desk_close(&desk);
}

Test(plan, sentences_name_what_and_advise)
{
    struct desk desk;
    desk_open(&desk, two_lines);
    (void)answer(&desk, "", "upgrade head");
    cr_expect_str_eq(desk.error.message, "'head' means one head, but there are 2 (aaaa2222, cc)");
    cr_expect(strstr(desk.error.hint, "LABEL@head") != NULL);
    cr_expect(strstr(desk.error.hint, "drover merge heads") != NULL);
    (void)answer(&desk, "", "upgrade b");
    cr_expect_str_eq(desk.error.message,
                     "'b' may be any of 3 names (bbbb1111, bbbb2222, label billing)");
    (void)answer(&desk, "", "upgrade bbbb2223");
    cr_expect(strstr(desk.error.hint, "did you mean 'bbbb2222'?") != NULL, "%s", desk.error.hint);
    desk_close(&desk);
}

/* Two lines of a merge that cannot be told apart by a label on the merge itself. */
Test(plan, traps_of_alembic)
{
    struct desk desk;
    desk_open(&desk, "a001|||\nb001|a001||\nc001|a001||\nd001|b001, c001||top\n");
    EXPECT(&desk, "b001+c001", "downgrade top@-1", "refused: ambiguous_walk");
    EXPECT(&desk, "d001", "downgrade top@-1", "refused: ambiguous_walk");
    EXPECT(&desk, "", "upgrade a001-1", "refused: relative_out_of_range");
    EXPECT(&desk, "d001", "downgrade c001@a001", "d001 [IU] b001+c001; c001 [D] b001");
    desk_close(&desk);
    /* Trap 4: a002 is above a001, and stays when b001 goes. */
    desk_open(&desk, "a001|||\na002|a001||\nb001|a001|a002|\nc001|||\n");
    EXPECT(&desk, "b001+c001", "downgrade b001-1", "b001 [U] a002+c001; a002 [U] a001+c001");
    EXPECT(&desk, "c001", "upgrade heads",
           "a001 [I] a001+c001; a002 [U] a002+c001; b001 [U] b001+c001");
    desk_close(&desk);
}

static const char *file_of(struct arena *arena, const char *id, const char *parent, bool down)
{
    return arena_printf(arena, "--\n-- Revision ID: %s\n-- Revises: %s\n-- migrate:up\n%s", id,
                        parent, down ? "-- migrate:down\n" : "");
}

Test(plan, no_way_down)
{
    struct desk desk = {0};
    const char *first = file_of(&desk.arena, "a001", "", true);
    const char *second = file_of(&desk.arena, "a002", "a001", false);
    struct revision *revisions[] = {
        revision_parse(&desk.arena, "1.sql", first, strlen(first), &desk.diagnostics),
        revision_parse(&desk.arena, "2.sql", second, strlen(second), &desk.diagnostics),
    };
    desk.graph = graph_build(&desk.arena, revisions, 2, &desk.diagnostics);
    cr_assert_eq(desk.diagnostics.error_count, 0);
    EXPECT(&desk, "a002", "downgrade base", "refused: no_downgrade");
    cr_expect(strstr(desk.error.message, "'a002'") != NULL);
    cr_expect(strstr(desk.error.message, "2.sql") != NULL);
    EXPECT(&desk, "a001", "downgrade base", "a001 [D] -");
    EXPECT(&desk, "", "upgrade head", "a001 [I] a001; a002 [U] a002");
    desk_close(&desk);
}

static int replay(struct desk *desk, const char *rows, const char *names)
{
    return plan_replay(desk->graph, rows_of(&desk->arena, rows), rows_of(&desk->arena, names),
                       &desk->arena, &desk->plan, &desk->error);
}

Test(plan, a_step_that_is_not_available)
{
    static const char base[] =
        "-- a\n--\n-- Revision ID: a\n-- Revises:\n"
        "-- Down Unavailable: it reads\n\n-- migrate:up\n\n-- migrate:down\n";
    static const char next[] = "-- b\n--\n-- Revision ID: b\n-- Revises: a\n"
                               "-- Up Unavailable: it reads\n\n-- migrate:up\n\n-- migrate:down\n";
    static const struct {
        enum direction direction;
        const char *rows;
        const char *spec;
        enum plan_fault fault;
    } cases[] = {
        {DIRECTION_UP, "", "a", PLAN_FAULT_NONE},
        {DIRECTION_UP, "", "b", PLAN_FAULT_UNAVAILABLE},
        {DIRECTION_UP, "b", "b", PLAN_FAULT_NONE},
        {DIRECTION_DOWN, "b", "a", PLAN_FAULT_NONE},
        {DIRECTION_DOWN, "b", "base", PLAN_FAULT_UNAVAILABLE},
    };
    struct desk desk = {0};
    struct revision *revisions[] = {
        revision_parse(&desk.arena, "a.sql", base, sizeof base - 1, &desk.diagnostics),
        revision_parse(&desk.arena, "b.sql", next, sizeof next - 1, &desk.diagnostics)};
    desk.graph = graph_build(&desk.arena, revisions, 2, &desk.diagnostics);
    cr_assert_eq(desk.diagnostics.error_count, 0);
    for (size_t i = 0; i < LENGTH(cases); i++) {
        int made =
            plan_make(desk.graph, cases[i].direction, cases[i].spec,
                      rows_of(&desk.arena, cases[i].rows), &desk.arena, &desk.plan, &desk.error);
        cr_expect_eq(desk.plan.fault, cases[i].fault, "case %zu", i);
        cr_expect_eq(made, cases[i].fault == PLAN_FAULT_NONE ? 0 : -1, "case %zu", i);
    }
    cr_expect_str_eq(plan_fault_word(PLAN_FAULT_UNAVAILABLE), "revision_unavailable");
    desk_close(&desk);
}

/* The template of `drover revision` is a step for a merge only. */
Test(plan, untouched_templates)
{
    static const struct {
        const char *up;
        const char *down;
        size_t parents;
        enum plan_fault faults[2]; /* of the way up, of the way down */
    } cases[] = {
        {NULL, NULL, 0, {PLAN_FAULT_UNTOUCHED, PLAN_FAULT_NO_DOWNGRADE}},
        {"SELECT 1;", NULL, 0, {PLAN_FAULT_NONE, PLAN_FAULT_NO_DOWNGRADE}},
        {"", "", 0, {PLAN_FAULT_NONE, PLAN_FAULT_NONE}},
        {"-- nothing to do", "-- nothing to undo", 0, {PLAN_FAULT_NONE, PLAN_FAULT_NONE}},
        {NULL, NULL, 2, {PLAN_FAULT_NONE, PLAN_FAULT_NONE}},
    };
    static const char *const parents[] = {"a", "b"};
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct desk desk = {0};
        struct revision *revisions[3] = {NULL};
        struct revision_template templates[3] = {{.id = "a", .up_sql = "", .down_sql = ""},
                                                 {.id = "b", .up_sql = "", .down_sql = ""},
                                                 {.id = "c",
                                                  .up_sql = cases[i].up,
                                                  .down_sql = cases[i].down,
                                                  .down_revisions = parents,
                                                  .down_revision_count = cases[i].parents}};
        for (size_t r = 0; r < LENGTH(templates); r++) {
            struct buffer text = {0};
            templates[r].transactional = true;
            revision_render(&templates[r], &text);
            revisions[r] = revision_parse(&desk.arena, templates[r].id, text.data, text.length,
                                          &desk.diagnostics);
            buffer_free(&text);
        }
        desk.graph = graph_build(&desk.arena, revisions, LENGTH(revisions), &desk.diagnostics);
        cr_assert_eq(desk.diagnostics.error_count, 0);
        for (unsigned way = 0; way < 2; way++) {
            struct texts rows = rows_of(&desk.arena, way == 0 ? "" : "c");
            enum direction direction = way == 0 ? DIRECTION_UP : DIRECTION_DOWN;
            bool good = cases[i].faults[way] == PLAN_FAULT_NONE;
            cr_expect_eq(plan_make(desk.graph, direction, way == 0 ? "c" : "base", rows,
                                   &desk.arena, &desk.plan, &desk.error),
                         good ? 0 : -1, "case %zu", i);
            cr_expect_eq(desk.plan.fault, cases[i].faults[way], "case %zu, way %u", i, way);
        }
        desk_close(&desk);
    }
}

Test(plan, replay_refuses_what_does_not_follow)
{
    struct desk desk;
    desk_open(&desk, two_lines);
    const char *skipped[] = {"+aaaa2222"};
    const char *twice[] = {"+aaaa1111", "+aaaa1111"};
    const char *not_row[] = {"-aaaa1111"};
    const char *good[] = {"-aaaa2222", "+aaaa2222"};
    struct {
        const char *rows;
        struct texts steps;
        int result;
    } cases[] = {
        {"", {skipped, 1}, -1},     {"", {twice, 2}, -1},    {"aaaa2222", {not_row, 1}, -1},
        {"aaaa2222", {good, 2}, 0}, {"zzzz", {good, 0}, -1},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        int result = plan_replay(desk.graph, rows_of(&desk.arena, cases[i].rows), cases[i].steps,
                                 &desk.arena, &desk.plan, &desk.error);
        cr_expect_eq(result, cases[i].result, "case %zu: %s", i, desk.error.message);
    }
    cr_expect_eq(replay(&desk, "aaaa2222", "nonsense"), -1);
    cr_expect_eq(replay(&desk, "aaaa2222", "-zzzz"), -1);
    cr_expect_eq(desk.plan.fault, PLAN_FAULT_NO_SUCH_REVISION);
    desk_close(&desk);
}

/* A graph of 1,000 with branches and merges all along: plans must stay far below a noticeable time.
 * The bound is loose, for sanitizers and a busy machine; a cubic algorithm misses it by far. */
Test(plan, thousand_revisions)
{
    enum { COUNT = 1000 };
    struct desk desk = {0};
    struct buffer lines = {0};
    buffer_text_append(&lines, "r0000|||\n");
    for (int i = 1; i < COUNT; i++) {
        if (i % 4 == 0) {
            buffer_printf(&lines, "r%04d|r%04d, r%04d||\n", i, i - 1, i - 2);
        } else {
            buffer_printf(&lines, "r%04d|r%04d||\n", i, i % 4 == 3 ? i - 2 : i - 1);
        }
    }
    desk_open(&desk, buffer_text(&lines));
    buffer_free(&lines);
    struct timespec start;
    struct timespec end;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    struct texts none = {0};
    cr_assert_eq(
        plan_make(desk.graph, DIRECTION_UP, "heads", none, &desk.arena, &desk.plan, &desk.error), 0,
        "%s", desk.error.message);
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    cr_expect_eq(desk.plan.step_count, COUNT);
    double spent =
        (double)(end.tv_sec - start.tv_sec) * 1e3 + (double)(end.tv_nsec - start.tv_nsec) / 1e6;
    fprintf(stderr, "plan over %d revisions: %.2f ms of CPU\n", COUNT, spent);
    cr_expect_lt(spent, 100.0);
    struct texts to = desk.plan.to;
    cr_assert_eq(
        plan_make(desk.graph, DIRECTION_DOWN, "base", to, &desk.arena, &desk.plan, &desk.error), 0,
        "%s", desk.error.message);
    cr_expect_eq(desk.plan.step_count, COUNT);
    cr_expect_eq(desk.plan.to.count, 0);
    desk_close(&desk);
}

Test(plan, a_step_that_alembic_runs_is_a_segment)
{
    static const char *const texts[] = {
        "-- a\n--\n-- Revision ID: a\n-- Revises:\n\n-- migrate:up\n",
        "-- b\n--\n-- Revision ID: b\n-- Revises: a\n\n-- migrate:up\n",
        "-- c\n--\n-- Revision ID: c\n-- Revises: b\n-- Up Alembic: it reads\n\n-- migrate:up\n",
        "-- d\n--\n-- Revision ID: d\n-- Revises: c\n\n-- migrate:up\n",
    };
    struct desk desk = {0};
    struct revision *revisions[LENGTH(texts)];
    for (size_t i = 0; i < LENGTH(texts); i++) {
        revisions[i] =
            revision_parse(&desk.arena, "r.py", texts[i], strlen(texts[i]), &desk.diagnostics);
    }
    desk.graph = graph_build(&desk.arena, revisions, LENGTH(texts), &desk.diagnostics);
    cr_assert_eq(desk.diagnostics.error_count, 0);
    cr_assert_eq(plan_make(desk.graph, DIRECTION_UP, "head", rows_of(&desk.arena, ""), &desk.arena,
                           &desk.plan, &desk.error),
                 0);
    cr_expect_eq(segment_end(&desk.plan, 0), 2);
    cr_expect_eq(segment_end(&desk.plan, 2), 3);
    cr_expect_eq(segment_end(&desk.plan, 3), 4);
    desk_close(&desk);
}
