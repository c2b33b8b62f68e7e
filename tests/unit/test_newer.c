/* What newer servers know and the built-in parser does not: split, carried, and told from mistakes. */
#include <criterion/criterion.h>
#include <string.h>

#include "common/base/array.h"
#include "common/base/buffer.h"
#include "common/revision/bundle.h"
#include "common/revision/revision.h"
#include "common/revision/warnings.h"

#define HEADER "-- m\n--\n-- Revision ID: a\n-- Revises:\n"

struct desk {
    struct arena arena;
    struct diagnostics diagnostics;
    const struct script *up;
};

/* `sql` begins in line 6. */
static void desk_read(struct desk *desk, const char *field, const char *sql)
{
    struct buffer text = {0};
    memset(desk, 0, sizeof *desk);
    buffer_printf(&text, HEADER "%s-- migrate:up\n%s", field, sql);
    desk->up =
        &revision_parse(&desk->arena, "a.sql", text.data, text.length, &desk->diagnostics)->up;
    buffer_free(&text);
}

static void desk_close(struct desk *desk)
{
    diagnostics_free(&desk->diagnostics);
    arena_free(&desk->arena);
}

static const char *complaint(const struct desk *desk)
{
    return desk->diagnostics.first != NULL ? desk->diagnostics.first->message : "";
}

Test(newer, every_example_is_carried)
{
    static const struct {
        unsigned version;
        const char *sql;
    } examples[] = {
#define NEWER(since, example, ...) {since, example},
#include "common/revision/newer.def"
#undef NEWER
    };
    for (size_t i = 0; i < LENGTH(examples); i++) {
        struct desk desk;
        struct buffer text = {0};
        buffer_printf(&text, "SELECT 1;\n%s;\nSELECT 2;\n", examples[i].sql);
        desk_read(&desk, "-- Transaction: none\n", buffer_text(&text));
        cr_assert_eq(desk.diagnostics.error_count, 0, "%s: %s", examples[i].sql, complaint(&desk));
        cr_assert_eq(desk.up->statement_count, 3, "%s", examples[i].sql);
        cr_expect_str_eq(desk.up->statements[1].sql, examples[i].sql);
        cr_expect_not_null(desk.up->statements[1].newer, "%s", examples[i].sql);
        cr_expect_eq(desk.up->statements[1].line, 8, "%s", examples[i].sql);
        cr_expect_eq(desk.up->statements[1].column, 1);
        cr_expect_null(desk.up->statements[0].newer);
        cr_expect_null(desk.up->statements[2].newer);
        buffer_free(&text);
        desk_close(&desk);
    }
}

/* As people write them; also beside a statement that is newer. */
Test(newer, mistakes_are_no_news)
{
    static const char *const mistakes[] = {
        "CREAT TABLE t (a int)",
        "ALTER TABEL t ADD a int",
        "CREATE TABLE t (a int,)",
        "CREATE TABLE t (a int,, b int)",
        "CREATE TABLE t (a int b int)",
        "CREATE TABLE t (a int NOT NUL)",
        "CREATE TABLE t (a int DEFUALT 1)",
        "CREATE TABLE user (a int)",
        "CREATE TABLE t (order int)",
        "CREATE TABLE t (a int PRIMARY KEYS)",
        "CREATE TABLE a (x int)\nCREATE TABLE b (y int)",
        "INSERT INTO t VALUES (1)\nINSERT INTO t VALUES (2)",
        "INSERT INTO t VALUE (1)",
        "INSERT INTO t (a b) VALUES (1, 2)",
        "UPDATE t SET a = 1 WERE b = 2",
        "UPDATE t a = 1",
        "DELETE t WHERE a = 1",
        "SELECT a FORM t",
        "SELECT a, FROM t",
        "SELECT * FROM t WHERE",
        "SELECT * FROM (SELECT 1",
        "SELECT 1)",
        "SELECT 12abc",
        "SELECT 0xfg",
        "SELECT 1__0",
        "SELECT 1_",
        "SELECT :name",
        "SELECT ${name}",
        "SELECT {{ name }}",
        "ALTER TABLE t ADD COLUMN a int NOT NULL DEFAULT",
        "ALTER TABLE t ADD CONSTRAINT NOT NULL a",
        "DROP TABLE t IF EXISTS",
        "GRANT SELECT ON t FOR a",
        "GRANT a TO b WITH ADMIN OPTIONS",
        "CREATE INDEX ON t a",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN SELECT 1; END",
        "COMMENT ON TABLE t 'x'",
        "SELECT 'a' 'b'",
        "SELECT E'\\u00g1'",
        "SELECT U&'\\db99 x'",
    };
    for (size_t i = 0; i < LENGTH(mistakes); i++) {
        for (size_t beside = 0; beside < 2; beside++) {
            struct desk desk;
            struct buffer text = {0};
            buffer_printf(&text, "%s%s;\n", beside ? "SELECT '{}' IS JSON;\n" : "", mistakes[i]);
            desk_read(&desk, "", buffer_text(&text));
            cr_expect_eq(desk.diagnostics.error_count, 1, "%s: %zu errors", buffer_text(&text),
                         desk.diagnostics.error_count);
            cr_expect(desk.diagnostics.first != NULL && desk.diagnostics.first->line >= 6 + beside,
                      "%s", buffer_text(&text));
            buffer_free(&text);
            desk_close(&desk);
        }
    }
}

