/* Where in a file a fault of a batch is: in a statement, and in the data below it. */
#include <criterion/criterion.h>

#include "common/base/array.h"
#include "worker/sql/batch.h"

Test(batch, finds_the_line_of_data)
{
    static const struct {
        const char *context;
        unsigned line;
    } cases[] = {
        {"COPY t, line 3, column i: \"x, line 9\"", 22},
        {"COPY t, line 1: \"a\tb\"", 20},
        {"COPY t, line 7", 26},
        {"COPY t 5, line 2, column b: \"\"", 21},
        {"PL/pgSQL function f(integer,int) line 8 at RAISE\nCOPY t, line 4: \"x\"", 23},
        {"COPY t, Zeile 3, Spalte i: \"x\"", 22},
        {"COPY t, ligne 3, colonne i : \"x\"", 22},
        {"COPY t, \xe8\xa1\x8c 3, \xe5\x88\x97 i: \"x\"", 22},
        {"", 10}, /* nothing is said: the statement itself */
        {"SQL statement \"SELECT 1, 2\"", 10},
        {"COPY t", 10},
    };
    const struct revision revision = {.path = "r.sql"};
    const struct statement statement = {.sql = "COPY t FROM STDIN",
                                        .length = 17,
                                        .line = 10,
                                        .data = {{(const uint8_t *)"x\n", 2}, 20}};
    struct batch batch = {0};
    batch_script(&batch, &revision, &statement);
    for (size_t i = 0; i < LENGTH(cases); i++) {
        const struct pg_error fault = {.sqlstate = "22P02", .context = cases[i].context};
        unsigned line = 0;
        cr_assert_not_null(batch_locate(&batch, &fault, &line));
        cr_expect_eq(line, cases[i].line, "%s: %u", cases[i].context, line);
    }
    batch_free(&batch);
}
