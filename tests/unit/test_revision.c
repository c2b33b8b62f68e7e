/* Revision files: header, sections, statements, every refusal with its place, checksum, template.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "common/base/array.h"
#include "common/base/buffer.h"
#include "common/revision/revision.h"

struct desk {
    struct arena arena;
    struct diagnostics diagnostics;
    struct revision *revision;
    char *complaints; /* "line:column: message\n" each */
};

static void desk_close(struct desk *desk)
{
    diagnostics_free(&desk->diagnostics);
    arena_free(&desk->arena);
}

static void desk_parse_bytes(struct desk *desk, const char *text, size_t length)
{
    memset(desk, 0, sizeof *desk);
    desk->revision = revision_parse(&desk->arena, "f.sql", text, length, &desk->diagnostics);
    struct buffer out = {0};
    for (const struct diagnostic *d = desk->diagnostics.first; d != NULL; d = d->next) {
        buffer_printf(&out, "%u:%u: %s\n", d->line, d->column, d->message);
    }
    desk->complaints = arena_strdup(&desk->arena, buffer_text(&out));
    buffer_free(&out);
}

static void desk_parse(struct desk *desk, const char *text)
{
    desk_parse_bytes(desk, text, strlen(text));
}

/* Parses a good header, lines 1 to 4, and `body` from line 5 on. */
static void desk_parse_body(struct desk *desk, const char *field, const char *body)
{
    struct buffer text = {0};
    buffer_printf(&text, "-- sample\n--\n-- Revision ID: a001\n-- Revises:%s\n%s", field, body);
    desk_parse_bytes(desk, text.data, text.length);
    buffer_free(&text);
}

#define SIXTY_FOUR     "1234567890123456789012345678901234567890123456789012345678901234"
#define NO_TRANSACTION "\n-- Transaction: none"
#define UP             "-- migrate:up\n"

Test(header, everything)
{
    struct desk desk;
    desk_parse(&desk, "-- create account table\n-- and its index\n--\n"
                      "-- Revision ID: 1f0c2a9b77de\n-- Revises: 9c1d, 77ab\n"
                      "-- Create Date: 2024-05-13 09:00:00+00:00\n"
                      "-- Branch Labels: billing, ops\n-- Depends On: 3e2f, other\n"
                      "-- Transaction: none\n\n-- a remark: of the author\n\n"
                      "-- migrate:up\nCREATE TABLE a(b int);\n\n-- migrate:down\nDROP TABLE a;\n");
    struct revision *revision = desk.revision;
    cr_assert_str_eq(desk.complaints, "");
    cr_expect_str_eq(revision->id, "1f0c2a9b77de");
    cr_expect_str_eq(revision->message, "create account table\nand its index");
    cr_expect_str_eq(revision->path, "f.sql");
    cr_expect_str_eq(revision->create_date, "2024-05-13 09:00:00+00:00");
    cr_assert_eq(revision->down_revision_count, 2);
    cr_expect_str_eq(revision->down_revisions[0], "9c1d");
    cr_expect_str_eq(revision->down_revisions[1], "77ab");
    cr_expect_eq(revision->revises_line, 5);
    cr_expect_eq(revision->down_revision_columns[1], 19);
    cr_assert_eq(revision->branch_label_count, 2);
    cr_expect_str_eq(revision->branch_labels[1], "ops");
    cr_expect_eq(revision->labels_line, 7);
    cr_assert_eq(revision->depends_on_count, 2);
    cr_expect_str_eq(revision->depends_on[1], "other");
    cr_expect_eq(revision->depends_line, 8);
    cr_expect_eq(revision->id_line, 4);
    cr_expect_not(revision->up.transactional);
    cr_expect(revision->up.present);
    cr_expect_eq(revision->up.line, 13);
    cr_expect(revision->down.present);
    cr_assert_eq(revision->up.statement_count, 1);
    cr_expect_eq(revision->up.statements[0].line, 14);
    desk_close(&desk);
}

