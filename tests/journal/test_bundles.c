/* Bundles in memory: few are held, and the one whose graph is lent stays. */
#include <criterion/criterion.h>

#include <string.h>

#include "coordinator/journal/bundles.h"

/* One revision, whose comment makes the difference. */
static struct bundle *bundle_make(struct arena *arena, unsigned number)
{
    const char *content = arena_printf(arena,
                                       "-- bundle %u\n--\n-- Revision ID: a1\n-- Revises:\n"
                                       "-- Create Date: 2026-01-01 00:00:00\n\n-- migrate:up\n"
                                       "create table t ();\n\n-- migrate:down\ndrop table t;\n",
                                       number);
    struct bundle_file file = {"a1.sql", content, strlen(content)};
    struct diagnostics diagnostics = {0};
    struct bundle *bundle = bundle_build(&file, 1, "", &diagnostics);
    cr_assert_eq(diagnostics.error_count, 0);
    diagnostics_free(&diagnostics);
    return bundle;
}

/* Sent by a command; its digest, in `arena`. */
static const char *bundle_send(struct bundles *bundles, struct arena *arena, unsigned number)
{
    struct error error;
    struct bundle *sent = bundle_make(arena, number);
    const char *digest = arena_strdup(arena, bundle_digest(sent));
    struct buffer bytes = {0};
    buffer_append(&bytes, bundle_bytes(sent).data, bundle_bytes(sent).length);
    cr_assert_not_null(bundles_take(bundles, NULL, digest, &bytes, &error), "%s", error.message);
    bundle_free(sent);
    return digest;
}

Test(bundles, the_one_that_is_lent_stays_while_others_come)
{
    struct bundles bundles = {0};
    struct arena arena = {0};
    struct error error;
    const char *first = bundle_send(&bundles, &arena, 0);
    const struct graph *graph = bundles_lend(&bundles, NULL, first, &error);
    cr_assert_not_null(graph);
    const char *second = bundle_send(&bundles, &arena, 1);
    for (unsigned i = 2; i < 2 + BUNDLES_HELD; i++) {
        (void)bundle_send(&bundles, &arena, i);
    }
    cr_expect_eq(graph_size(graph), 1);
    cr_expect_eq(bundles_lend(&bundles, NULL, first, &error), graph);
    error.code = ERROR_IO;
    cr_expect_null(bundles_lend(&bundles, NULL, second, &error));
    cr_expect_eq(error.code, ERROR_NONE, "nobody keeps it: that is no error");
    cr_expect_eq(bundles_lend(&bundles, NULL, first, &error), graph, "it is lent yet");
    bundles_free(&bundles);
    arena_free(&arena);
}