/* What lies between is one statement, whatever it holds. */
Test(newer, is_split_by_tokens)
{
    static const char *const statements[] = {
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT '{}' IS JSON; SELECT CASE WHEN true "
        "THEN 1 END; END",
        "CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC SELECT 0x1F; SELECT 1_000; END",
        "CREATE FUNCTION \"begin\"(begin int DEFAULT 0x1F) RETURNS int LANGUAGE sql AS 'SELECT 1; "
        "SELECT 2'",
        "CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM s WHERE a = 0x1F; DELETE FROM s)",
        "CREATE FUNCTION f(a int DEFAULT 0x1F) RETURNS int LANGUAGE plpgsql AS $f$BEGIN; $$;$$ "
        "END; $f$",
        "SELECT 0x1F, 'it''s; ' || E'it\\'s; ' || \"a;b\" || U&'; ' || $a$;$a$ || a$b$c FROM t",
        "SELECT 0x1F /* ; /* ; */ ; */ -- ;\n, 2",
        "SELECT 0x1F -- ; a lone carriage return ends it\r, 2",
        "SELECT E'a'\n -- b'\n 'c\\';'",
        "SELECT 'a' -- b'\n 'c;'",
        "SELECT E'a' -- b'\n-- c\n\n 'd\\';'",
        "UPDATE t SET a = b[0x1F] WHERE c = '['",
        "ALTER TABLE t ADD CHECK (a > 0) NOT ENFORCED",
    };
    for (size_t i = 0; i < LENGTH(statements); i++) {
        struct desk desk;
        struct buffer text = {0};
        buffer_printf(&text, ";; SELECT 1;\n%s;\n-- end\n; SELECT 2 -- 3;", statements[i]);
        desk_read(&desk, "", buffer_text(&text));
        cr_assert_eq(desk.diagnostics.error_count, 0, "%s: %s", statements[i], complaint(&desk));
        cr_assert_eq(desk.up->statement_count, 3, "%s: %zu", statements[i],
                     desk.up->statement_count);
        cr_expect_str_eq(desk.up->statements[0].sql, "SELECT 1");
        cr_expect_str_eq(desk.up->statements[1].sql, statements[i]);
        cr_expect_not_null(desk.up->statements[1].newer, "%s", statements[i]);
        cr_expect_str_eq(desk.up->statements[2].sql, "SELECT 2");
        buffer_free(&text);
        desk_close(&desk);
    }
}

/* Its kind, as far as words tell. */
Test(newer, is_judged_by_its_words)
{
    static const struct {
        const char *sql;
        enum statement_kind kind;
        const char *inside; /* what is said of it in a transaction */
        const char *outside;
    } cases[] = {
        {"ALTER TABLE t ALTER a SET STORAGE DEFAULT", STATEMENT_ORDINARY, "", ""},
        {"CREATE INDEX CONCURRENTLY i ON t ((a IS JSON))", STATEMENT_INDEX_BUILD,
         "this statement cannot run inside a transaction", ""},
        {"CREATE TABLE t (a text DEFAULT 'concurrently' STORAGE PLAIN)", STATEMENT_ORDINARY, "",
         ""},
        {"REINDEX DATABASE CONCURRENTLY", STATEMENT_REINDEX,
         "this statement cannot run inside a transaction", ""},
        {"REINDEX (VERBOSE) SYSTEM", STATEMENT_REPEATABLE,
         "this statement cannot run inside a transaction", ""},
        {"VACUUM ONLY t", STATEMENT_REPEATABLE, "this statement cannot run inside a transaction",
         ""},
        {"ANALYZE ONLY t", STATEMENT_ORDINARY, "", ""},
        {"REPACK t", STATEMENT_REPEATABLE, "", ""},
        {"CREATE DATABASE d ENCODING 0x6", STATEMENT_ORDINARY,
         "databases and tablespaces cannot be created or dropped in a revision",
         "databases and tablespaces cannot be created or dropped in a revision"},
        {"CREATE SUBSCRIPTION s SERVER x PUBLICATION p", STATEMENT_ONCE,
         "this statement cannot run inside a transaction", ""},
        {"COPY (SELECT 0x1F) TO STDOUT", STATEMENT_ORDINARY,
         "COPY ... TO STDOUT has nobody to read it", "COPY ... TO STDOUT has nobody to read it"},
        {"SELECT pg_create_physical_replication_slot('a', 0x1F = 31)", STATEMENT_ONCE, "", ""},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct desk desk;
        desk_read(&desk, "", cases[i].sql);
        cr_expect_str_eq(complaint(&desk), cases[i].inside, "%s", cases[i].sql);
        cr_expect_eq(desk.up->statements[0].kind, STATEMENT_ORDINARY, "%s", cases[i].sql);
        desk_close(&desk);
        desk_read(&desk, "-- Transaction: none\n", cases[i].sql);
        cr_expect_str_eq(complaint(&desk), cases[i].outside, "%s", cases[i].sql);
        cr_expect_eq(desk.up->statements[0].kind, cases[i].kind, "%s", cases[i].sql);
        cr_expect_not_null(desk.up->statements[0].newer, "%s", cases[i].sql);
        desk_close(&desk);
    }
}