/* A carriage return alone ends a comment for PostgreSQL, so it does here: what follows it runs. */
Test(script, carriage_return_alone)
{
    static const struct {
        const char *body;
        size_t up;
        size_t down;
        const char *last; /* of the way up */
    } cases[] = {
        {UP "-- a\rSELECT 1;\rSELECT 2;", 2, 0, "SELECT 2"},
        {UP "SELECT 1; -- a\rSELECT 2;\n-- b\rSELECT 3;\n", 3, 0, "SELECT 3"},
        {UP "SELECT 1\r-- migrate:down\rSELECT 2;", 1, 1, "SELECT 1"},
        {UP "SELECT '\r-- a';", 1, 0, "SELECT '\r-- a'"},
        {UP "SELECT E'a'\r'\\'; b' -- c\r;", 1, 0, "SELECT E'a'\r'\\'; b'"},
        {UP "SELECT 1 -- a\r+ 1", 1, 0, "SELECT 1 -- a\r+ 1"},
        {UP "/* a\r */ SELECT 1;", 1, 0, "SELECT 1"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct desk desk;
        desk_parse_body(&desk, "", cases[i].body);
        cr_expect_str_eq(desk.complaints, "", "case %zu: %s", i, desk.complaints);
        cr_assert_eq(desk.revision->up.statement_count, cases[i].up, "case %zu", i);
        cr_expect_eq(desk.revision->down.statement_count, cases[i].down, "case %zu", i);
        cr_expect_str_eq(desk.revision->up.statements[cases[i].up - 1].sql, cases[i].last);
        desk_close(&desk);
    }
}

Test(header, carriage_return_alone_is_refused)
{
    static const char *const texts[] = {
        "-- message\r--\r-- Revision ID: a\r-- Revises:\r-- migrate:up\rSELECT 1;\r",
        "-- Revision ID: a\n-- Revises:\rSELECT 1;\n-- migrate:up\n",
        "-- Revision ID: a\n-- Revises:\r\r\n-- migrate:up\n",
    };
    for (size_t i = 0; i < LENGTH(texts); i++) {
        struct desk desk;
        desk_parse(&desk, texts[i]);
        cr_expect_not_null(strstr(desk.complaints, "a carriage return without a line feed"),
                           "text %zu: %s", i, desk.complaints);
        desk_close(&desk);
    }
}

Test(header, shapes_that_work)
{
    static const char *const texts[] = {
        "--\n-- Revision ID: a\n-- Revises:\n-- migrate:up\n",
        "-- Revision ID: a\n-- Revises:\n-- migrate:up\n",
        "-- Revises:\n-- Revision ID: a\n\n-- migrate:up",
        "\n\n-- message\n--\n-- Revision ID: a\n-- Revises: \n\n\n  -- migrate:up  \n",
        "-- message\n\n-- Revision ID: a\n-- Revises:\n-- migrate:up\n",
        "-- message\n-- Revision ID: a\n-- Revises:\n-- migrate:up\n",
        "\xef\xbb\xbf-- message\r\n--\r\n-- Revision ID: a\r\n-- Revises:\r\n-- migrate:up\r\n",
        "-- Revises: is a word\n--\n-- Revision ID: a\n-- Revises:\n-- migrate:up\n",
        "--message\n--\n--Revision ID:a\n--Revises:\n--migrate:up\n",
    };
    static const char *const messages[] = {
        "", "", "", "message", "message", "message", "message", "Revises: is a word", "message"};
    for (size_t i = 0; i < LENGTH(texts); i++) {
        struct desk desk;
        desk_parse(&desk, texts[i]);
        cr_expect_str_eq(desk.complaints, "", "text %zu: %s", i, desk.complaints);
        cr_assert_not_null(desk.revision);
        cr_expect_str_eq(desk.revision->id, "a");
        cr_expect_str_eq(desk.revision->message, messages[i], "text %zu", i);
        cr_expect_eq(desk.revision->down_revision_count, 0);
        cr_expect(desk.revision->up.transactional);
        cr_expect_not(desk.revision->down.present);
        desk_close(&desk);
    }
}

static void checksum_of(const char *field, const char *body, char checksum[65])
{
    struct desk desk;
    desk_parse_body(&desk, field, body);
    cr_assert_str_eq(desk.complaints, "");
    cr_assert_eq(strlen(desk.revision->checksum), 64);
    memcpy(checksum, desk.revision->checksum, 65);
    desk_close(&desk);
}

struct refusal {
    const char *text;
    const char *complaints;
};

Test(header, refusals)
{
    static const struct refusal cases[] = {
        {"", "0:0: there is no '-- migrate:up' section\n1:1: the header has no 'Revision ID'\n"},
        {"-- m\n--\n-- Revision ID: a\n-- Revises:\n",
         "0:0: there is no '-- migrate:up' section\n"},
        {"-- m\n--\n-- Revison ID: a\n-- Revises:\n-- migrate:up\n",
         "3:4: 'Revison ID' is not a header field\n1:1: the header has no 'Revision ID'\n"},
        {"-- m\n--\n-- Revision ID: a\n-- migrate:up\n", "3:1: the header has no 'Revises'\n"},
        {"-- m\n--\n-- Revision ID:\n-- Revises:\n-- migrate:up\n",
         "3:4: the revision id is empty\n"},
        {"-- m\n--\n-- Revision ID: a-1\n-- Revises: b@c\n-- migrate:up\n",
         "3:18: '-' is not allowed in a revision id 'a-1'\n"
         "4:14: '@' is not allowed in a revision id 'b@c'\n"},
        {"-- m\n--\n-- Revision ID: a b\n-- Revises:\n-- migrate:up\n",
         "3:18: a blank is not allowed in a revision id 'a b'\n"},
        {"-- m\n--\n-- Revision ID: head\n-- Revises:\n-- migrate:up\n",
         "3:17: 'head' cannot be a revision id: it is a word of target specs\n"},
        {"-- m\n--\n-- Revision ID: " SIXTY_FOUR SIXTY_FOUR SIXTY_FOUR SIXTY_FOUR
         "\n-- Revises:\n-- "
         "migrate:up\n",
         "3:17: the revision id is longer than 255 bytes\n"},
        {"-- m\n--\n-- Revision ID: a\n-- Revises: b,, c, b\n-- migrate:up\n",
         "4:15: an empty name in 'Revises'\n4:20: 'b' stands twice in 'Revises'\n"},
        {"-- m\n--\n-- Revision ID: a\n-- Revises:\n-- Revises: b\n-- migrate:up\n",
         "5:4: a second 'Revises' (the first is in line 4)\n"},
        {"-- m\n--\n-- Revision ID: a\n-- Revises:\n-- Transaction: off\n-- migrate:up\n",
         "5:17: 'Transaction' can only be 'none'\n"},
        {"-- m\n--\n-- Revision ID: a\n-- Revises:\n-- Author: x\n-- nothing\n-- migrate:up\n",
         "5:4: 'Author' is not a header field\n6:4: this header line is not 'Field: value'\n"},
        {"-- m\n--\n-- Revision ID: a\n-- Revises:\nSELECT 1;\nSELECT 2;\n-- migrate:up\n",
         "5:1: only comment lines may stand before '-- migrate:up'\n"},
        {"-- m\n--\n-- Revision ID: a\n-- Revises:\n-- migrate:up\n-- migrate:dwon\nDROP TABLE "
         "a;\n",
         "6:1: '-- migrate:dwon' is not a section marker\n"},
        {"-- m\n--\n-- Revision ID: a\n-- Revises:\n-- Migrate:Up\n-- migrate:up\n",
         "5:1: '-- Migrate:Up' is not a section marker\n5:4: 'Migrate' is not a header field\n"},
        {"-- m\n--\n-- Revision ID: a\n-- Revises:\n-- migrate:up transaction:maybe\n",
         "5:1: '-- migrate:up transaction:maybe' is not a section marker\n"
         "0:0: there is no '-- migrate:up' section\n5:4: 'migrate' is not a header field\n"},
        {"-- m\n--\n-- Revision ID: a\n-- Revises:\n-- migrate:up\n-- migrate:down\n-- "
         "migrate:up\n",
         "7:1: a second '-- migrate:up' (the first is in line 5)\n"},
        {"-- m\n-- \xff\n", "2:4: the file is not valid UTF-8\n"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct desk desk;
        desk_parse(&desk, cases[i].text);
        cr_expect_str_eq(desk.complaints, cases[i].complaints, "case %zu is:\n%s", i,
                         desk.complaints);
        desk_close(&desk);
    }
}

Test(header, nul_and_size)
{
    struct desk desk;
    desk_parse_bytes(&desk, "-- a\n\0", 6);
    cr_expect_str_eq(desk.complaints, "2:1: the file contains a NUL byte\n");
    cr_expect_null(desk.revision);
    desk_close(&desk);
    size_t length = 256 * 1024 * 1024 + 1;
    char *large = memory_alloc(length);
    memset(large, ' ', length);
    desk_parse_bytes(&desk, large, length);
    cr_expect_str_eq(desk.complaints, "0:0: the file is larger than 256 MiB\n");
    desk_close(&desk);
    free(large);
}

Test(header, hint_for_misspelt_field)
{
    struct desk desk;
    desk_parse(&desk, "-- m\n--\n-- Revision ID: a\n-- Revises:\n-- Depend On: b\n-- migrate:up\n");
    cr_assert_not_null(desk.diagnostics.first);
    cr_expect_str_eq(desk.diagnostics.first->hint, "did you mean 'Depends On'?");
    desk_close(&desk);
}

/* Sections begin in line 5, statements in line 6. */
Test(script, refusals)
{
    static const struct {
        const char *field;
        const char *sql;
        const char *complaints;
    } cases[] = {
        {"", "SELEC 1;", "6:1: syntax error at or near \"SELEC\"\n"},
        {"", "SELECT 1;\n  SELECT 'é', FROM t WHERE;\n",
         "7:16: syntax error at or near \"FROM\"\n"},
        {"", "CREATE TABLE a (\n  b int,\n);\n", "8:1: syntax error at or near \")\"\n"},
        {"", "SELECT (1\n\n-- end\n", "6:10: syntax error at end of input\n"},
        {"", "SELECT 'a;\n", "6:8: unterminated quoted string at or near \"'a;\n\"\n"},
        {"", "SELECT :name;", "6:8: syntax error at or near \":\"\n"},
        {"", "\\i other.sql\nSELECT 1;",
         "6:1: '\\i' is a meta-command of psql, which a server does not know\n"},
        {"", "SELECT 1 \\gset",
         "6:10: '\\gset' is a meta-command of psql, which a server does not know\n"},
        {"", "COPY t (a, b) FROM STDIN;\n1\tit's\n\\N\t2\n\\.\nSELEC",
         "10:1: syntax error at or near \"SELEC\"\n"},
        {"", "/* x */ copy t from stdin with (format csv)",
         "6:9: COPY ... FROM STDIN has no data, or they have no end\n"},
        {"", "COPY t FROM STDIN; SELECT 1;",
         "6:1: something stands behind COPY ... FROM STDIN; in its line\n"},
        {"", "COPY t TO STDOUT;", "6:1: COPY ... TO STDOUT has nobody to read it\n"},
        {"", "BEGIN;",
         "6:1: transaction control (BEGIN, COMMIT, ROLLBACK, ...) is not allowed in a revision\n"},
        {"", "SELECT 1; COMMIT AND CHAIN;",
         "6:11: transaction control (BEGIN, COMMIT, ROLLBACK, ...) is not allowed in a revision\n"},
        {"", "ROLLBACK",
         "6:1: transaction control (BEGIN, COMMIT, ROLLBACK, ...) is not allowed in a revision\n"},
        {"", "SAVEPOINT a;",
         "6:1: transaction control (BEGIN, COMMIT, ROLLBACK, ...) is not allowed in a revision\n"},
        {"", "PREPARE TRANSACTION 'a';",
         "6:1: transaction control (BEGIN, COMMIT, ROLLBACK, ...) is not allowed in a revision\n"},
        {"", "SET TRANSACTION READ ONLY;",
         "6:1: transaction control (BEGIN, COMMIT, ROLLBACK, ...) is not allowed in a revision\n"},
        {NO_TRANSACTION, "START TRANSACTION;",
         "7:1: transaction control (BEGIN, COMMIT, ROLLBACK, ...) is not allowed in a revision\n"},
        {"", "CREATE DATABASE a;",
         "6:1: databases and tablespaces cannot be created or dropped in a revision\n"},
        {NO_TRANSACTION, "DROP DATABASE a;",
         "7:1: databases and tablespaces cannot be created or dropped in a revision\n"},
        {NO_TRANSACTION, "CREATE TABLESPACE a LOCATION '/a';",
         "7:1: databases and tablespaces cannot be created or dropped in a revision\n"},
        {"", "ALTER DATABASE a SET TABLESPACE b;",
         "6:1: a database cannot be moved to another tablespace in a revision\n"},
        {"", "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p;",
         "6:1: this statement cannot run inside a transaction\n"},
        {"", "DISCARD ALL;", "6:1: DISCARD ALL is not allowed in a revision\n"},
        {"", "SET standard_conforming_strings = off;",
         "6:1: standard_conforming_strings cannot be changed in a revision\n"},
        {"", "RESET standard_conforming_strings;",
         "6:1: standard_conforming_strings cannot be changed in a revision\n"},
        {"", "CREATE INDEX CONCURRENTLY i ON t (a);",
         "6:1: this statement cannot run inside a transaction\n"},
        {"", "\n-- why\nDROP INDEX CONCURRENTLY i;",
         "8:1: this statement cannot run inside a transaction\n"},
        {"", "VACUUM t;", "6:1: this statement cannot run inside a transaction\n"},
        {"", "REINDEX INDEX CONCURRENTLY i;",
         "6:1: this statement cannot run inside a transaction\n"},
        {"", "REINDEX SCHEMA public;", "6:1: this statement cannot run inside a transaction\n"},
        {"", "CLUSTER;", "6:1: this statement cannot run inside a transaction\n"},
        {"", "ALTER SYSTEM SET work_mem = '1MB';",
         "6:1: this statement cannot run inside a transaction\n"},
        {NO_TRANSACTION, "CREATE INDEX CONCURRENTLY ON t (a);",
         "7:1: an index that is built CONCURRENTLY needs a name in a revision\n"},
        {NO_TRANSACTION, "DROP INDEX CONCURRENTLY a, b;",
         "7:1: DROP INDEX CONCURRENTLY takes one index at a time\n"},
        {"", "ALTER TABLE t DETACH PARTITION p CONCURRENTLY;",
         "6:1: this statement cannot run inside a transaction\n"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct desk desk;
        struct buffer body = {0};
        buffer_printf(&body, UP "%s\n-- migrate:down\nSELECT 1;\n", cases[i].sql);
        /* A quote that is never closed takes the rest of the file with it. */
        bool open = strstr(cases[i].complaints, "unterminated") != NULL;
        if (open) {
            buffer_clear(&body);
            buffer_printf(&body, UP "%s", cases[i].sql);
        }
        desk_parse_body(&desk, cases[i].field, buffer_text(&body));
        cr_expect_str_eq(desk.complaints, cases[i].complaints, "%s\n%s", cases[i].sql,
                         desk.complaints);
        cr_expect(open || desk.revision->down.statement_count == 1, "%s", cases[i].sql);
        buffer_free(&body);
        desk_close(&desk);
    }
}

/* What psql alone understands and does nothing to a server is no statement. */
Test(script, psql_is_passed_over)
{
    static const struct {
        const char *sql;
        unsigned lines;
        const char *complaints;
    } cases[] = {
        {"\\restrict x;y\n\\unrestrict x", 2, ""},
        {"\\set ON_ERROR_STOP on\n\\set QUIET\n\\unset any\n\\set", 4, ""},
        {"\\echo it's `date` \"x\"\n  \\timing\n\\o /dev/null\n\\o\n\\encoding 'UTF8'", 5, ""},
        {"SELECT 2; \\echo done", 1, ""},
        {"\\set name value", 0,
         "6:1: '\\set' is a meta-command of psql, which a server does not know\n"},
        {"\\set AUTOCOMMIT off", 0,
         "6:1: '\\set' is a meta-command of psql, which a server does not know\n"},
        {"\\o | rm x", 0, "6:1: '\\o' is a meta-command of psql, which a server does not know\n"},
        {"\\encoding LATIN1", 0,
         "6:1: '\\encoding' is a meta-command of psql, which a server does not know\n"},
        {"\\echo a \\\\ DROP TABLE t;", 0,
         "6:1: '\\echo' is a meta-command of psql, which a server does not know\n"},
        {"\\echo a\rDROP TABLE t;", 0,
         "6:1: '\\echo' is a meta-command of psql, which a server does not know\n"},
        {"SELECT\n\\echo within\n2;", 0,
         "7:1: '\\echo' is a meta-command of psql, which a server does not know\n"},
        {"\\restricted", 0,
         "6:1: '\\restricted' is a meta-command of psql, which a server does not know\n"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct desk desk;
        struct buffer body = {0};
        buffer_printf(&body, UP "%s\n-- migrate:down\nSELECT 1;\n", cases[i].sql);
        desk_parse_body(&desk, "", buffer_text(&body));
        cr_expect_str_eq(desk.complaints, cases[i].complaints, "%s\n%s", cases[i].sql,
                         desk.complaints);
        cr_expect_eq(desk.revision->passed_over.psql_lines, cases[i].lines, "%s", cases[i].sql);
        cr_expect_eq(desk.revision->down.statement_count, 1, "%s", cases[i].sql);
        buffer_free(&body);
        desk_close(&desk);
    }
}

/* Data belong to their statement, and are nothing to the parser. */
Test(script, data)
{
    static const char body[] =
        UP "SELECT 1;\n"
           "COPY t (a, b) FROM STDIN; -- all\n1\tit's\n\\N\t'; SELEC\n-- migrate:down\n\\.\n"
           "copy /* ; */ \"x;\" from program 'x'; COPY u FROM stdin WITH (FORMAT csv)\n;\n\\.\n"
           "SELECT 2;\n-- migrate:down\nCOPY v FROM STDIN;\nlast\n\\.";
    struct desk desk;
    desk_parse_body(&desk, "", body);
    cr_assert_str_eq(desk.complaints, "");
    const struct script *up = &desk.revision->up;
    cr_assert_eq(up->statement_count, 5);
    cr_expect_null(up->statements[0].data.bytes.data);
    cr_expect_str_eq(up->statements[1].sql, "COPY t (a, b) FROM STDIN");
    cr_expect_eq(up->statements[1].data.bytes.length,
                 strlen("1\tit's\n\\N\t'; SELEC\n-- migrate:down\n"));
    cr_expect_eq(up->statements[1].data.line, 8);
    cr_expect_null(up->statements[2].data.bytes.data, "a file of the server");
    cr_assert_not_null(up->statements[3].data.bytes.data);
    cr_expect_eq(up->statements[3].data.bytes.length, 0);
    cr_expect_eq(up->statements[3].line, 12);
    cr_expect_eq(up->statements[4].line, 15);
    cr_assert_eq(desk.revision->down.statement_count, 1);
    cr_expect_eq(desk.revision->down.statements[0].data.line, 18);
    desk_close(&desk);
    static const char *const files[] = {
        "COPY t FROM STDIN;\n1\n2\n\\.\n", "COPY t  FROM STDIN;\r\n1\r\n2\r\n\\.\r\n",
        "COPY t FROM STDIN;\n1\n3\n\\.\n", "COPY t FROM STDIN;\n1\n2\n\n\\.\n"};
    char checksums[LENGTH(files)][65];
    for (size_t i = 0; i < LENGTH(files); i++) {
        struct buffer text = {0};
        buffer_printf(&text, UP "%s", files[i]);
        checksum_of("", buffer_text(&text), checksums[i]);
        buffer_free(&text);
    }
    cr_expect_str_eq(checksums[1], checksums[0]);
    cr_expect_str_neq(checksums[2], checksums[0], "data are what is applied");
    cr_expect_str_neq(checksums[3], checksums[0], "an empty line is a row");
}

/* A hint names what works. */
Test(script, psql_hints)
{
    static const char *const cases[][2] = {
        {"\\ir other.sql", "put the text of that file here"},
        {"SELECT 1 \\gx", "';'"},
        {"SELECT 1 \\gset", "DO block"},
        {"\\if :x", "IF in a DO block"},
        {"\\connect other", "Drover connects"},
        {"\\set x 1", "write the value where :name stands"},
        {"\\set AUTOCOMMIT off", "Drover begins and commits"},
        {"\\! ls", "plain SQL"},
        {"SELECT 1\n\\echo x", "before the statement"},
        {"\\echo x \\\\ SELECT 1", "a line of its own"},
        {"CREATE INDEX CONCURRENTLY i ON t (a);", "-- migrate:down transaction:none"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct desk desk;
        struct buffer body = {0};
        buffer_printf(&body, UP "%s\n", cases[i][0]);
        desk_parse_body(&desk, "", buffer_text(&body));
        cr_assert_eq(desk.diagnostics.error_count, 1, "%s\n%s", cases[i][0], desk.complaints);
        cr_expect_not_null(strstr(desk.diagnostics.first->hint, cases[i][1]), "%s: %s", cases[i][0],
                           desk.diagnostics.first->hint);
        buffer_free(&body);
        desk_close(&desk);
    }
}

/* BEGIN and COMMIT around all of a section are what Drover does; anything else stays refused. */
Test(script, pair_is_passed_over)
{
    static const struct {
        const char *field;
        const char *sql;
        size_t pairs;
        size_t errors;
    } cases[] = {
        {"", "BEGIN; SELECT 1; COMMIT;", 1, 0},
        {"", "-- first\nbegin work;\nSELECT 1;\nend;\n-- last\n", 1, 0},
        {"", "Start /* x */ Transaction; SELECT 1; COMMIT TRANSACTION", 1, 0},
        {"", "\\set ON_ERROR_STOP on\nBEGIN;\nSELECT 1;\nCOMMIT;\n\\echo done", 1, 0},
        {NO_TRANSACTION, "BEGIN; SELECT 1; COMMIT;", 0, 2},
        {"", "BEGIN; SELECT 1; COMMIT; SELECT 2;", 0, 2},
        {"", "SELECT 2; BEGIN; SELECT 1; COMMIT;", 0, 2},
        {"", "BEGIN; SELECT 1; ROLLBACK;", 0, 2},
        {"", "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT 1; COMMIT;", 0, 2},
        {"", "BEGIN; SELECT 1; COMMIT AND CHAIN;", 0, 2},
        {"", "BEGIN; SELECT 1; COMMIT; BEGIN; SELECT 1; COMMIT;", 1, 2},
        {"", "BEGIN; SELECT 1;", 0, 1},
        {"", "BEGIN", 0, 1},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct desk desk;
        struct buffer body = {0};
        buffer_printf(&body, UP "%s\n", cases[i].sql);
        desk_parse_body(&desk, cases[i].field, buffer_text(&body));
        cr_expect_eq(desk.diagnostics.error_count, cases[i].errors, "%s\n%s", cases[i].sql,
                     desk.complaints);
        cr_expect_eq(desk.revision->passed_over.pairs, cases[i].pairs, "%s", cases[i].sql);
        buffer_free(&body);
        desk_close(&desk);
    }
    char bare[65];
    char between[65];
    checksum_of("", UP "SELECT 1;", bare);
    checksum_of("", UP "BEGIN; SELECT 1; COMMIT;", between);
    cr_expect_str_eq(bare, between, "the pair may be taken out afterwards");
}

Test(script, way_down_that_does_not_parse)
{
    struct desk desk;
    desk_parse_body(&desk, "", UP "SELECT 1;\n-- migrate:down\nSELECT 2;\nDORP TABLE a;\n");
    cr_expect_str_eq(desk.complaints, "");
    cr_expect_eq(desk.revision->up.statement_count, 1);
    cr_expect_null(desk.revision->up.unavailable);
    cr_expect(desk.revision->down.broken);
    cr_expect_str_eq(desk.revision->down.unavailable, "syntax error at or near \"DORP\" (f.sql:9)");
    desk_close(&desk);
    desk_parse_body(&desk, "", UP "SELECT 1;\n-- migrate:down\nCOMMIT;\n");
    cr_expect_eq(desk.diagnostics.error_count, 1, "what parses is judged: %s", desk.complaints);
    desk_close(&desk);
}

Test(script, deep_nesting_is_refused)
{
    struct buffer body = {0};
    struct desk desk;
    buffer_text_append(&body, UP "SELECT ");
    for (int i = 0; i < 200000; i++) {
        buffer_append(&body, "(", 1);
    }
    desk_parse_body(&desk, "", buffer_text(&body));
    cr_expect_str_eq(desk.complaints, "6:1008: parentheses are nested more than 1000 deep\n");
    desk_close(&desk);
    buffer_clear(&body);
    buffer_text_append(&body, UP "CREATE VIEW v AS SELECT 1");
    for (int i = 0; i < 100000; i++) {
        buffer_append(&body, "+1", 2);
    }
    desk_parse_body(&desk, "", buffer_text(&body));
    cr_expect_str_eq(desk.complaints, "6:1: this statement has more than 20000 words and signs\n");
    desk_close(&desk);
    buffer_free(&body);
}

Test(script, what_is_allowed)
{
    static const char *const sql[] = {
        "SET standard_conforming_strings = on;",
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $f$\nBEGIN\n-- migrate:down\n\\x\n"
        "RETURN 1; END $f$;",
        "CREATE RULE r AS ON INSERT TO t DO ALSO (INSERT INTO a VALUES (1); DELETE FROM b);",
        "CREATE FUNCTION g() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END;",
        "SELECT 'a\\';",
        "SELECT E'a\\'; \\\\ ;' AS \"x;\\y\";",
        "/* ; \\i /* nested */ ' */ SELECT 1;",
        "ANALYZE t;",
        "REINDEX TABLE t;",
        "SET CONSTRAINTS a IMMEDIATE;",
        "COPY t FROM '/tmp/stdin';",
        "DROP INDEX a, b;",
        "SELECT 1 -- ; no more",
        "",
        ";;",
        "-- only a remark",
    };
    static const size_t counts[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0};
    for (size_t i = 0; i < LENGTH(sql); i++) {
        struct desk desk;
        struct buffer body = {0};
        buffer_printf(&body, UP "%s\n-- migrate:down\n", sql[i]);
        desk_parse_body(&desk, "", buffer_text(&body));
        cr_expect_str_eq(desk.complaints, "", "%s\n%s", sql[i], desk.complaints);
        cr_expect_eq(desk.revision->up.statement_count, counts[i], "%s", sql[i]);
        cr_expect(desk.revision->down.present);
        buffer_free(&body);
        desk_close(&desk);
    }
}

Test(script, statements_without_comments_at_their_edges)
{
    struct desk desk;
    desk_parse_body(&desk, "",
                    UP
                    "\n-- first\n/* and */ SELECT 1 -- in\n  + 2 -- after\n ; SELECT\n3 -- last\n");
    cr_assert_str_eq(desk.complaints, "");
    cr_assert_eq(desk.revision->up.statement_count, 2);
    cr_expect_str_eq(desk.revision->up.statements[0].sql, "SELECT 1 -- in\n  + 2");
    cr_expect_eq(desk.revision->up.statements[0].length, 20);
    cr_expect_eq(desk.revision->up.statements[0].line, 8);
    cr_expect_str_eq(desk.revision->up.statements[1].sql, "SELECT\n3");
    cr_expect_eq(desk.revision->up.statements[1].line, 10);
    desk_close(&desk);
}

/* What a marker says holds for its section and goes before the header; dbmate's word is understood. */
Test(script, transaction_of_one_direction)
{
    static const struct {
        const char *field;
        const char *up;
        const char *down;
        bool up_transactional;
        bool down_transactional;
    } cases[] = {
        {"", "", "", true, true},
        {"", "", " transaction:none", true, false},
        {"", "  transaction:false", "", false, true},
        {NO_TRANSACTION, "", " transaction:true", false, true},
        {NO_TRANSACTION, " transaction:none", "", false, false},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct desk desk;
        struct buffer body = {0};
        buffer_printf(&body, "-- migrate:up%s\n%s;\n-- migrate:down%s\n%s;\n", cases[i].up,
                      cases[i].up_transactional ? "SELECT 1" : "VACUUM t", cases[i].down,
                      cases[i].down_transactional ? "SELECT 1" : "VACUUM t");
        desk_parse_body(&desk, cases[i].field, buffer_text(&body));
        cr_expect_str_eq(desk.complaints, "", "%s%s", buffer_text(&body), desk.complaints);
        cr_expect_eq(desk.revision->up.transactional, cases[i].up_transactional);
        cr_expect_eq(desk.revision->down.transactional, cases[i].down_transactional);
        buffer_free(&body);
        desk_close(&desk);
    }
    struct desk desk;
    desk_parse_body(&desk, "", UP "SELECT 1;\n-- migrate:down transaction:maybe\nSELECT 1;\n");
    cr_expect_not_null(strstr(desk.complaints, "is not a section marker"), "%s", desk.complaints);
    desk_close(&desk);
}

Test(script, kinds)
{
    struct desk desk;
    desk_parse_body(
        &desk, NO_TRANSACTION,
        UP "CREATE INDEX CONCURRENTLY \"Ix\" ON s . \"T\" (a);\n"
           "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS j ON ONLY t (a);\n"
           "DROP INDEX CONCURRENTLY IF EXISTS s.\"I\";\n"
           "DROP INDEX CONCURRENTLY j;\n"
           "VACUUM t;\nREINDEX TABLE t;\nCLUSTER t;\nALTER SYSTEM RESET ALL;\n"
           "CREATE INDEX k ON t (a);\nUPDATE t SET a = 1;\nANALYZE t;\n"
           "CALL p();\nREINDEX (CONCURRENTLY) INDEX s.\"I\";\n"
           "REINDEX SCHEMA CONCURRENTLY s;\nALTER TABLE t DETACH PARTITION p CONCURRENTLY;\n"
           "SELECT pg_catalog.Pg_Drop_Replication_Slot('s');\nDROP SUBSCRIPTION s;\n");
    cr_assert_str_eq(desk.complaints, "");
    static const struct {
        enum statement_kind kind;
        const char *schema;
        const char *index;
        const char *table;
    } expected[] = {
        {STATEMENT_INDEX_BUILD, "s", "Ix", "s . \"T\""},
        {STATEMENT_INDEX_BUILD, "", "j", "t"},
        {STATEMENT_INDEX_DROP, "s", "I", ""},
        {STATEMENT_INDEX_DROP, "", "j", ""},
        {STATEMENT_REPEATABLE, "", "", ""},
        {STATEMENT_REPEATABLE, "", "", ""},
        {STATEMENT_REPEATABLE, "", "", ""},
        {STATEMENT_REPEATABLE, "", "", ""},
        {STATEMENT_ORDINARY, "", "", ""},
        {STATEMENT_ORDINARY, "", "", ""},
        {STATEMENT_ORDINARY, "", "", ""},
        {STATEMENT_ORDINARY, "", "", ""},
        {STATEMENT_REINDEX, "", "", "s.\"I\""},
        {STATEMENT_REINDEX, "", "", ""},
        {STATEMENT_ONCE, "", "", ""},
        {STATEMENT_ONCE, "", "", ""},
        {STATEMENT_ONCE, "", "", ""},
    };
    size_t count = LENGTH(expected);
    cr_assert_eq(desk.revision->up.statement_count, count);
    for (size_t i = 0; i < count; i++) {
        const struct statement *statement = &desk.revision->up.statements[i];
        cr_expect_eq(statement->kind, expected[i].kind, "%s", statement->sql);
        cr_expect_str_eq(statement->index_schema, expected[i].schema, "%s", statement->sql);
        cr_expect_str_eq(statement->index_name, expected[i].index, "%s", statement->sql);
        cr_expect_str_eq(statement->table_name, expected[i].table, "%s", statement->sql);
    }
    desk_close(&desk);
}

/* What a script shares with other databases, and whether its transaction must end. */
Test(script, effects)
{
    static const struct {
        const char *sql;
        enum sharing sharing;
        bool adds_enum_value;
    } cases[] = {
        {"ALTER TYPE a.state ADD VALUE IF NOT EXISTS 'b' BEFORE 'c'", SHARING_NONE, true},
        {"alter type \"a state\" /* x */ add -- y\n value 'b'", SHARING_NONE, true},
        {"ALTER TYPE state RENAME VALUE 'a' TO 'b'", SHARING_NONE, false},
        {"ALTER TYPE state ADD ATTRIBUTE value text", SHARING_NONE, false},
        {"ALTER TYPE state OWNER TO app", SHARING_NONE, false},
        {"DO $$BEGIN ALTER TYPE a ADD VALUE 'b'; END$$", SHARING_NONE, true},
        {"DO LANGUAGE plpgsql 'BEGIN EXECUTE ''ALTER TYPE a ADD VALUE b''; END'", SHARING_NONE,
         true},
        {"DO $x$BEGIN EXECUTE 'ALTER TYPE ' || t || E' ADD VALUE ' || quote_literal(v); END$x$",
         SHARING_NONE, true},
        {"DO $$BEGIN /* ALTER TYPE a ADD VALUE 'b' */ -- ALTER ROLE x\n PERFORM 1; END$$",
         SHARING_NONE, false},
        {"DO $$BEGIN ALTER TYPE a RENAME TO b; ALTER TABLE c ADD value int; END$$", SHARING_NONE,
         false},
        {"INSERT INTO notes VALUES ('ALTER TYPE a ADD VALUE b', 'CREATE ROLE x')", SHARING_NONE,
         false},
        {"COMMENT ON TABLE a IS 'ALTER TYPE a ADD VALUE b; CREATE ROLE c'", SHARING_NONE, false},
        {"CREATE TABLE role (grant_to text)", SHARING_NONE, false},

        {"CREATE ROLE app", SHARING_SERVER, false},
        {"create user app", SHARING_SERVER, false},
        {"DROP GROUP IF EXISTS app", SHARING_SERVER, false},
        {"ALTER ROLE app IN DATABASE a SET search_path = b", SHARING_SERVER, false},
        {"CREATE USER MAPPING FOR app SERVER files", SHARING_NONE, false},
        {"GRANT app, \"other\" TO reader WITH ADMIN OPTION", SHARING_SERVER, false},
        {"GRANT SELECT ON a TO reader", SHARING_NONE, false},
        {"GRANT SELECT (b) ON TABLE a TO reader", SHARING_NONE, false},
        {"GRANT CREATE ON TABLESPACE fast TO app", SHARING_SERVER, false},
        {"GRANT CONNECT ON DATABASE a TO app", SHARING_DATABASE, false},
        {"REVOKE ADMIN OPTION FOR app FROM reader", SHARING_SERVER, false},
        {"REVOKE ALL ON SCHEMA public FROM PUBLIC", SHARING_NONE, false},
        {"REVOKE ALL ON DATABASE a FROM PUBLIC", SHARING_DATABASE, false},
        {"ALTER DEFAULT PRIVILEGES IN SCHEMA a GRANT SELECT ON TABLES TO app", SHARING_NONE, false},
        {"DROP OWNED BY app", SHARING_SERVER, false},
        {"REASSIGN OWNED BY app TO other", SHARING_SERVER, false},
        {"DROP TABLE owned", SHARING_NONE, false},
        {"ALTER DATABASE a SET work_mem = '1MB'", SHARING_DATABASE, false},
        {"COMMENT ON DATABASE a IS 'b'", SHARING_DATABASE, false},
        {"COMMENT ON ROLE a IS 'b'", SHARING_SERVER, false},
        {"SECURITY LABEL FOR selinux ON ROLE a IS 'b'", SHARING_SERVER, false},
        {"SECURITY LABEL ON TABLE a IS 'b'", SHARING_NONE, false},
        {"ALTER TABLESPACE fast RENAME TO slow", SHARING_SERVER, false},
        {"ALTER SUBSCRIPTION s DISABLE", SHARING_SERVER, false},
        {"DO $$BEGIN IF true THEN CREATE ROLE app; END IF; END$$", SHARING_SERVER, false},
        {"DO $$BEGIN EXECUTE format('GRANT %I TO %I', a, b); END$$", SHARING_SERVER, false},
        {"DO $$BEGIN EXECUTE format('GRANT SELECT ON %I TO %I', a, b); END$$", SHARING_NONE, false},
        {"DO $$BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET a.b = 1'; END$$",
         SHARING_DATABASE, false},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct desk desk;
        struct buffer body = {0};
        buffer_printf(&body, UP "SELECT 1;\n%s;\nSELECT 2;\n", cases[i].sql);
        desk_parse_body(&desk, "", buffer_text(&body));
        cr_expect_str_eq(desk.complaints, "", "%s: %s", cases[i].sql, desk.complaints);
        cr_expect_eq(desk.revision->up.sharing, cases[i].sharing, "%s", cases[i].sql);
        cr_expect_eq(desk.revision->up.adds_enum_value, cases[i].adds_enum_value, "%s",
                     cases[i].sql);
        buffer_free(&body);
        desk_close(&desk);
    }
}

Test(checksum, counts_what_runs_and_nothing_else)
{
    char base[65];
    char other[65];
    checksum_of("", UP "CREATE TABLE a (b int);\nSELECT 'x  y';\n-- migrate:down\nDROP TABLE a;",
                base);
    cr_expect_str_eq(base, "ef834ca462dda2477c6f558f947a4a9a609de116bbc8fe252a2acda77e4630e6");
    static const char *const same[] = {
        UP "CREATE TABLE a (b int);\nSELECT 'x  y';\n",
        UP "-- mended\nCREATE TABLE a\r\n  (b /* key */ int) ;\r\n\r\nSELECT 'x  y'\n",
        "\n-- a remark\n\n" UP "CREATE TABLE a (b int);SELECT 'x  y';\n-- migrate:down\nSELECT 3",
    };
    static const char *const different[] = {
        UP "CREATE TABLE a (b int);\nSELECT 'x y';\n",
        UP "CREATE TABLE a (b int);\n",
        UP "SELECT 'x  y';\nCREATE TABLE a (b int);\n",
        UP "create table a (b int);\nSELECT 'x  y';\n",
    };
    for (size_t i = 0; i < LENGTH(same); i++) {
        checksum_of("", same[i], other);
        cr_expect_str_eq(other, base, "same %zu", i);
    }
    for (size_t i = 0; i < LENGTH(different); i++) {
        checksum_of("", different[i], other);
        cr_expect_str_neq(other, base, "different %zu", i);
    }
    checksum_of(NO_TRANSACTION, same[0], other);
    cr_expect_str_neq(other, base);
}

/* What Drover of any version wrote about the statements is taken for them, in a transaction or not. */
Test(checksum, transaction_is_no_edit)
{
    static const char *const headers[] = {"", NO_TRANSACTION};
    char recorded[LENGTH(headers)][65];
    char edited[65];
    for (size_t i = 0; i < LENGTH(headers); i++) {
        checksum_of(headers[i], UP "SELECT 1;\n", recorded[i]);
    }
    checksum_of("", UP "SELECT 2;\n", edited);
    for (size_t i = 0; i < LENGTH(headers); i++) {
        struct desk desk;
        desk_parse_body(&desk, headers[i], UP "SELECT 1;\n");
        for (size_t j = 0; j < LENGTH(headers); j++) {
            cr_expect(revision_is_recorded(desk.revision, recorded[j]), "%zu %zu", i, j);
        }
        cr_expect_not(revision_is_recorded(desk.revision, edited));
        cr_expect_not(revision_is_recorded(desk.revision, ""));
        desk_close(&desk);
    }
}

#define CODE(digit)                                                                                \
    "\n-- Code: " digit "000000000000000000000000000000000000000000000000000000000000000"

/* Of one that was rendered. */
static void adopted_checksum(const char *header, const char *body, char checksum[65])
{
    checksum_of(header, body, checksum);
    cr_assert_eq(strlen(checksum), 64);
    cr_assert_eq(checksum[0], 's');
}

/* One that was rendered counts as unchanged when its code is, or its statements are; and so do the same statements in
 * a file of their own. What was recorded of statements alone is compared with the statements, where there are any. */
Test(checksum, of_code)
{
    static const char unavailable[] = "\n-- Up Unavailable: it reads";
    char both[65];
    char code_only[65];
    char statements_only[65];
    char neither[65];
    char unrendered[65];
    char before[65];
    char before_other[65];
    struct desk desk;
    adopted_checksum(CODE("a"), UP "SELECT 1;\n", both);
    adopted_checksum(CODE("a"), UP "SELECT 2;\n", code_only);
    adopted_checksum(CODE("b"), UP "SELECT 1;\n", statements_only);
    adopted_checksum(CODE("b"), UP "SELECT 2;\n", neither);
    char header[200];
    (void)snprintf(header, sizeof header, "%s%s", unavailable, CODE("a"));
    adopted_checksum(header, UP, unrendered);
    checksum_of("", UP "SELECT 1;\n", before);
    checksum_of("", UP "SELECT 2;\n", before_other);
    desk_parse_body(&desk, CODE("a"), UP "SELECT 1;\n");
    cr_expect(revision_is_recorded(desk.revision, both));
    cr_expect(revision_is_recorded(desk.revision, code_only));
    cr_expect(revision_is_recorded(desk.revision, statements_only));
    cr_expect(revision_is_recorded(desk.revision, unrendered));
    cr_expect(revision_is_recorded(desk.revision, before));
    cr_expect_not(revision_is_recorded(desk.revision, neither));
    cr_expect_not(revision_is_recorded(desk.revision, before_other));
    cr_expect_not(revision_is_recorded(desk.revision, ""));
    desk_close(&desk);
    desk_parse_body(&desk, header, UP);
    cr_expect(revision_is_recorded(desk.revision, both));
    cr_expect(revision_is_recorded(desk.revision, before_other), "nothing to compare it with");
    cr_expect_not(revision_is_recorded(desk.revision, statements_only));
    cr_expect_not(revision_is_recorded(desk.revision, ""));
    desk_close(&desk);
    desk_parse_body(&desk, "", UP "SELECT 1;\n");
    cr_expect(revision_is_recorded(desk.revision, both));
    cr_expect(revision_is_recorded(desk.revision, unrendered), "nothing to compare it with");
    cr_expect_not(revision_is_recorded(desk.revision, neither));
    desk_close(&desk);
}

Test(header, code_is_a_digest)
{
    struct desk desk;
    desk_parse_body(&desk, "\n-- Code: abc", UP "SELECT 1;\n");
    cr_expect_str_eq(desk.complaints, "5:10: 'Code' is not a SHA-256 in hex\n");
    desk_close(&desk);
}

Test(template, round_trip)
{
    static const char *const parents[] = {"a001", "b001"};
    static const char *const labels[] = {"billing"};
    static const char *const needs[] = {"c001", "ops"};
    static const char *const messages[] = {"add account", "two\nlines", "",
                                           "Revises: x\nRevision ID: y", "don't -- stop /* it"};
    for (size_t i = 0; i < LENGTH(messages); i++) {
        struct revision_template template = {.id = "1f0c2a9b77de",
                                             .message = messages[i],
                                             .create_date = "2024-05-13 09:00:00+00:00",
                                             .down_revisions = parents,
                                             .down_revision_count = i % 3,
                                             .depends_on = needs,
                                             .depends_on_count = i % 2 * 2,
                                             .branch_labels = labels,
                                             .branch_label_count = i % 2,
                                             .transactional = i % 2 == 0,
                                             .up_sql = i == 1 ? "SELECT 1;" : NULL,
                                             .down_sql = i == 1 ? "SELECT 2;\n" : NULL};
        struct buffer text = {0};
        struct desk desk;
        revision_render(&template, &text);
        desk_parse(&desk, buffer_text(&text));
        cr_assert_str_eq(desk.complaints, "", "%s\n%s", desk.complaints, buffer_text(&text));
        cr_expect_str_eq(desk.revision->id, template.id);
        cr_expect_str_eq(desk.revision->message, messages[i]);
        cr_expect_str_eq(desk.revision->create_date, template.create_date);
        cr_expect_eq(desk.revision->up.transactional, template.transactional);
        cr_assert_eq(desk.revision->down_revision_count, template.down_revision_count);
        cr_assert_eq(desk.revision->depends_on_count, template.depends_on_count);
        cr_assert_eq(desk.revision->branch_label_count, template.branch_label_count);
        for (size_t p = 0; p < template.down_revision_count; p++) {
            cr_expect_str_eq(desk.revision->down_revisions[p], parents[p]);
        }
        cr_expect_eq(desk.revision->up.statement_count, i == 1);
        cr_expect(desk.revision->down.present);
        desk_close(&desk);
        buffer_free(&text);
    }
}

Test(template, marker_in_a_message_is_defused)
{
    struct revision_template template = {.id = "a", .message = "x\n\nmigrate:up\n  y "};
    struct buffer text = {0};
    struct desk desk;
    revision_render(&template, &text);
    desk_parse(&desk, buffer_text(&text));
    cr_expect_str_eq(desk.complaints, "");
    cr_expect_str_eq(desk.revision->message, "x\n'migrate:up'\ny");
    desk_close(&desk);
    buffer_free(&text);
}

Test(template, file_names)
{
    static const struct {
        const char *message;
        const char *name;
    } cases[] = {
        {"Create Account-table!", "id_create_account_table.sql"},
        {"", "id_.sql"},
        {" --- ", "id_.sql"},
        {"create account table v2 with a very long name",
         "id_create_account_table_v2_with_a_very_.sql"},
        {"snake_case__kept", "id_snake_case__kept.sql"},
        {"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeee",
         "id_aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd_.sql"},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < LENGTH(cases); i++) {
        cr_expect_str_eq(revision_file_name(&arena, "id", cases[i].message), cases[i].name);
    }
    arena_free(&arena);
}

Test(revision, unavailable_and_lines_of_a_python_file)
{
    static const char text[] = "-- reads\n--\n-- Revision ID: a\n-- Revises:\n"
                               "-- Up Unavailable: it reads (a.py:4)\n\n-- migrate:up\n\n"
                               "-- migrate:down\n-- Line: 12\nDROP TABLE a;\n"
                               "-- Line: 14\nDROP TABLE b\n;\nDROP TABLE c;\n";
    struct arena arena = {0};
    struct diagnostics diagnostics = {0};
    struct revision *revision =
        revision_parse(&arena, "versions/a.py", text, sizeof text - 1, &diagnostics);
    cr_assert_eq(diagnostics.error_count, 0);
    cr_expect_str_eq(revision->up.unavailable, "it reads (a.py:4)");
    cr_expect_null(revision->down.unavailable);
    cr_assert_eq(revision->down.statement_count, 3);
    cr_expect_eq(revision->down.statements[0].line, 12);
    cr_expect_eq(revision->down.statements[1].line, 14);
    cr_expect_eq(revision->down.statements[2].line, 14);
    struct revision *native = revision_parse(&arena, "a.sql", text, sizeof text - 1, &diagnostics);
    cr_expect_eq(native->down.statements[0].line, 11, "a .sql file has lines of its own");
    cr_expect_str_eq(native->checksum, revision->checksum);
    diagnostics_free(&diagnostics);
    arena_free(&arena);
}

Test(revision, header_of_a_python_file_has_its_lines)
{
    const char *const names[] = {"b"};
    struct revision_template template = {
        .id = "a",
        .message = "the message\nLine: 7 of the poem",
        .down_revisions = names,
        .down_revision_count = 1,
        .depends_on = names,
        .depends_on_count = 1,
        .branch_labels = names,
        .branch_label_count = 1,
        .transactional = true,
        .up_sql = "",
        .down_sql = "",
        .lines = {.id = 3, .down_revisions = 4, .branch_labels = 6, .depends_on = 5}};
    struct buffer text = {0};
    struct arena arena = {0};
    struct diagnostics diagnostics = {0};
    revision_render(&template, &text);
    struct revision *revision =
        revision_parse(&arena, "a.py", buffer_text(&text), text.length, &diagnostics);
    cr_assert_eq(diagnostics.error_count, 0);
    cr_expect_str_eq(revision->message, "the message\n'Line: 7 of the poem'");
    cr_expect_eq(revision->id_line, 3);
    cr_expect_eq(revision->id_column, 0, "the column is not known");
    cr_expect_eq(revision->revises_line, 4);
    cr_expect_eq(revision->depends_line, 5);
    cr_expect_eq(revision->labels_line, 6);
    buffer_free(&text);
    diagnostics_free(&diagnostics);
    arena_free(&arena);
}

Test(revision, template_tells_what_is_unavailable)
{
    struct revision_template template = {.id = "a",
                                         .transactional = true,
                                         .up_sql = "SELECT 1;",
                                         .down_sql = "",
                                         .down_unavailable = "no downgrade()"};
    struct buffer text = {0};
    struct arena arena = {0};
    struct diagnostics diagnostics = {0};
    revision_render(&template, &text);
    struct revision *revision =
        revision_parse(&arena, "a.sql", buffer_text(&text), text.length, &diagnostics);
    cr_assert_eq(diagnostics.error_count, 0);
    cr_expect_null(revision->up.unavailable);
    cr_expect_str_eq(revision->down.unavailable, "no downgrade()");
    buffer_free(&text);
    diagnostics_free(&diagnostics);
    arena_free(&arena);
}

/* Of a direction that the project's own Alembic runs, the .py file is what was applied. */
Test(revision, what_alembic_runs_is_known_by_its_code)
{
    char source[65];
    memset(source, 'a', 64);
    source[64] = '\0';
    struct revision_template template = {.id = "a",
                                         .transactional = true,
                                         .up_sql = "",
                                         .down_sql = "SELECT 1;",
                                         .up_alembic = "it reads (a.py:4)",
                                         .source = source,
                                         .code = source};
    struct buffer text = {0};
    struct arena arena = {0};
    struct diagnostics diagnostics = {0};
    revision_render(&template, &text);
    struct revision *revision =
        revision_parse(&arena, "a.py", buffer_text(&text), text.length, &diagnostics);
    cr_assert_eq(diagnostics.error_count, 0);
    cr_expect_str_eq(revision->up.alembic, "it reads (a.py:4)");
    cr_expect_null(revision->down.alembic);
    cr_expect_str_eq(revision->source, source);
    cr_expect_str_eq(revision->checksum, "saaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                         "00000000000000000000000000000000");
    cr_expect(revision_is_recorded(revision, revision->checksum));
    buffer_free(&text);
    diagnostics_free(&diagnostics);
    arena_free(&arena);
}

Test(revision, a_source_is_a_digest)
{
    static const char text[] = "-- a\n--\n-- Revision ID: a\n-- Revises:\n-- Source: abc\n"
                               "\n-- migrate:up\n";
    struct arena arena = {0};
    struct diagnostics diagnostics = {0};
    (void)revision_parse(&arena, "a.py", text, sizeof text - 1, &diagnostics);
    cr_assert_eq(diagnostics.error_count, 1);
    cr_expect(strstr(diagnostics.first->message, "SHA-256") != NULL);
    diagnostics_free(&diagnostics);
    arena_free(&arena);
}
