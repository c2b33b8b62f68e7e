/* Inspections against a real server: what is reported, and every reason to refuse but a standby. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"
#include "tests/pg/cluster.h"
#include "tests/pg/errand.h"

#define STEP(id, parent, extra, up)                                                                \
    "-- step\n--\n-- Revision ID: " id "\n-- Revises: " parent "\n" extra "\n-- migrate:up\n" up   \
    ";\n-- migrate:down\nSELECT 0;\n"

static const struct bundle_file files[] = {
    {"0001_a.sql", STEP("a1", "", "", "CREATE TABLE a (i int)"), 0},
    {"0002_b.sql", STEP("b2", "a1", "", "CREATE TABLE b (i int)"), 0},
    {"0003_c.sql", STEP("c3", "a1", "", "CREATE TABLE c (i int)"), 0},
    {"0004_d.sql",
     STEP("d4", "b2", "-- Transaction: none\n", "CREATE INDEX CONCURRENTLY b_i ON b (i)"), 0},
};

static struct office office;
static struct errand errand;
static struct bundle *bundle;

/* What deploys leave behind (worker/sql/bookkeeping.c). */
#define TABLES(schema)                                                                             \
    "CREATE TABLE " schema ".alembic_version (version_num varchar(32) PRIMARY KEY);"               \
    "CREATE TABLE " schema ".drover_history (number bigint, revision text, direction text,"        \
    " checksum text);"                                                                             \
    "CREATE TABLE " schema ".drover_progress (revision text, direction text, checksum text,"       \
    " statement int, state text);"

static void setup(void)
{
    struct bundle_file read[4];
    for (size_t i = 0; i < 4; i++) {
        read[i] = files[i];
        read[i].length = strlen(files[i].content);
    }
    struct diagnostics diagnostics = {0};
    bundle = bundle_build(read, 4, "migrations", &diagnostics);
    struct buffer report = {0};
    diagnostics_print(&diagnostics, &report);
    cr_assert_eq(diagnostics.error_count, 0, "%s", buffer_text(&report));
    buffer_free(&report);
    diagnostics_free(&diagnostics);
    cluster_database("target");
    office_open(&office, 4);
}

static void teardown(void)
{
    errand_free(&errand);
    office_close(&office);
    bundle_free(bundle);
}

TestSuite(inspect, .init = setup, .fini = teardown);

static void inspect_make(const char *database)
{
    errand_free(&errand);
    errand_make(&errand, &office, "inspect", database);
    errand.task.bundle = bundle;
    errand.task.job.bundle = bundle_digest(bundle);
}

static void inspect(const char *database)
{
    inspect_make(database);
    errand_run(&errand);
}

static const char *checksum_of(const char *id)
{
    return graph_find(bundle_graph(bundle), id)->checksum;
}

static void record(const char *schema, const char *revision, const char *checksum)
{
    char sql[512];
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO %s.drover_history SELECT count(*) + 1, '%s', 'upgrade', '%s'"
                   " FROM %s.drover_history",
                   schema, revision, checksum, schema);
    cluster_run("target", sql);
}

Test(inspect, empty_database)
{
    inspect("target");
    errand_expect_done(&errand);
    cr_expect(errand.task.result.rows.heads_known);
    cr_expect_eq(errand.task.result.rows.heads.count, 0);
    cr_expect_str_eq(errand.task.result.seen.server.server_identity,
                     cluster_ask("target", "SELECT system_identifier FROM pg_control_system()"));
    cr_expect_str_eq(errand.task.result.seen.server.timeline, "00000001");
}

Test(inspect, alembics_own_table_alone)
{
    cluster_run("target", "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);"
                          "INSERT INTO alembic_version VALUES ('a1')");
    inspect("target");
    errand_expect_done(&errand);
    cr_expect_str_eq(errand_heads(&errand), "a1");
}

/* How many messages of inspections the server has logged so far. What the pool asks is not
 * counted. */
static int messages_logged(void)
{
    char command[256];
    (void)snprintf(command, sizeof command,
                   "SELECT count(*) FROM regexp_matches(pg_read_file('%s/log'), 'LOG:  statement:"
                   " (ROLLBACK; )?BEGIN READ ONLY[^\n]*(pg_is_in_recovery|version_num)', 'g')",
                   cluster_folder());
    return atoi(cluster_ask("postgres", command));
}

