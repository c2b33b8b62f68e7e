/* Graphs: what is refused, heads, links, history, applied. */
#include <criterion/criterion.h>

#include "common/base/array.h"
#include "tests/unit/sample.h"

struct desk {
    struct arena arena;
    struct diagnostics diagnostics;
    struct graph *graph;
};

static void desk_open(struct desk *desk, const char *lines)
{
    memset(desk, 0, sizeof *desk);
    desk->graph = sample_graph(&desk->arena, lines, &desk->diagnostics);
}

static void desk_close(struct desk *desk)
{
    diagnostics_free(&desk->diagnostics);
    arena_free(&desk->arena);
}

static const char *ids(struct desk *desk, struct revision_list list)
{
    const char *text = "";
    for (size_t i = 0; i < list.count; i++) {
        text = arena_printf(&desk->arena, "%s%s%s", text, i > 0 ? " " : "", list.items[i]->id);
    }
    return text;
}

/* Lines of a sample file: 3 the id, 4 the parents, 5 dependencies or labels, 6 labels after those.
 */
Test(graph, refusals)
{
    static const struct {
        const char *lines;
        const char *complaints;
    } cases[] = {
        {"a001|||\nb001|b001||\n", "b001.sql:4:1: revision 'b001' is said to come after itself\n"},
        {"a001|||\nb001|a001|b001|\n",
         "b001.sql:5:1: revision 'b001' is said to come after itself\n"},
        {"a001|c001||\nb001|a001||\nc001|b001||\n",
         "a001.sql:4:1: the revisions form a cycle: a001 -> c001 -> b001 -> a001\n"},
        /* The one Alembic does not notice. */
        {"a001|||\nb001|a001, d001||\nc001|b001||\nd001|c001||\ne001|d001||\n",
         "b001.sql:4:1: the revisions form a cycle: b001 -> d001 -> c001 -> b001\n"},
        {"a001||b001|\na002|a001||\nb001||a002|\n", "a001.sql:5:1: the revisions form a cycle of "
                                                    "dependencies: a001 -> b001 -> a002 -> a001\n"},
        {"a001|b001||\nb001|a001||\nc001|d001||\nd001|c001||\ne001|a001||\n",
         "a001.sql:4:1: the revisions form a cycle: a001 -> b001 -> a001\n"
         "c001.sql:4:1: the revisions form a cycle: c001 -> d001 -> c001\n"},
        {"a001|||\nb001|a001, zzzz||\n", "b001.sql:4:19: there is no revision 'zzzz'\n"},
        {"a001|||\nb001|a001|zzzz|\n", "b001.sql:5:16: there is no revision or label 'zzzz'\n"},
        {"a001|||ops\nb001|ops||\n",
         "b001.sql:4:13: 'ops' is a label, but 'Revises' takes revision ids\n"},
        {"a001|||\na001|||\n", "a001.sql:3:17: revision id 'a001' is taken by a001.sql:3\n"},
        {"a001|||ops\nb001|a001||x, ops\n",
         "b001.sql:5:22: label 'ops' is used by a001.sql:5 too\n"},
        {"a001|||b001\nb001|a001||\n",
         "a001.sql:5:19: label 'b001' is a revision id in b001.sql:3\n"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct desk desk;
        desk_open(&desk, cases[i].lines);
        struct buffer out = {0};
        for (const struct diagnostic *d = desk.diagnostics.first; d != NULL; d = d->next) {
            buffer_printf(&out, "%s:%u:%u: %s\n", d->file, d->line, d->column, d->message);
            cr_expect_not_null(d->hint);
        }
        cr_expect_str_eq(buffer_text(&out), cases[i].complaints, "case %zu is:\n%s", i,
                         buffer_text(&out));
        buffer_free(&out);
        desk_close(&desk);
    }
}

Test(graph, unknown_parent_hint)
{
    struct desk desk;
    desk_open(&desk, "1f0c2a9b77de|||\n2b7e41c05a93|1f0c2a||\n");
    cr_assert_not_null(desk.diagnostics.first);
    cr_expect_str_eq(desk.diagnostics.first->hint,
                     "did you mean '1f0c2a9b77de'? Ids stand in full");
    desk_close(&desk);
}

Test(graph, empty)
{
    struct desk desk;
    desk_open(&desk, "");
    cr_expect_eq(desk.diagnostics.error_count, 0);
    cr_expect_eq(graph_size(desk.graph), 0);
    cr_expect_eq(graph_heads(desk.graph, &desk.arena).count, 0);
    cr_expect_eq(graph_history(desk.graph, &desk.arena).count, 0);
    cr_expect_null(graph_find(desk.graph, "a"));
    desk_close(&desk);
}

Test(graph, heads_bases_links)
{
    struct desk desk;
    desk_open(&desk,
              "a001|||\na002|a001||\nb001|||billing\nb002|b001|a002|\nc001|b002|a002, a001|\n"
              "d001|c001||\ne001|c001||\nf001|d001, e001|billing|\n");
    struct arena *arena = &desk.arena;
    const struct graph *graph = desk.graph;
    cr_assert_eq(desk.diagnostics.error_count, 0);
    cr_expect_eq(graph_size(graph), 8);
    cr_expect_str_eq(graph_at(graph, 2)->id, "b001");
    cr_expect_null(graph_find(graph, "billing"));
    cr_expect_str_eq(ids(&desk, graph_heads(graph, arena)), "a002 f001");
    cr_expect_str_eq(ids(&desk, graph_real_heads(graph, arena)), "f001");
    cr_expect_str_eq(ids(&desk, graph_bases(graph, arena)), "a001 b001");
    const struct revision *middle = graph_find(graph, "c001");
    /* b002 lists a002 already; a001 is merely implied and stays. */
    cr_expect_str_eq(ids(&desk, graph_links(graph, middle, arena)), "b002 a001");
    cr_expect_str_eq(ids(&desk, graph_children(graph, middle, arena)), "d001 e001");
    cr_expect(graph_is_branch_point(graph, middle));
    cr_expect_not(graph_is_merge_point(middle));
    cr_expect_not(graph_is_head(graph, middle));
    const struct revision *merge = graph_find(graph, "f001");
    cr_expect(graph_is_merge_point(merge));
    cr_expect_str_eq(ids(&desk, graph_links(graph, merge, arena)), "d001 e001 b001");
    const struct revision *effective = graph_find(graph, "a002");
    cr_expect(graph_is_head(graph, effective));
    cr_expect_not(graph_is_real_head(graph, effective));
    cr_expect(graph_is_real_head(graph, merge));
    cr_expect(graph_is_base(graph_find(graph, "a001")));
    cr_expect_str_eq(ids(&desk, graph_history(graph, arena)),
                     "f001 d001 e001 c001 b002 a002 b001 a001");
    desk_close(&desk);
}

Test(graph, applied)
{
    struct desk desk;
    struct error error;
    struct revision_list applied;
    desk_open(&desk, "a001|||\na002|a001||\nb001|||\nb002|b001|a001|\nb003|b002||\n");
    const char *rows[] = {"b002", "zzzz"};
    cr_assert_eq(graph_applied(desk.graph, rows, 1, &desk.arena, &applied, &error), 0);
    cr_expect_str_eq(ids(&desk, applied), "a001 b001 b002");
    cr_expect_eq(graph_applied(desk.graph, rows, 2, &desk.arena, &applied, &error), -1);
    cr_expect_eq(error.code, ERROR_REVISION);
    cr_expect(strstr(error.message, "'zzzz'") != NULL);
    desk_close(&desk);
}