/* An index that is half built is found by its name, as if the parser had read it. */
Test(newer, names_of_an_index_are_read_by_words)
{
    static const struct {
        const char *sql;
        const char *schema, *name, *table;
    } cases[] = {
        {"CREATE INDEX CONCURRENTLY I ON t (a) WHERE a > 1_000", "", "i", "t"},
        {"create unique index concurrently if not exists \"The \"\"One\"\"\" on only App.\"T\" (a) "
         "where a > 0x1F",
         "app", "The \"One\"", "App.\"T\""},
        {"CREATE INDEX CONCURRENTLY /* why */ i ON \"S\".t USING gin (a) WHERE (a IS JSON)", "S",
         "i", "\"S\".t"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct desk desk;
        desk_read(&desk, "-- Transaction: none\n", cases[i].sql);
        const struct statement *statement = &desk.up->statements[0];
        cr_expect_not_null(statement->newer, "%s", cases[i].sql);
        cr_expect_eq(statement->kind, STATEMENT_INDEX_BUILD, "%s", cases[i].sql);
        cr_expect_str_eq(statement->index_schema, cases[i].schema);
        cr_expect_str_eq(statement->index_name, cases[i].name);
        cr_expect_str_eq(statement->table_name, cases[i].table);
        desk_close(&desk);
    }
    struct desk desk;
    desk_read(&desk, "-- Transaction: none\n", "CREATE INDEX CONCURRENTLY ON t ((a IS JSON))");
    cr_expect(complaint(&desk)[0] != '\0');
    desk_close(&desk);
}

Test(newer, is_whatever_the_header_leaves_to_the_servers)
{
    struct desk desk;
    desk_read(&desk, "-- Syntax: server\n",
              "SELECT 1;\nCREATE TABLE t (a int) DISTRIBUTED BY (a);\nCOMMIT;\nSELECT 2;");
    cr_assert_eq(desk.up->statement_count, 4);
    cr_expect_str_eq(desk.up->statements[1].sql, "CREATE TABLE t (a int) DISTRIBUTED BY (a)");
    cr_expect_not_null(desk.up->statements[1].newer);
    cr_expect_null(desk.up->statements[3].newer);
    cr_expect_eq(desk.diagnostics.error_count, 1, "the COMMIT alone");
    desk_close(&desk);
    desk_read(&desk, "-- Syntax: newer\n", "SELECT 1;");
    cr_expect_str_eq(complaint(&desk), "'Syntax' can only be 'server'");
    desk_close(&desk);
}

Test(newer, is_told_once_for_all_files)
{
    static const char one[] = HEADER "-- migrate:up\nSELECT 1,\n  '{}' IS JSON;\nSELECT 0x1F;\n";
    static const char other[] =
        "-- m\n--\n-- Revision ID: b\n-- Revises: a\n-- migrate:up\nSELECT 1_0;\n";
    const struct bundle_file files[] = {{"a.sql", one, sizeof one - 1},
                                        {"b.sql", other, sizeof other - 1}};
    struct diagnostics diagnostics = {0};
    struct buffer shown = {0};
    struct bundle *bundle = bundle_build(files, LENGTH(files), "migrations", &diagnostics);
    warnings_add(bundle_graph(bundle), "migrations", &diagnostics);
    diagnostics_print(&diagnostics, &shown);
    cr_expect_str_eq(
        buffer_text(&shown),
        "migrations/a.sql:6:1: warning: newer than the built-in parser, PostgreSQL 15's (syntax "
        "error at "
        "or near \"JSON\"); the servers will judge\n  hint: so are 2 more statements\n");
    cr_expect_eq(diagnostics.error_count, 0);
    buffer_free(&shown);
    bundle_free(bundle);
    diagnostics_free(&diagnostics);
}