Test(inspect, established_database_in_one_message)
{
    cluster_run("target", TABLES("public") "INSERT INTO alembic_version VALUES ('d4'), ('c3')");
    const char *const ids[] = {"a1", "b2", "c3", "d4"};
    for (size_t i = 0; i < 4; i++) {
        record("public", ids[i], checksum_of(ids[i]));
    }
    cluster_run("postgres", "ALTER DATABASE target SET log_statement = 'all'");
    int before = messages_logged();
    for (int i = 0; i < 3; i++) {
        inspect("target");
        errand_expect_done(&errand);
        cr_expect_str_eq(errand_heads(&errand), "c3 d4");
    }
    /* The first does not know of drover_progress; the others have learned. */
    cr_expect_eq(messages_logged() - before, 4);
}

/* Functions that fit the question better than the server's own would be taken by their types. */
Test(inspect, runs_nothing_of_a_tenant)
{
    cluster_run(
        "target",
        TABLES(
            "public") "CREATE TABLE caught (by text);"
                      "CREATE FUNCTION public.has_schema_privilege(regnamespace, text) RETURNS bool"
                      " LANGUAGE plpgsql AS $$BEGIN RAISE 'caught'; END$$;"
                      "CREATE FUNCTION public.has_table_privilege(regclass, text) RETURNS bool"
                      " LANGUAGE plpgsql AS $$BEGIN RAISE 'caught'; END$$;"
                      "CREATE FUNCTION public.same(text, text) RETURNS bool"
                      " LANGUAGE plpgsql AS $$BEGIN RAISE 'caught'; END$$;"
                      "CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = same);"
                      "ALTER DATABASE target SET search_path = public, pg_catalog");
    inspect("target");
    errand_expect_done(&errand);
}

static void inspect_as_plain(const char *grants)
{
    cluster_run("target", "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'plain')"
                          " THEN CREATE ROLE plain LOGIN; END IF; END $$");
    cluster_run("target", grants);
    inspect_make("target");
    errand.task.job.place.url =
        arena_printf(&errand.task.arena, "postgresql://plain@127.0.0.1:%d/target", cluster_port());
    errand_run(&errand);
}

/* Where the version table was found, and the number of messages that it took. */
static void expect_place(const char *schema, const char *table, const char *heads)
{
    errand_expect_done(&errand);
    cr_expect_str_eq(errand.task.result.seen.reading.version_schema, schema);
    cr_expect_str_eq(errand.task.result.seen.reading.version_table, table);
    cr_expect_str_eq(errand_heads(&errand), heads);
}

static void inspect_on_path(const char *path)
{
    inspect_make("target");
    errand.task.job.version.version_schema = "";
    errand.task.job.place.url = arena_printf(&errand.task.arena, "%s?options=-csearch_path%%3D%s",
                                             cluster_url("target"), path);
    errand_run(&errand);
}

Test(inspect, the_version_table_is_where_the_server_finds_it)
{
    cluster_run("target",
                "CREATE SCHEMA app; CREATE SCHEMA \"a b\"; CREATE SCHEMA "
                "postgres;" TABLES("app") "INSERT INTO app.alembic_version VALUES "
                                          "('a1');" TABLES("\"a b\"") "INSERT INTO \"a "
                                                                      "b\".alembic_version VALUES "
                                                                      "('b2')");
    inspect_on_path("app");
    expect_place("app", "app.alembic_version", "a1");
    inspect_on_path("nowhere,public,app");
    expect_place("app", "app.alembic_version", "a1");
    inspect_on_path("%22a%5C%20b%22,public");
    expect_place("a b", "\"a b\".alembic_version", "b2");
    inspect_on_path("%22$user%22,public");
    expect_place("postgres", "", "");
    inspect_on_path("pg_catalog,public,pg_temp");
    expect_place("public", "", "");
    inspect_on_path("app,%22a%5C%20b%22");
    errand_expect_failure(&errand, "version_table",
                          "two version tables are on the search_path (app,\"a b\"):"
                          " app.alembic_version and \"a b\".alembic_version");
    errand_expect_failure(&errand, "version_table", "`version_schema: app`");
    inspect_on_path("nowhere");
    errand_expect_failure(&errand, "no_schema", "on the search_path");
}

/* It was made there whatever the path was. */
Test(inspect, a_history_in_public_is_not_lost_behind_the_path)
{
    cluster_run("target", "CREATE SCHEMA app;" TABLES("public"));
    inspect_on_path("app");
    errand_expect_failure(&errand, "version_table", "`version_schema: public`");
    cluster_run("target", "DROP TABLE public.drover_history"); /* somebody else's */
    inspect_on_path("app");
    expect_place("app", "", "");
}

Test(inspect, another_path_costs_one_message_more_once)
{
    cluster_run("target",
                "CREATE SCHEMA app; ALTER DATABASE target SET search_path = app, public;" TABLES(
                    "app") "DROP TABLE app.drover_progress");
    cluster_run("postgres", "ALTER DATABASE target SET log_statement = 'all'");
    int before = messages_logged();
    for (int i = 0; i < 3; i++) {
        inspect_make("target");
        errand.task.job.version.version_schema = "";
        errand_run(&errand);
        expect_place("app", "app.alembic_version", "");
    }
    cr_expect_eq(messages_logged() - before, 4);
}

/* A pooler that lets the URL's options pass by itself, as most are set up, keeps them to itself. */
Test(inspect, a_path_that_the_pooler_keeps_to_itself_is_told)
{
    static const char *const options[] = {"-csearch_path%3Dapp", "--search-path%3Dapp",
                                          "-c%20geqo%3Doff%20-c%20search_path%3Dapp"};
    cluster_run("target", "CREATE SCHEMA app");
    for (size_t i = 0; i < LENGTH(options); i++) {
        inspect_make("target");
        errand.task.job.version.version_schema = i == 0 ? "" : "app";
        errand.task.job.place.url = arena_printf(&errand.task.arena, "%s&options=%s",
                                                 cluster_pooled_url("target"), options[i]);
        errand_run(&errand);
        errand_expect_failure(&errand, "pooling",
                              "the URL asks for search_path = app, and the session has");
    }
}

/* What another client of a pooler left in the session is not the target's path. */
Test(inspect, a_path_left_behind_in_a_pooler_is_not_the_targets)
{
    cluster_run("target", "CREATE SCHEMA evil;" TABLES("evil")
                              TABLES("public") "INSERT INTO public.alembic_version VALUES ('a1')");
    cr_assert_str_eq(cluster_ask_url(cluster_pooled_url("target"),
                                     "SET search_path = evil; CREATE TEMP TABLE alembic_version AS"
                                     " SELECT 'zz' AS version_num; SELECT 1"),
                     "1");
    inspect_make("target");
    errand.task.job.version.version_schema = "";
    errand.task.job.place.url = arena_strdup(&errand.task.arena, cluster_pooled_url("target"));
    errand_run(&errand);
    expect_place("public", "public.alembic_version", "a1");
}

/* A view runs what its owner put in, and so does a policy. */
Test(inspect, reads_nothing_but_tables)
{
    static const char *const kinds[] = {
        "CREATE VIEW alembic_version AS SELECT public.caught() AS version_num",
        "CREATE MATERIALIZED VIEW alembic_version AS SELECT ''::varchar AS version_num",
        "CREATE SEQUENCE alembic_version",
        "CREATE EXTENSION file_fdw; CREATE SERVER here FOREIGN DATA WRAPPER file_fdw;"
        "CREATE FOREIGN TABLE alembic_version (version_num varchar) SERVER here OPTIONS (program"
        " 'echo caught >&2; echo a1')",
    };
    for (size_t i = 0; i < LENGTH(kinds); i++) {
        cluster_database("target");
        cluster_run("target", "CREATE FUNCTION caught() RETURNS varchar LANGUAGE plpgsql AS"
                              " $$BEGIN RAISE 'caught'; END$$");
        cluster_run("target", kinds[i]);
        inspect("target");
        errand_expect_failure(&errand, "version_table",
                              "public.alembic_version is not a table but a view or the like");
        inspect_make("target");
        errand.task.job.survey = true;
        errand_run(&errand);
        errand_expect_failure(&errand, "version_table", "is not a table");
    }
}

/* A rollout will write there, so the gate looks; a survey only reads tables, where nothing runs. */
Test(inspect, tables_of_another_role_are_looked_at)
{
    cluster_run("target", "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname ="
                          " 'tenant') THEN CREATE ROLE tenant; END IF; END $$;" TABLES(
                              "public") "ALTER TABLE alembic_version OWNER TO tenant;"
                                        "ALTER TABLE drover_history OWNER TO tenant;"
                                        "CREATE FUNCTION runs() RETURNS trigger LANGUAGE plpgsql AS"
                                        " $$BEGIN RAISE 'caught'; END$$");
    inspect("target");
    errand_expect_done(&errand);
    cluster_run("target", "CREATE TRIGGER t BEFORE INSERT ON drover_history FOR EACH ROW"
                          " EXECUTE FUNCTION runs()");
    inspect("target");
    errand_expect_failure(&errand, "version_table",
                          "public.drover_history belongs to role \"tenant\" and has a trigger or a"
                          " foreign key, which would run as role \"postgres\"");
    errand_expect_failure(&errand, "version_table",
                          "ALTER TABLE public.drover_history OWNER TO \"postgres\"");
    inspect_make("target");
    errand.task.job.survey = true;
    errand_run(&errand);
    errand_expect_done(&errand);
    cluster_run("target", "ALTER TABLE drover_history OWNER TO postgres");
    inspect("target");
    errand_expect_done(&errand);
}

Test(inspect, rows_that_a_policy_hides_are_not_taken_for_none)
{
    inspect_as_plain("CREATE TABLE caught (i int);" TABLES(
        "public") "INSERT INTO alembic_version VALUES ('a1');"
                  "CREATE FUNCTION hides() RETURNS bool LANGUAGE plpgsql AS"
                  " $$BEGIN RAISE 'caught'; END$$;"
                  "CREATE POLICY hides ON alembic_version USING (public.hides());"
                  "ALTER TABLE alembic_version ENABLE ROW LEVEL SECURITY;"
                  "GRANT ALL ON SCHEMA public TO plain;"
                  "GRANT ALL ON ALL TABLES IN SCHEMA public TO plain");
    errand_expect_failure(&errand, "privilege", "row-level security policy");
}

Test(inspect, the_guess_may_be_wrong_both_ways)
{
    cluster_database("other");
    cluster_run("target", TABLES("public") "INSERT INTO alembic_version VALUES ('a1')");
    inspect("target");
    errand_expect_done(&errand);
    inspect("other");
    errand_expect_done(&errand);
    cr_expect_eq(errand.task.result.rows.heads.count, 0);
    inspect("target");
    errand_expect_done(&errand);
    cr_expect_str_eq(errand_heads(&errand), "a1");
}

Test(inspect, schema_target)
{
    cluster_run("target", "CREATE SCHEMA \"t 1\"; CREATE SCHEMA t_2;" TABLES(
                              "\"t 1\"") "INSERT INTO \"t 1\".alembic_version VALUES ('b2')");
    inspect_make("target");
    errand.task.job.place.schema = "t 1";
    errand_run(&errand);
    errand_expect_done(&errand);
    cr_expect_str_eq(errand_heads(&errand), "b2");
    inspect_make("target");
    errand.task.job.place.schema = "t_2";
    errand_run(&errand);
    errand_expect_done(&errand);
    cr_expect_eq(errand.task.result.rows.heads.count, 0);
    inspect_make("target");
    errand.task.job.place.schema = "t_3";
    errand_run(&errand);
    errand_expect_failure(&errand, "no_schema", "schema \"t_3\" does not exist");
}

Test(inspect, read_only)
{
    cluster_run("target", "ALTER DATABASE target SET default_transaction_read_only = on");
    inspect("target");
    errand_expect_failure(&errand, "read_only", "read-only");
    cluster_run("postgres", "ALTER DATABASE target RESET default_transaction_read_only");
}

Test(inspect, unknown_revision)
{
    cluster_run("target", TABLES("public") "INSERT INTO alembic_version VALUES ('zz')");
    inspect("target");
    errand_expect_failure(&errand, "unknown_revision", "zz");
    cr_expect(errand.task.result.rows.heads_known);
    cr_expect_str_eq(errand_heads(&errand), "zz");
}

Test(inspect, checksum)
{
    cluster_run("target", TABLES("public") "INSERT INTO alembic_version VALUES ('b2')");
    record("public", "a1", "0123456789abcdef");
    record("public", "b2", checksum_of("b2"));
    inspect("target");
    errand_expect_failure(&errand, "checksum", "revision a1 was edited");
    errand_expect_failure(&errand, "checksum", "0001_a.sql");
    record("public", "a1", checksum_of("a1")); /* the last row counts */
    inspect("target");
    errand_expect_done(&errand);
    record("public", "d4", "edited, but not applied any more");
    inspect("target");
    errand_expect_done(&errand);
}

Test(inspect, half_applied)
{
    cluster_run("target", TABLES("public") "INSERT INTO alembic_version VALUES ('b2')");
    char sql[512];
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO drover_progress VALUES ('d4', 'upgrade', '%s', 1,"
                   " 'running')",
                   checksum_of("d4"));
    cluster_run("target", sql);
    inspect("target");
    errand_expect_done(&errand);
    cluster_run("target", "UPDATE drover_progress SET checksum = 'other', state = 'done'");
    inspect("target");
    errand_expect_failure(&errand, "half_applied", "was edited");
    errand_expect_failure(&errand, "half_applied", "by an older Drover");
    cluster_run("target",
                "INSERT INTO drover_progress VALUES ('d4', 'upgrade', 'token', 0, 'free')");
    inspect("target");
    errand_expect_failure(&errand, "half_applied",
                          "statement 1 of revision d4, which is done, was edited");
    errand_expect_failure(&errand, "half_applied", "`drover stamp d4 --where target=");
    errand_expect_failure(&errand, "half_applied", "`drover stamp --purge b2 --where target=");
    cluster_run("target", "UPDATE drover_progress SET statement = 9 WHERE statement = 1");
    inspect("target");
    errand_expect_failure(&errand, "half_applied", "is not there any more");
    cluster_run("target", "UPDATE drover_progress SET revision = 'gone'");
    inspect("target");
    errand_expect_failure(&errand, "half_applied", "the upgrade of revision gone");
    /* Another tool has applied all of it; nothing is done yet. */
    cluster_run("target", "UPDATE drover_progress SET revision = 'b2'");
    inspect("target");
    errand_expect_failure(&errand, "half_applied", "past it meanwhile");
    cluster_run("target", "DELETE FROM drover_progress WHERE statement > 0");
    inspect("target");
    errand_expect_done(&errand);
}

Test(inspect, privileges)
{
    inspect_as_plain("SELECT 1");
    errand_expect_failure(&errand, "privilege",
                          "GRANT USAGE, CREATE ON SCHEMA \"public\" TO \"plain\"");
    inspect_as_plain("GRANT USAGE, CREATE ON SCHEMA public TO plain");
    errand_expect_done(&errand);
    inspect_as_plain(TABLES("public") "REVOKE CREATE ON SCHEMA public FROM plain");
    errand_expect_failure(&errand, "privilege",
                          "GRANT SELECT, INSERT, UPDATE, DELETE ON \"public\".\"alembic_version\"");
    inspect_as_plain("GRANT SELECT ON ALL TABLES IN SCHEMA public TO plain");
    errand_expect_failure(&errand, "privilege", "alembic_version");
    inspect_as_plain("GRANT ALL ON ALL TABLES IN SCHEMA public TO plain");
    errand_expect_done(&errand);
    inspect_as_plain("REVOKE ALL ON SCHEMA public FROM plain, public");
    errand_expect_failure(&errand, "privilege", "may not use schema \"public\"");
}

Test(inspect, a_survey_only_asks_where_it_stands)
{
    cluster_run("target", TABLES("public") "INSERT INTO alembic_version VALUES ('zz'), ('yy')");
    cluster_run("target", "ALTER DATABASE target SET default_transaction_read_only = on");
    inspect_make("target");
    errand.task.job.bundle = "";
    errand.task.bundle = NULL;
    errand_run(&errand);
    cluster_run("postgres", "ALTER DATABASE target RESET default_transaction_read_only");
    errand_expect_done(&errand);
    cr_expect_str_eq(errand_heads(&errand), "yy zz");
}

Test(inspect, what_connecting_says)
{
    inspect("nowhere");
    errand_expect_failure(&errand, "no_database", "3D000");
    inspect_make("target");
    errand.task.job.place.url = "postgresql://postgres@127.0.0.1:1/target";
    errand_run(&errand);
    errand_expect_failure(&errand, "unreachable", "Connection refused");
    inspect_make("target");
    errand.task.job.place.url =
        arena_printf(&errand.task.arena, "postgresql://nobody@127.0.0.1:%d/target", cluster_port());
    errand_run(&errand);
    errand_expect_failure(&errand, "login", "28000");
}

Test(inspect, cancelled_at_any_turn)
{
    cluster_run("target", TABLES("public"));
    bool finished = false;
    for (int turns = 0; !finished; turns++) {
        inspect_make("target");
        errand.task.job.final = true;
        errand_start(&errand);
        for (int i = 0; i < turns; i++) {
            uv_run(&office.loop, UV_RUN_ONCE);
        }
        finished = errand.finished;
        if (!finished) {
            errand.task.cancel(&errand.task);
            errand_wait(&errand);
            cr_expect_eq(errand.task.result.outcome, JOB_OUTCOME_CANCELLED);
        }
    }
}
