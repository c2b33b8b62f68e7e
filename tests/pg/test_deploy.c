/* The deploy runner against a real server: whole paths, refusals, faults and interruptions. */
#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "common/base/array.h"
#include "tests/pg/cluster.h"
#include "tests/pg/deployment.h"
#include "worker/deploy/runner.h"
#include "worker/look/inspect.h"

static const char REVISION_A[] =
    "-- accounts\n--\n-- Revision ID: a\n-- Revises:\n"
    "-- Create Date: 2024-01-01\n\n-- migrate:up\n"
    "CREATE TABLE account (id int PRIMARY KEY, email text);\n"
    "INSERT INTO account SELECT i, 'm' || i FROM generate_series(1, 9) i;\n"
    "-- migrate:down\nDROP TABLE account;\n";
static const char REVISION_B[] = "-- tiers\n--\n-- Revision ID: b\n-- Revises: a\n"
                                 "-- Create Date: 2024-01-02\n\n-- migrate:up\n"
                                 "ALTER TABLE account ADD COLUMN tier text;\n"
                                 "-- migrate:down\nALTER TABLE account DROP COLUMN tier;\n";
static const char REVISION_C[] =
    "-- index\n--\n-- Revision ID: c\n-- Revises: b\n"
    "-- Create Date: 2024-01-03\n-- Transaction: none\n\n-- migrate:up\n"
    "UPDATE account SET tier = coalesce(tier, '') || 'x';\n"
    "CREATE INDEX CONCURRENTLY account_email ON account (email);\n"
    "UPDATE account SET tier = tier || 'y';\n"
    "-- migrate:down\nDROP INDEX CONCURRENTLY account_email;\n";
static const char REVISION_D[] = "-- invoices\n--\n-- Revision ID: d\n-- Revises: c\n"
                                 "-- Create Date: 2024-01-04\n\n-- migrate:up\n"
                                 "CREATE TABLE invoice (id int PRIMARY KEY);\n"
                                 "-- migrate:down\nDROP TABLE invoice;\n";
static const char *const CHAIN[] = {REVISION_A, REVISION_B, REVISION_C, REVISION_D, NULL};

/* A script that waits until the test lets go of advisory lock 42. */
static const char REVISION_WAIT[] = "-- wait\n--\n-- Revision ID: w\n-- Revises: a\n"
                                    "-- Create Date: 2024-01-05\n\n-- migrate:up\n"
                                    "CREATE TABLE waited (id int);\n"
                                    "SELECT pg_advisory_xact_lock(42);\n"
                                    "UPDATE account SET email = email || '!';\n";
static const char *const WAITING[] = {REVISION_A, REVISION_WAIT, NULL};

static const char WAITS_FOR_42[] = "SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory'"
                                   " AND NOT granted AND objid = 42";

static struct deployment deployment;
static struct deployment rival;
static uv_loop_t loop;
static struct bundle *bundle;

static void set_up(void)
{
    uv_loop_init(&loop);
}

static void tear_down(void)
{
    bundle_free(bundle);
    cr_assert_eq(uv_loop_close(&loop), 0, "a handle was left open");
}

static void heads_are(const struct deployment *of, const char *wanted)
{
    char heads[256] = "";
    cr_assert(of->task.result.rows.heads_known);
    for (size_t i = 0; i < of->task.result.rows.heads.count; i++) {
        (void)snprintf(heads + strlen(heads), sizeof heads - strlen(heads), "%s%s",
                       i > 0 ? " " : "", of->task.result.rows.heads.items[i]);
    }
    cr_expect_str_eq(heads, wanted);
}

static void outcome_is(const struct deployment *of, const char *outcome, const char *cause,
                       const char *sqlstate)
{
    const struct message_result *result = &of->task.result;
    cr_expect_str_eq(job_outcome_word(result->outcome), outcome, "%s: %s",
                     job_outcome_word(result->outcome),
                     result->failure.message != NULL ? result->failure.message : "");
    cr_expect_str_eq(failure_cause_word(result->failure.cause), cause, "%s: %s",
                     failure_cause_word(result->failure.cause),
                     result->failure.message != NULL ? result->failure.message : "");
    if (sqlstate[0] != '\0') {
        cr_expect_str_eq(result->failure.sqlstate, sqlstate);
    }
}

/* Deploys and leaves `deployment` for the test to look at. */
static void deploy(const char *database, const char *from, enum direction direction,
                   const char *spec)
{
    deployment_make(&deployment, &loop, database, bundle, from, direction, spec);
    deploy_start(&deployment.task);
    deployment_run(&deployment, NULL);
}

/* From base to head, in a schema. */
static void deploy_in_schema(const char *database, const char *schema)
{
    deployment_make(&deployment, &loop, database, bundle, "", DIRECTION_UP, "head");
    deployment.task.job.place.schema = schema;
    deploy_start(&deployment.task);
    deployment_run(&deployment, NULL);
}

static void fleet_of_one(const char *database, const char *const *texts)
{
    cluster_database(database);
    bundle = bundle_of(texts);
}

#define DEPLOY_TEST(name) Test(deploy, name, .init = set_up, .fini = tear_down)

/* ---- tables of another role ---- */

/* Tables made by a tenant before the first deploy, with `trap` in them; functions that tell when
 * they run. */
static void tenant_makes(const char *trap)
{
    cluster_database("owned");
    cluster_run("postgres", "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname ="
                            " 'tenant') THEN CREATE ROLE tenant; END IF; END $$");
    cluster_run("owned",
                "GRANT CREATE ON SCHEMA public TO tenant; SET ROLE tenant;"
                "CREATE FUNCTION runs() RETURNS trigger LANGUAGE plpgsql AS"
                " $$BEGIN RAISE 'caught'; END$$;"
                "CREATE FUNCTION gives(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS"
                " $$BEGIN RAISE 'caught'; END$$;"
                "CREATE TABLE alembic_version (version_num varchar(32) NOT NULL CONSTRAINT"
                " alembic_version_pkc PRIMARY KEY);"
                "CREATE TABLE drover_history (number bigint NOT NULL, revision varchar(32),"
                " direction varchar(9), checksum varchar(64), rollout varchar(200), attempt int,"
                " epoch bigint, server_identity varchar(20), timeline varchar(8),"
                " applied_at timestamptz, applied_by name,"
                " CONSTRAINT drover_history_pkey PRIMARY KEY (number))");
    char sql[512];
    (void)snprintf(sql, sizeof sql, "SET ROLE tenant; %s", trap);
    cluster_run("owned", sql);
}

DEPLOY_TEST(nothing_of_another_roles_runs_in_our_tables)
{
    static const char *const traps[] = {
        "CREATE TRIGGER t BEFORE INSERT ON alembic_version FOR EACH ROW EXECUTE FUNCTION runs()",
        "CREATE TRIGGER t AFTER INSERT ON drover_history EXECUTE FUNCTION runs()",
        "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON drover_history DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION runs()",
        "CREATE RULE r AS ON INSERT TO alembic_version DO ALSO SELECT gives('x')",
        "ALTER TABLE drover_history ADD x text, ALTER x SET DEFAULT gives('x')",
        "ALTER TABLE alembic_version ADD x text GENERATED ALWAYS AS (gives(version_num)) STORED",
        "ALTER TABLE drover_history ADD CHECK (gives(revision) IS NULL)",
        "CREATE INDEX ON alembic_version (gives(version_num))",
        "CREATE INDEX ON drover_history (number) WHERE gives(revision) IS NULL",
        "CREATE DOMAIN d AS varchar(32) CHECK (gives(value) IS NULL);"
        "ALTER TABLE alembic_version ALTER version_num TYPE d",
        "CREATE TABLE child () INHERITS (alembic_version)",
        "ALTER TABLE alembic_version RENAME TO parent;"
        "CREATE TABLE alembic_version () INHERITS (parent)",
        "CREATE TABLE other (v varchar(32) REFERENCES alembic_version ON UPDATE CASCADE)",
        "DROP TABLE alembic_version; CREATE VIEW alembic_version AS SELECT gives('x') AS"
        " version_num",
        "DROP TABLE drover_history; CREATE TABLE drover_history (number bigint, revision text)"
        " PARTITION BY LIST (number)",
    };
    for (size_t i = 0; i < LENGTH(traps); i++) {
        tenant_makes(traps[i]);
        bundle = bundle_of(CHAIN);
        deploy("owned", "", DIRECTION_UP, "head");
        outcome_is(&deployment, "failed", "version_table", "");
        cr_expect_str_eq(cluster_ask("owned", "SELECT to_regclass('account')"), "", "%s", traps[i]);
        deployment_free(&deployment);
        bundle_free(bundle);
        bundle = NULL;
    }
}

DEPLOY_TEST(plain_tables_of_another_role_are_used)
{
    tenant_makes("INSERT INTO alembic_version VALUES ('a');"
                 "CREATE TABLE account (id int PRIMARY KEY, email text)");
    bundle = bundle_of(CHAIN);
    deploy("owned", "a", DIRECTION_UP, "head");
    outcome_is(&deployment, "done", "", "");
    deployment_free(&deployment);
}

DEPLOY_TEST(a_trigger_of_our_own_runs)
{
    fleet_of_one("owned", CHAIN);
    cluster_run("owned", "CREATE TABLE told (v text);"
                         "CREATE TABLE alembic_version (version_num varchar(32));"
                         "CREATE FUNCTION tells() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
                         " INSERT INTO public.told VALUES (new.version_num); RETURN new; END$$;"
                         "CREATE TRIGGER t BEFORE INSERT ON alembic_version FOR EACH ROW"
                         " EXECUTE FUNCTION tells()");
    deploy("owned", "", DIRECTION_UP, "head");
    outcome_is(&deployment, "done", "", "");
    cr_expect_str_eq(cluster_ask("owned", "SELECT count(*) FROM told"), "1");
    deployment_free(&deployment);
}

/* ---- whole paths ---- */

DEPLOY_TEST(goes_from_base_to_head_and_back)
{
    fleet_of_one("d1", CHAIN);
    deploy("d1", "", DIRECTION_UP, "head");
    outcome_is(&deployment, "done", "", "");
    heads_are(&deployment, "d");
    cr_expect_str_eq(deployment_ask(&deployment, "SELECT version_num FROM alembic_version"), "d");
    cr_expect_str_eq(
        deployment_ask(&deployment,
                       "SELECT string_agg(number || revision || direction || rollout || attempt"
                       " || epoch, ' ' ORDER BY number) FROM drover_history"),
        "1aupgrader113 2bupgrader113 3cupgrader113 4dupgrader113");
    cr_expect_str_eq(deployment_ask(&deployment, "SELECT count(*) FROM account WHERE tier = 'xy'"),
                     "9");
    cr_expect_str_eq(deployment_ask(&deployment, "SELECT count(*) FROM drover_progress"), "0");
    cr_expect_str_eq(deployment_ask(&deployment,
                                    "SELECT indisvalid FROM pg_index WHERE indexrelid ="
                                    " 'account_email'::regclass"),
                     "t");
    cr_expect_str_eq(deployment_ask(&deployment, "SELECT count(*) FROM pg_locks WHERE locktype ="
                                                 " 'advisory'"),
                     "0");
    cr_expect_str_eq(deployment.task.result.seen.server.server_identity,
                     cluster_ask("d1", "SELECT system_identifier::text FROM pg_control_system()"));
    cr_expect_str_eq(deployment.task.result.seen.server.timeline, "00000001");
    deployment_free(&deployment);

    deploy("d1", "d", DIRECTION_DOWN, "base");
    outcome_is(&deployment, "done", "", "");
    heads_are(&deployment, "");
    cr_expect_str_eq(deployment_ask(&deployment, "SELECT to_regclass('account') IS NULL"), "t");
    cr_expect_str_eq(deployment_ask(&deployment, "SELECT count(*) FROM alembic_version"), "0");
    deployment_free(&deployment);
}

DEPLOY_TEST(makes_tables_that_were_believed_to_be_there)
{
    fleet_of_one("d30", CHAIN);
    /* as the last target had them */
    deployment_expected.tables = TABLE_VERSION | TABLE_HISTORY;
    deploy("d30", "", DIRECTION_UP, "a");
    outcome_is(&deployment, "done", "", "");
    cr_expect_str_eq(cluster_ask("d30", "SELECT count(*) FROM drover_history"), "1");
    deployment_free(&deployment);

    cluster_run("d30", "DROP TABLE drover_history");
    deploy("d30", "a", DIRECTION_UP, "b");
    outcome_is(&deployment, "done", "", "");
    cr_expect_str_eq(cluster_ask("d30", "SELECT count(*) FROM drover_history"), "1");
    deployment_free(&deployment);

    cluster_run("d30", "DROP TABLE alembic_version");
    deploy("d30", "b", DIRECTION_UP, "c"); /* made anew, and empty: not where validation saw it */
    outcome_is(&deployment, "failed", "moved", "");
    deployment_free(&deployment);
}

DEPLOY_TEST(makes_no_table_that_is_there)
{
    fleet_of_one("d31", CHAIN);
    deploy("d31", "", DIRECTION_UP, "a");
    outcome_is(&deployment, "done", "", "");
    deployment_free(&deployment);
    cluster_run("d31", "CREATE OR REPLACE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql"
                       " AS $$BEGIN RAISE 'no table is to be made'; END$$;"
                       "CREATE EVENT TRIGGER refuse ON ddl_command_start WHEN TAG IN"
                       " ('CREATE TABLE') EXECUTE FUNCTION refuse();");
    deployment_expected.tables = TABLE_HISTORY;
    deploy("d31", "a", DIRECTION_UP, "b");
    outcome_is(&deployment, "done", "", "");
    deployment_free(&deployment);
}

DEPLOY_TEST(keeps_a_schema_target_inside_its_schema)
{
    fleet_of_one("d2", CHAIN);
    cluster_run("d2", "CREATE SCHEMA \"Tenant 7\"");
    deploy_in_schema("d2", "Tenant 7");
    outcome_is(&deployment, "done", "", "");
    cr_expect_str_eq(cluster_ask("d2",
                                 "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class"
                                 " WHERE relnamespace = '\"Tenant 7\"'::regnamespace"
                                 " AND relkind = 'r'"),
                     "account alembic_version drover_history drover_progress invoice");
    cr_expect_str_eq(cluster_ask("d2", "SELECT count(*) FROM pg_class WHERE relnamespace ="
                                       " 'public'::regnamespace"),
                     "0");
    deployment_free(&deployment);
}

DEPLOY_TEST(names_a_missing_schema)
{
    fleet_of_one("d3", CHAIN);
    deploy_in_schema("d3", "nowhere");
    outcome_is(&deployment, "failed", "no_schema", "3F000");
    deployment_free(&deployment);
}

DEPLOY_TEST(tells_done_by_this_rollout_from_already_there)
{
    fleet_of_one("d4", CHAIN);
    deploy("d4", "", DIRECTION_UP, "head");
    deployment_free(&deployment);
    /* The same job again: what a retry does when the reply to COMMIT was lost. */
    deploy("d4", "", DIRECTION_UP, "head");
    outcome_is(&deployment, "done", "", "");
    heads_are(&deployment, "d");
    deployment_free(&deployment);
    deployment_make(&deployment, &loop, "d4", bundle, "", DIRECTION_UP, "head");
    deployment.task.job.rollout = "r2";
    deploy_start(&deployment.task);
    deployment_run(&deployment, NULL);
    outcome_is(&deployment, "already", "", "");
    heads_are(&deployment, "d");
    deployment_free(&deployment);
    cr_expect_str_eq(cluster_ask("d4", "SELECT count(*) FROM drover_history"), "4");
}

/* Every *.sql of migrations/, in order of name; run from the repository's root. */
static struct bundle *sample_bundle(struct arena *arena)
{
    glob_t found;
    cr_assert_eq(glob("migrations/*.sql", 0, NULL, &found), 0);
    struct bundle_file *files = arena_array(arena, found.gl_pathc, sizeof *files);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        FILE *file = fopen(found.gl_pathv[i], "rb");
        cr_assert_not_null(file);
        char *content = arena_alloc(arena, 1 << 20);
        files[i].length = fread(content, 1, 1 << 20, file);
        files[i].content = content;
        files[i].name = arena_strdup(arena, strrchr(found.gl_pathv[i], '/') + 1);
        (void)fclose(file);
    }
    struct diagnostics diagnostics = {0};
    struct bundle *sample = bundle_build(files, found.gl_pathc, "migrations", &diagnostics);
    cr_assert_eq(diagnostics.error_count, 0);
    diagnostics_free(&diagnostics);
    globfree(&found);
    return sample;
}

DEPLOY_TEST(takes_the_sample_chain_up_and_down)
{
    struct arena arena = {0};
    bundle = sample_bundle(&arena);
    struct revision_list heads = graph_heads(bundle_graph(bundle), &arena);
    cr_assert_eq(heads.count, 1);
    cluster_database("d22");
    deploy("d22", "", DIRECTION_UP, "head");
    outcome_is(&deployment, "done", "", "");
    heads_are(&deployment, heads.items[0]->id);
    char applied[16];
    (void)snprintf(applied, sizeof applied, "%zu", graph_size(bundle_graph(bundle)));
    cr_expect_str_eq(cluster_ask("d22", "SELECT count(*) FROM drover_history"), applied);
    deployment_free(&deployment);
    deploy("d22", heads.items[0]->id, DIRECTION_DOWN, "base");
    outcome_is(&deployment, "done", "", "");
    heads_are(&deployment, "");
    cr_expect_str_eq(cluster_ask("d22", "SELECT string_agg(relname, ' ' ORDER BY relname) FROM"
                                        " pg_class WHERE relnamespace = 'public'::regnamespace"
                                        " AND relkind = 'r'"),
                     "alembic_version drover_history drover_progress");
    deployment_free(&deployment);
    arena_free(&arena);
}

/* ---- refusals and failures ---- */

DEPLOY_TEST(refuses_a_target_whose_heads_have_moved)
{
    fleet_of_one("d5", CHAIN);
    deploy("d5", "", DIRECTION_UP, "b");
    deployment_free(&deployment);
    deployment_make(&deployment, &loop, "d5", bundle, "a", DIRECTION_UP, "head");
    deployment.task.job.rollout = "r2";
    deploy_start(&deployment.task);
    deployment_run(&deployment, NULL);
    outcome_is(&deployment, "failed", "moved", "DR001");
    cr_expect_str_eq(deployment.task.result.failure.message,
                     "the version rows are b, but validation saw a");
    heads_are(&deployment, "b");
    deployment_free(&deployment);
    cluster_database("d5");
    deploy("d5", "a", DIRECTION_UP, "head");
    outcome_is(&deployment, "failed", "moved", "DR001");
    heads_are(&deployment, "");
    cr_expect_str_eq(cluster_ask("d5", "SELECT count(*) FROM pg_class WHERE relname LIKE 'drover%'"
                                       " OR relname LIKE 'alembic%'"),
                     "0", "a refused target must stay untouched");
    deployment_free(&deployment);
}

DEPLOY_TEST(refuses_another_server_than_validation_saw)
{
    fleet_of_one("d6", CHAIN);
    deployment_make(&deployment, &loop, "d6", bundle, "", DIRECTION_UP, "head");
    deployment.task.job.server_identity = "1";
    deploy_start(&deployment.task);
    deployment_run(&deployment, NULL);
    outcome_is(&deployment, "failed", "moved", "DR003");
    deployment_free(&deployment);
}

DEPLOY_TEST(names_file_and_line_of_a_failing_statement_and_changes_nothing)
{
    static const char broken[] = "-- broken\n--\n-- Revision ID: x\n-- Revises: a\n"
                                 "-- Create Date: 2024-01-05\n\n-- migrate:up\n"
                                 "-- \xc3\xa4\xc3\xb6\xc3\xbc move the position by more bytes\n"
                                 "ALTER TABLE account ADD COLUMN n\xc3\xa4me text;\n"
                                 "SELECT id,\n"
                                 "       email,\n"
                                 "       missing_column\n"
                                 "  FROM account;\n";
    static const char *const texts[] = {REVISION_A, broken, NULL};
    fleet_of_one("d7", texts);
    deploy("d7", "", DIRECTION_UP, "head");
    outcome_is(&deployment, "failed", "sql", "42703");
    cr_expect_str_eq(deployment.task.result.failure.location, "0002_step.sql:12");
    heads_are(&deployment, "");
    cr_expect_str_eq(deployment_ask(&deployment,
                                    "SELECT count(*) FROM pg_class WHERE relnamespace ="
                                    " 'public'::regnamespace"),
                     "0");
    deployment_free(&deployment);
}

DEPLOY_TEST(locates_a_failure_without_a_position_by_its_statement)
{
    static const char broken[] = "-- broken\n--\n-- Revision ID: x\n-- Revises: a\n"
                                 "-- Create Date: 2024-01-05\n\n-- migrate:up\n"
                                 "SELECT 1; -- a comment at the end\n"
                                 "INSERT INTO account\n"
                                 "VALUES (1, 'twice');\n"
                                 "SELECT 2;\n";
    static const char *const texts[] = {REVISION_A, broken, NULL};
    fleet_of_one("d8", texts);
    deploy("d8", "", DIRECTION_UP, "head");
    outcome_is(&deployment, "failed", "sql", "23505");
    cr_expect_str_eq(deployment.task.result.failure.location, "0002_step.sql:9");
    cr_expect_str_eq(deployment.task.result.failure.detail, "Key (id)=(1) already exists.");
    deployment_free(&deployment);
}

/* A statement that no parser of ours would let through, one before it and one after it. */
static void deploy_by_hand(const char *sql, const char *then)
{
    static struct statement statements[3];
    statements[0] = (struct statement){.sql = "CREATE TABLE smuggled (id int)", .line = 3};
    statements[1] = (struct statement){.sql = sql, .line = 4};
    statements[2] = (struct statement){.sql = then, .line = 5};
    for (size_t i = 0; i < 3; i++) {
        statements[i].length = strlen(statements[i].sql);
    }
    static struct revision revision;
    revision = (struct revision){.id = "s",
                                 .path = "s.sql",
                                 .up = {.present = true,
                                        .transactional = true,
                                        .line = 1,
                                        .statements = statements,
                                        .statement_count = 3}};
    static const char *rows[] = {"s"};
    static struct plan_step step;
    step = (struct plan_step){
        .revision = &revision, .direction = DIRECTION_UP, .rows_after = {rows, 1}};
    const struct plan plan = {.to = {rows, 1}, .steps = &step, .step_count = 1};
    deployment_make(&deployment, &loop, "d9", NULL, "", DIRECTION_UP, "");
    deploy_run(&deployment.task, &plan);
    deployment_run(&deployment, NULL);
}

/* Refused by the server: two statements in one message, and what ends a transaction from within. */
static void every_way_around_fails(const char *relations)
{
    static const struct {
        const char *sql;
        const char *sqlstate;
    } ways[] = {
        {"SELECT 1; COMMIT", "42601"},
        {"SELECT 1;;;COMMIT; BEGIN", "42601"},
        {"DO $$BEGIN COMMIT; END$$", "2D000"},
        {"DO $$BEGIN ROLLBACK; END$$", "2D000"},
        {"DO $$BEGIN EXECUTE 'COMMIT'; END$$", "0A000"},
        {"CALL committing()", "2D000"},
        {"PREPARE p AS COMMIT", "42601"},
        {"EXPLAIN ANALYZE COMMIT", "42601"},
        {"VACUUM", "25001"},
        {"DISCARD ALL", "25001"},
        {"CREATE DATABASE smuggled", "25001"},
        {"SELECT $1", "42P02"},
        {"SELECT pg_terminate_backend(pg_backend_pid())", "57P01"},
        {"COPY smuggled FROM STDIN", "57014"},
    };
    for (size_t i = 0; i < LENGTH(ways); i++) {
        deploy_by_hand(ways[i].sql, "CREATE TABLE smuggled_too (id int)");
        cr_expect_eq(deployment.task.result.outcome, JOB_OUTCOME_FAILED, "%s", ways[i].sql);
        cr_expect_str_eq(deployment.task.result.failure.sqlstate, ways[i].sqlstate, "%s: %s",
                         ways[i].sql, deployment.task.result.failure.message);
        cr_expect_str_eq(cluster_ask("d9", "SELECT count(*) FROM pg_class WHERE relnamespace ="
                                           " 'public'::regnamespace"),
                         relations, "%s", ways[i].sql);
        if (strcmp(ways[i].sqlstate, "57P01") != 0) { /* any moment is to blame for that */
            cr_expect_str_eq(deployment.task.result.failure.location, "s.sql:4", "%s", ways[i].sql);
        }
        deployment_free(&deployment);
    }
}

static void every_ending_fails(const char *relations)
{
    static const char *const endings[] = {
        "COMMIT",
        "COMMIT AND CHAIN",
        "ROLLBACK",
        "ROLLBACK AND CHAIN",
        "END",
        "ABORT",
        "BEGIN",
        "START TRANSACTION",
        "SAVEPOINT s",
        "RELEASE s",
        "COMMIT PREPARED 'p'",
        "PREPARE TRANSACTION 'p'",
        "prepare/* */\ntransaction 'p'",
        ";; commit",
        "/* /* nested */ -- */ COMMIT",
        "-- comment\rCOMMIT",
        "-- comment\n\tCoMmIt -- and more",
    };
    static const char *const thens[] = {"CREATE TABLE smuggled_too (id int)", "BEGIN"};
    for (size_t i = 0; i < 2 * (LENGTH(endings)); i++) {
        const char *ending = endings[i / 2];
        deploy_by_hand(ending, thens[i % 2]);
        cr_expect_eq(deployment.task.result.outcome, JOB_OUTCOME_FAILED, "%s", ending);
        cr_expect_str_eq(failure_cause_word(deployment.task.result.failure.cause), "transaction",
                         "%s: %s", ending, deployment.task.result.failure.message);
        cr_expect_str_eq(cluster_ask("d9", "SELECT count(*) FROM pg_class WHERE relnamespace ="
                                           " 'public'::regnamespace"),
                         relations, "%s", ending);
        deployment_free(&deployment);
    }
}

DEPLOY_TEST(survives_every_way_of_ending_the_transaction)
{
    cluster_database("d9");
    cluster_run("d9", "CREATE SCHEMA apart; CREATE PROCEDURE apart.commits() LANGUAGE plpgsql AS"
                      " 'BEGIN COMMIT; END'; ALTER DATABASE d9 SET search_path = public, apart;"
                      " ALTER PROCEDURE apart.commits RENAME TO committing");
    every_ending_fails("0");
    every_way_around_fails("0");
    deploy_by_hand("SELECT 1", "CREATE TABLE smuggled_too (id int)");
    outcome_is(&deployment, "done", "", "");
    deployment_free(&deployment);
    cluster_run("d9", "DELETE FROM alembic_version; DROP TABLE smuggled, smuggled_too");
    every_ending_fails("4"); /* our two tables and their keys */
    every_way_around_fails("4");
    cr_expect_str_eq(cluster_ask("d9", "SELECT (SELECT count(*) FROM alembic_version) || '/' ||"
                                       " (SELECT count(*) FROM drover_history)"),
                     "0/1");
}

DEPLOY_TEST(reports_what_a_deferred_constraint_says_at_commit)
{
    static const char late[] =
        "-- late\n--\n-- Revision ID: x\n-- Revises: a\n"
        "-- Create Date: 2024-01-05\n\n-- migrate:up\n"
        "ALTER TABLE account ADD UNIQUE (email) DEFERRABLE INITIALLY DEFERRED;\n"
        "INSERT INTO account VALUES (100, 'm1');\n";
    static const char *const texts[] = {REVISION_A, late, NULL};
    fleet_of_one("d10", texts);
    deploy("d10", "", DIRECTION_UP, "head");
    outcome_is(&deployment, "failed", "sql", "23505");
    cr_expect_str_eq(deployment.task.result.failure.hint,
                     "found at COMMIT, after 0001_step.sql, 0002_step.sql; `rollout.transaction: "
                     "revision` commits each revision by itself, and so names the one at fault");
    cr_expect_str_eq(cluster_ask("d10", "SELECT to_regclass('account') IS NULL"), "t");
    deployment_free(&deployment);
}

DEPLOY_TEST(gives_up_a_lock_after_lock_timeout)
{
    fleet_of_one("d11", CHAIN);
    deploy("d11", "", DIRECTION_UP, "a");
    deployment_free(&deployment);
    PGconn *reader = PQconnectdb(cluster_url("d11"));
    PQclear(PQexec(reader, "BEGIN; SELECT * FROM account"));
    deployment_make(&deployment, &loop, "d11", bundle, "a", DIRECTION_UP, "head");
    deployment.task.job.timeouts.lock_timeout_ms = 50;
    deploy_start(&deployment.task);
    deployment_run(&deployment, NULL);
    outcome_is(&deployment, "failed", "sql", "55P03");
    cr_expect_str_eq(deployment.task.result.failure.location, "0002_step.sql:8");
    heads_are(&deployment, "a");
    PQfinish(reader);
    deployment_free(&deployment);
}

/* ---- interruptions ---- */

static PGconn *holder; /* of advisory lock 42, or of what else a script shall wait for */

static void hold(const char *database, const char *sql)
{
    holder = PQconnectdb(cluster_url(database));
    PGresult *result = PQexec(holder, sql);
    cr_assert_neq(PQresultStatus(result), PGRES_FATAL_ERROR, "%s", PQerrorMessage(holder));
    PQclear(result);
}

static void let_go(void)
{
    PQfinish(holder);
    holder = NULL;
}

static void terminate_deploy(struct deployment *of)
{
    cluster_run(of->watch_database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE"
                                    " application_name = 'drover-test'"
                                    " AND datname = current_database()");
}

static void cancel_deploy(struct deployment *of)
{
    of->task.cancel(&of->task);
    if (of->task.cancel != NULL) {
        of->task.cancel(&of->task); /* idempotent */
    }
}

static void deploy_until(const char *database, const char *from, const char *spec, const char *sql,
                         void (*act)(struct deployment *))
{
    deployment_make(&deployment, &loop, database, bundle, from, DIRECTION_UP, spec);
    deployment.task.job.timeouts.lock_timeout_ms = 0;
    deployment_watch(&deployment, sql, act);
    deploy_start(&deployment.task);
    deployment_run(&deployment, NULL);
}

DEPLOY_TEST(applies_once_when_the_connection_is_lost_in_the_script)
{
    fleet_of_one("d12", WAITING);
    hold("d12", "SELECT pg_advisory_lock(42)");
    deploy_until("d12", "", "head", WAITS_FOR_42, terminate_deploy);
    outcome_is(&deployment, "failed", "connection", "57P01");
    cr_expect_null(deployment.connection);
    deployment_free(&deployment);
    let_go();
    deploy("d12", "", DIRECTION_UP, "head");
    outcome_is(&deployment, "done", "", "");
    cr_expect_str_eq(cluster_ask("d12", "SELECT count(*) FROM account WHERE email LIKE 'm_!'"),
                     "9");
    cr_expect_str_eq(cluster_ask("d12", "SELECT count(*) FROM drover_history"), "2");
    deployment_free(&deployment);
}

/* COMMIT waits for a standby that does not exist; a backend terminated there has committed, but its
 * client only sees the loss. */
DEPLOY_TEST(finds_out_after_a_commit_whose_reply_was_lost)
{
    static const char *const texts[] = {REVISION_A, REVISION_B, NULL};
    fleet_of_one("d23", texts);
    cluster_run("postgres", "ALTER SYSTEM SET synchronous_commit = local");
    cluster_run("postgres", "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    cluster_run("postgres", "SELECT pg_reload_conf()");
    cluster_run("d23", "SET synchronous_commit = local;"
                       " ALTER DATABASE d23 SET synchronous_commit = on");
    deploy_until("d23", "", "head",
                 "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
                 " AND datname = current_database()",
                 terminate_deploy);
    outcome_is(&deployment, "failed", "connection", "08007");
    cr_expect_not(deployment.task.result.rows.heads_known);
    deployment_free(&deployment);
    cluster_run("d23", "SET synchronous_commit = local;"
                       " ALTER DATABASE d23 RESET synchronous_commit");
    deploy("d23", "", DIRECTION_UP, "head");
    outcome_is(&deployment, "done", "", "");
    heads_are(&deployment, "b");
    cr_expect_str_eq(deployment.task.result.seen.server.timeline, "00000001");
    cr_expect_str_eq(cluster_ask("d23", "SELECT count(*) FROM drover_history"), "2");
    deployment_free(&deployment);
}

static void cancel_then_release(struct deployment *of);

DEPLOY_TEST(tells_the_truth_when_a_cancel_comes_after_commit_was_sent)
{
    static const char *const texts[] = {REVISION_A, REVISION_B, NULL};
    fleet_of_one("d24", texts);
    cluster_run("postgres", "ALTER SYSTEM SET synchronous_commit = local");
    cluster_run("postgres", "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    cluster_run("postgres", "SELECT pg_reload_conf()");
    cluster_run("d24", "SET synchronous_commit = local;"
                       " ALTER DATABASE d24 SET synchronous_commit = on");
    deploy_until("d24", "", "head",
                 "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
                 " AND datname = current_database()",
                 cancel_then_release);
    outcome_is(&deployment, "done", "", "");
    heads_are(&deployment, "b");
    deployment_free(&deployment);
}

static void cancel_then_release(struct deployment *of)
{
    cancel_deploy(of);
    /* Ends the wait from outside; the transaction is committed all the same. */
    cluster_run(of->watch_database, "SET synchronous_commit = local; SELECT pg_cancel_backend(pid)"
                                    " FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
                                    " AND datname = current_database()");
}

static void cancel_then_let_go(struct deployment *of)
{
    cancel_deploy(of);
    let_go();
}

/* From b on: the COMMIT that moves the version rows past c, which is not transactional, waits until
 * the cancel has come. */
static void deploy_cancelled_at_commit(const char *database, const char *spec)
{
    fleet_of_one(database, CHAIN);
    deploy(database, "", DIRECTION_UP, "b");
    deployment_free(&deployment);
    cluster_run(database, "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS"
                          " 'BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NULL; END';"
                          " CREATE CONSTRAINT TRIGGER wait AFTER UPDATE ON alembic_version"
                          " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait()");
    hold(database, "SELECT pg_advisory_lock(42)");
    deploy_until(database, "b", spec, WAITS_FOR_42, cancel_then_let_go);
    cr_expect_str_eq(cluster_ask(database, "SELECT version_num FROM alembic_version"), "c");
}

DEPLOY_TEST(tells_where_a_cancel_has_met_it_between_two_segments)
{
    deploy_cancelled_at_commit("d32", "d");
    outcome_is(&deployment, "cancelled", "", "");
    heads_are(&deployment, "c");
    deployment_free(&deployment);
}

DEPLOY_TEST(is_done_when_a_cancel_comes_after_the_last_commit)
{
    deploy_cancelled_at_commit("d33", "c");
    outcome_is(&deployment, "done", "", "");
    heads_are(&deployment, "c");
    deployment_free(&deployment);
}

/* The COMMIT that moves the version rows past c lets somebody else in: the next segment does not
 * find the rows where it wants them, and nobody can read where they are. */
DEPLOY_TEST(claims_no_version_rows_that_it_could_not_read)
{
    fleet_of_one("d34", CHAIN);
    deploy("d34", "", DIRECTION_UP, "b");
    deployment_free(&deployment);
    cluster_run("d34", "CREATE FUNCTION intrude() RETURNS trigger LANGUAGE plpgsql AS"
                       " 'BEGIN INSERT INTO alembic_version VALUES (''z'');"
                       " ALTER TABLE drover_history RENAME rollout TO elsewhere; RETURN NULL; END';"
                       " CREATE CONSTRAINT TRIGGER intrude AFTER UPDATE ON alembic_version"
                       " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION intrude()");
    deploy("d34", "b", DIRECTION_UP, "d");
    outcome_is(&deployment, "failed", "sql", "42703");
    cr_expect_not(deployment.task.result.rows.heads_known);
    deployment_free(&deployment);
}

DEPLOY_TEST(rolls_back_when_cancelled)
{
    fleet_of_one("d13", WAITING);
    hold("d13", "SELECT pg_advisory_lock(42)");
    deploy_until("d13", "", "head", WAITS_FOR_42, cancel_deploy);
    outcome_is(&deployment, "cancelled", "", "");
    cr_expect_not_null(deployment.connection, "a rolled back session can be used again");
    cr_expect_str_eq(cluster_ask("d13", "SELECT to_regclass('account') IS NULL"), "t");
    deployment_free(&deployment);
    let_go();
}

static void release(struct deployment *of)
{
    (void)of;
    let_go();
}

static void start_rival(struct deployment *of)
{
    (void)of;
    /* The rival has been refused the deploy lock once: its transaction is aborted. */
    deployment_watch(&rival,
                     "SELECT count(*) = 1 FROM pg_stat_activity WHERE state ="
                     " 'idle in transaction (aborted)' AND datname = current_database()",
                     release);
    deploy_start(&rival.task);
}

DEPLOY_TEST(lets_exactly_one_of_two_deploys_apply)
{
    fleet_of_one("d14", WAITING);
    hold("d14", "SELECT pg_advisory_lock(42)");
    deployment_make(&rival, &loop, "d14", bundle, "", DIRECTION_UP, "head");
    rival.task.job.rollout = "r2";
    deployment_make(&deployment, &loop, "d14", bundle, "", DIRECTION_UP, "head");
    deployment.task.job.timeouts.lock_timeout_ms = 0;
    deployment_watch(&deployment, WAITS_FOR_42, start_rival);
    deploy_start(&deployment.task);
    deployment_run(&deployment, &rival);
    outcome_is(&deployment, "done", "", "");
    outcome_is(&rival, "already", "", "");
    cr_expect_str_eq(cluster_ask("d14", "SELECT count(*) || min(rollout) FROM drover_history"),
                     "2r1");
    cr_expect_str_eq(cluster_ask("d14", "SELECT count(*) FROM account WHERE email LIKE 'm_!'"),
                     "9");
    uv_close((uv_handle_t *)&rival.watch, NULL);
    connection_close(rival.connection);
    deployment_free(&deployment);
    arena_free(&rival.task.arena);
}

/* A concurrent build waits for a writer of its table; killed there, it leaves an invalid index. */
DEPLOY_TEST(resumes_a_half_applied_revision_and_heals_its_index)
{
    fleet_of_one("d15", CHAIN);
    deploy("d15", "", DIRECTION_UP, "b");
    deployment_free(&deployment);
    cluster_run("d15", "CREATE TABLE other (id int)");
    hold("d15", "BEGIN; LOCK TABLE account IN ROW EXCLUSIVE MODE; INSERT INTO other VALUES (1)");
    deploy_until("d15", "b", "head",
                 "SELECT count(*) = 1 FROM pg_stat_progress_create_index WHERE phase LIKE"
                 " 'waiting for writers%'",
                 terminate_deploy);
    outcome_is(&deployment, "failed", "connection", "57P01");
    deployment_free(&deployment);
    let_go();
    cr_expect_str_eq(cluster_ask("d15", "SELECT string_agg(statement || state, ' ' ORDER BY"
                                        " statement) FROM drover_progress"),
                     "0held 1done 2running");
    cr_expect_str_eq(cluster_ask("d15", "SELECT indisvalid FROM pg_index WHERE indexrelid ="
                                        " 'account_email'::regclass"),
                     "f");
    deploy("d15", "b", DIRECTION_UP, "head");
    outcome_is(&deployment, "done", "", "");
    heads_are(&deployment, "d");
    cr_expect_str_eq(cluster_ask("d15", "SELECT indisvalid FROM pg_index WHERE indexrelid ="
                                        " 'account_email'::regclass"),
                     "t");
    cr_expect_str_eq(cluster_ask("d15", "SELECT count(*) FROM account WHERE tier = 'xy'"), "9",
                     "each ordinary statement ran exactly once");
    cr_expect_str_eq(cluster_ask("d15", "SELECT count(*) FROM drover_progress"), "0");
    deployment_free(&deployment);
}

DEPLOY_TEST(goes_on_from_the_boundary_that_this_rollout_reached)
{
    fleet_of_one("d16", CHAIN);
    cluster_run("d16", "CREATE TABLE other (id int)");
    deploy("d16", "", DIRECTION_UP, "b");
    deployment_free(&deployment);
    cluster_run("d16", "CREATE UNIQUE INDEX account_email ON account (email)");
    /* The whole path again: a and b are applied by this rollout; c meets an index that is not ours.
     */
    deploy("d16", "", DIRECTION_UP, "head");
    outcome_is(&deployment, "failed", "sql", "42P07");
    cr_expect_str_eq(deployment.task.result.failure.location, "0003_step.sql:10");
    heads_are(&deployment, "b");
    deployment_free(&deployment);
    deploy("d16", "", DIRECTION_UP, "head");
    outcome_is(&deployment, "failed", "sql", "42P07");
    deployment_free(&deployment);
    cluster_run("d16", "DROP INDEX account_email");
    deploy("d16", "", DIRECTION_UP, "head");
    outcome_is(&deployment, "done", "", "");
    cr_expect_str_eq(cluster_ask("d16", "SELECT count(*) FROM account WHERE tier = 'xy'"), "9");
    deployment_free(&deployment);
}

DEPLOY_TEST(waits_for_an_orphan_that_still_builds)
{
    fleet_of_one("d17", CHAIN);
    deploy("d17", "", DIRECTION_UP, "head");
    deployment_free(&deployment);
    deploy("d17", "d", DIRECTION_DOWN, "base");
    deployment_free(&deployment);
    deploy("d17", "", DIRECTION_UP, "b");
    deployment_free(&deployment);
    /* What an attempt leaves that died without its server noticing: a running row and a running
     * build. */
    char row[512];
    (void)snprintf(row, sizeof row,
                   "CREATE TABLE other (id int); INSERT INTO drover_progress (revision, direction,"
                   " checksum, statement, state) VALUES ('c', 'upgrade', '%s', 2, 'running')",
                   graph_find(bundle_graph(bundle), "c")->checksum);
    cluster_run("d17", row);
    hold("d17", "BEGIN; LOCK TABLE account IN ROW EXCLUSIVE MODE; INSERT INTO other VALUES (1)");
    PGconn *orphan = PQconnectdb(cluster_url("d17"));
    cr_assert(PQsendQuery(orphan, "CREATE INDEX CONCURRENTLY account_email ON account (email)"));
    deploy_until("d17", "b", "head",
                 "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE"
                 " 'ROLLBACK%' AND state = 'idle'"
                 " AND application_name = 'drover-test'",
                 release);
    outcome_is(&deployment, "done", "", "");
    PGresult *result = NULL;
    while ((result = PQgetResult(orphan)) != NULL) {
        cr_expect_eq(PQresultStatus(result), PGRES_COMMAND_OK, "%s", PQerrorMessage(orphan));
        PQclear(result);
    }
    PQfinish(orphan);
    cr_expect_str_eq(cluster_ask("d17", "SELECT count(*) FROM account WHERE tier = 'xy'"), "9");
    deployment_free(&deployment);
}

DEPLOY_TEST(refuses_a_revision_that_was_edited_after_it_was_half_applied)
{
    fleet_of_one("d18", CHAIN);
    deploy("d18", "", DIRECTION_UP, "b");
    deployment_free(&deployment);
    deploy("d18", "b", DIRECTION_UP, "c");
    deployment_free(&deployment);
    cluster_run("d18", "UPDATE alembic_version SET version_num = 'b'; INSERT INTO drover_progress"
                       " (revision, direction, checksum, statement, state)"
                       " VALUES ('c', 'upgrade', 'other', 1, 'done')");
    deploy("d18", "b", DIRECTION_UP, "head");
    outcome_is(&deployment, "failed", "half_applied", "DR004");
    deployment_free(&deployment);
}

/* ---- sessions ---- */

DEPLOY_TEST(leaves_no_setting_and_no_role_behind)
{
    static const char setting[] = "-- settings\n--\n-- Revision ID: x\n-- Revises: a\n"
                                  "-- Create Date: 2024-01-05\n\n-- migrate:up\n"
                                  "SET search_path TO '';\nSET work_mem = '77MB';\n"
                                  "SET ROLE pg_monitor;\n"
                                  "SELECT set_config('statement_timeout', '77s', false);\n";
    static const char after[] = "-- unqualified\n--\n-- Revision ID: y\n-- Revises: x\n"
                                "-- Create Date: 2024-01-06\n\n-- migrate:up\n"
                                "ALTER TABLE account ADD COLUMN more int;\n";
    static const char *const texts[] = {REVISION_A, setting, after, NULL};
    fleet_of_one("d19", texts);
    deploy("d19", "", DIRECTION_UP, "head");
    outcome_is(&deployment, "done", "", "");
    cr_expect_str_eq(deployment_ask(&deployment, "SHOW search_path"), "\"$user\", public");
    cr_expect_str_eq(deployment_ask(&deployment, "SELECT current_user"), "postgres");
    cr_expect_str_eq(deployment_ask(&deployment, "SHOW work_mem"), "4MB");
    cr_expect_str_eq(deployment_ask(&deployment, "SHOW lock_timeout"), "0");
    cr_expect_str_eq(deployment_ask(&deployment, "SHOW statement_timeout"), "0");
    deployment_free(&deployment);
}

/* Says what is left in a session, and nothing when it is as new. */
static const char LEFT_BEHIND[] =
    "SELECT concat_ws(' ', (SELECT 'role ' || current_user WHERE current_user <> 'postgres'),"
    " (SELECT 'work_mem' WHERE current_setting('work_mem') <> '4MB'),"
    " (SELECT string_agg('prepared ' || name, ' ') FROM pg_prepared_statements),"
    " (SELECT string_agg('cursor ' || name, ' ') FROM pg_cursors WHERE name <> ''),"
    " (SELECT 'listens' FROM pg_listening_channels()),"
    " (SELECT 'lock' FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()),"
    " (SELECT string_agg('temporary ' || relname, ' ') FROM pg_class"
    " WHERE relnamespace = pg_my_temp_schema()),"
    " (SELECT string_agg('function ' || proname, ' ') FROM pg_proc"
    " WHERE pronamespace = pg_my_temp_schema()))";

#define LITTER                                                                                     \
    "CREATE TEMP TABLE left_table AS SELECT 1 AS i;\n"                                             \
    "CREATE TEMP VIEW left_view AS SELECT i FROM left_table;\n"                                    \
    "CREATE FUNCTION pg_temp.left_function() RETURNS int LANGUAGE sql AS 'SELECT 1';\n"            \
    "PREPARE left_statement AS SELECT 1;\n"                                                        \
    "DECLARE left_cursor CURSOR WITH HOLD FOR SELECT i FROM left_table;\n"                         \
    "LISTEN left_channel;\n"                                                                       \
    "SELECT pg_advisory_lock(4711);\n"                                                             \
    "SET work_mem = '77MB';\n"                                                                     \
    "SET SESSION AUTHORIZATION pg_monitor;\n"

DEPLOY_TEST(makes_the_session_as_new_after_each_script)
{
    static const char litter[] = "-- litter\n--\n-- Revision ID: x\n-- Revises: a\n"
                                 "-- Create Date: 2024-01-05\n\n-- migrate:up\n" LITTER;
    static const char next[] = "-- next\n--\n-- Revision ID: y\n-- Revises: x\n"
                               "-- Create Date: 2024-01-06\n\n-- migrate:up\n"
                               "CREATE TABLE seen AS SELECT looked FROM see() AS looked;\n";
    static const char *const texts[] = {REVISION_A, litter, next, NULL};
    fleet_of_one("d40", texts);
    char see[2048];
    (void)snprintf(see, sizeof see, "CREATE FUNCTION see() RETURNS text LANGUAGE sql AS $$%s$$",
                   LEFT_BEHIND);
    cluster_run("d40", see);
    deploy("d40", "", DIRECTION_UP, "head");
    outcome_is(&deployment, "done", "", "");
    cr_expect_str_eq(deployment_ask(&deployment, LEFT_BEHIND), "");
    cr_expect_str_eq(cluster_ask("d40", "SELECT looked FROM seen"), "lock",
                     "the next revision sees the deploy lock and nothing else");
    deployment_free(&deployment);
}

DEPLOY_TEST(makes_the_session_as_new_after_a_script_that_failed)
{
    static const char litter[] =
        "-- litter\n--\n-- Revision ID: x\n-- Revises: a\n"
        "-- Create Date: 2024-01-05\n\n-- migrate:up\n" LITTER "SELECT 1 / 0;\n";
    static const char *const texts[] = {REVISION_A, litter, NULL};
    fleet_of_one("d41", texts);
    deploy("d41", "", DIRECTION_UP, "head");
    outcome_is(&deployment, "failed", "sql", "22012");
    cr_expect_str_eq(deployment_ask(&deployment, LEFT_BEHIND), "");
    deployment_free(&deployment);
}

/* PgBouncer gives the one session behind it to whoever comes next. */
DEPLOY_TEST(leaves_nothing_behind_a_pooler)
{
    static const char *const endings[] = {"", "SELECT 1 / 0;\n"};
    for (size_t i = 0; i < LENGTH(endings); i++) {
        char litter[2048];
        (void)snprintf(litter, sizeof litter,
                       "-- x\n--\n-- Revision ID: x\n-- Revises: a\n"
                       "-- Create Date: 2024-01-05\n\n-- migrate:up\n" LITTER "%s",
                       endings[i]);
        const char *const texts[] = {REVISION_A, litter, NULL};
        fleet_of_one("d45", texts);
        deployment_make(&deployment, &loop, "d45", bundle, "", DIRECTION_UP, "head");
        deployment.task.job.place.url =
            arena_strdup(&deployment.task.arena, cluster_pooled_url("d45"));
        deploy_start(&deployment.task);
        deployment_run(&deployment, NULL);
        cr_expect_eq(deployment.task.result.outcome, i == 0 ? JOB_OUTCOME_DONE : JOB_OUTCOME_FAILED,
                     "%s", deployment.task.result.failure.message);
        cr_expect_str_eq(cluster_ask_url(cluster_pooled_url("d45"), LEFT_BEHIND), "");
        deployment_free(&deployment);
        bundle_free(bundle);
        bundle = NULL;
        cluster_run("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                " WHERE datname = 'd45'");
    }
}

DEPLOY_TEST(gives_an_older_history_its_plain_key)
{
    fleet_of_one("d42", CHAIN);
    deploy("d42", "", DIRECTION_UP, "a");
    deployment_free(&deployment);
    cluster_run("d42", "ALTER TABLE drover_history DROP CONSTRAINT drover_history_pkey,"
                       " ADD CONSTRAINT drover_history_pkc PRIMARY KEY (number)"
                       " DEFERRABLE INITIALLY DEFERRED");
    deploy("d42", "a", DIRECTION_UP, "b");
    outcome_is(&deployment, "done", "", "");
    cr_expect_str_eq(cluster_ask("d42", "SELECT string_agg(conname || condeferrable, ' ') FROM"
                                        " pg_constraint WHERE conrelid ="
                                        " 'drover_history'::regclass AND contype = 'p'"),
                     "drover_history_pkeyfalse");
    deployment_free(&deployment);
}

DEPLOY_TEST(disturbs_no_publication_and_no_loop_over_all_tables)
{
    static const char publication[] = "-- publication\n--\n-- Revision ID: x\n-- Revises: a\n"
                                      "-- Create Date: 2024-01-05\n\n-- migrate:up\n"
                                      "CREATE PUBLICATION everything FOR ALL TABLES;\n";
    static const char loop_over[] =
        "-- loop\n--\n-- Revision ID: y\n-- Revises: x\n"
        "-- Create Date: 2024-01-06\n\n-- migrate:up\n"
        "DO $$DECLARE each name; BEGIN FOR each IN SELECT tablename FROM pg_tables WHERE schemaname"
        " = 'public' LOOP EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', each);"
        " END LOOP; END$$;\n"
        "SET CONSTRAINTS ALL IMMEDIATE;\n";
    static const char *const texts[] = {REVISION_A, publication, loop_over, NULL};
    fleet_of_one("d43", texts);
    deploy("d43", "", DIRECTION_UP, "x");
    outcome_is(&deployment, "done", "", "");
    deployment_free(&deployment);
    deploy("d43", "x", DIRECTION_UP, "y");
    outcome_is(&deployment, "done", "", "");
    deployment_free(&deployment);
}

/* What a tenant may make: names of ours in its schema and in public, which would be found before
 * those of the server by their argument types. Each tells who ran it. */
static const char AMBUSH[] =
    "CREATE SCHEMA tenant; CREATE TABLE public.caught (by text);"
    "CREATE FUNCTION public.catch(int) RETURNS int LANGUAGE plpgsql AS"
    " $$BEGIN INSERT INTO public.caught VALUES ('x'); RETURN 1; END$$;"
    "CREATE FUNCTION public.has_schema_privilege(regnamespace, text) RETURNS bool LANGUAGE sql AS"
    " 'SELECT public.catch(1) = 1';"
    "CREATE FUNCTION public.has_table_privilege(regclass, text) RETURNS bool LANGUAGE sql AS"
    " 'SELECT public.catch(2) = 1';"
    "CREATE FUNCTION tenant.hashtextextended(text, int) RETURNS bigint LANGUAGE sql AS"
    " 'SELECT public.catch(3)::bigint';"
    "CREATE FUNCTION tenant.substr(text, int, bigint) RETURNS text LANGUAGE sql AS"
    " 'SELECT public.catch(4)::text';"
    "CREATE FUNCTION tenant.same(varchar, varchar) RETURNS bool LANGUAGE sql AS"
    " 'SELECT public.catch(5) = 1';"
    "CREATE OPERATOR tenant.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = tenant.same);"
    "CREATE FUNCTION tenant.more(bigint, int) RETURNS bigint LANGUAGE sql AS"
    " 'SELECT public.catch(6)::bigint';"
    "CREATE OPERATOR tenant.+ (LEFTARG = bigint, RIGHTARG = int, FUNCTION = tenant.more);"
    "CREATE TABLE tenant.pg_class (oid oid, relname name, relnamespace oid, relkind \"char\");"
    "CREATE TABLE tenant.pg_namespace (oid oid, nspname name);"
    "ALTER DATABASE d44 SET search_path = tenant, public, pg_catalog";

DEPLOY_TEST(runs_nothing_of_a_tenant_in_statements_of_ours)
{
    fleet_of_one("d44", CHAIN);
    cluster_run("d44", AMBUSH);
    deploy_in_schema("d44", "tenant");
    outcome_is(&deployment, "done", "", "");
    deployment_free(&deployment);
    cr_expect_str_eq(cluster_ask("d44", "SELECT count(*) FROM public.caught"), "0");
}

DEPLOY_TEST(says_settings_of_a_non_transactional_revision_again)
{
    static const char stepwise[] = "-- settings\n--\n-- Revision ID: x\n-- Revises: a\n"
                                   "-- Create Date: 2024-01-05\n-- Transaction: none\n\n"
                                   "-- migrate:up\n"
                                   "CREATE SCHEMA elsewhere;\n"
                                   "SET search_path TO elsewhere;\n"
                                   "CREATE TABLE thing (id int);\n"
                                   "CREATE UNIQUE INDEX CONCURRENTLY thing_id ON thing (id);\n"
                                   "VACUUM thing;\n";
    static const char *const texts[] = {REVISION_A, stepwise, NULL};
    fleet_of_one("d20", texts);
    deploy("d20", "", DIRECTION_UP, "head");
    outcome_is(&deployment, "done", "", "");
    cr_expect_str_eq(
        deployment_ask(&deployment, "SELECT to_regclass('elsewhere.thing_id') IS NULL"), "f");
    cr_expect_str_eq(deployment_ask(&deployment, "SHOW search_path"), "\"$user\", public");
    deployment_free(&deployment);
}

DEPLOY_TEST(reads_backslashes_literally_wherever_the_database_stands)
{
    static const char slash[] = "-- slash\n--\n-- Revision ID: x\n-- Revises: a\n"
                                "-- Create Date: 2024-01-05\n\n-- migrate:up\n"
                                "INSERT INTO account VALUES (50, 'a\\nb');\n";
    static const char *const texts[] = {REVISION_A, slash, NULL};
    fleet_of_one("d21", texts);
    cluster_run("d21", "ALTER DATABASE d21 SET standard_conforming_strings = off");
    deploy("d21", "", DIRECTION_UP, "head");
    outcome_is(&deployment, "done", "", "");
    cr_expect_str_eq(deployment_ask(&deployment, "SELECT length(email) FROM account WHERE id = 50"),
                     "4");
    deployment_free(&deployment);
}

DEPLOY_TEST(lets_go_of_the_session_lock_after_a_segment_that_began_twice)
{
    fleet_of_one("d37", CHAIN);
    deploy("d37", "", DIRECTION_UP, "b");
    outcome_is(&deployment, "done", "", "");
    deployment_free(&deployment);
    cluster_run("d37", "ALTER DATABASE d37 SET standard_conforming_strings = off");
    deploy("d37", "b", DIRECTION_UP, "c");
    outcome_is(&deployment, "done", "", "");
    cr_expect_str_eq(deployment_ask(&deployment, "SELECT count(*) FROM pg_locks"
                                                 " WHERE locktype = 'advisory'"),
                     "0");
    deployment_free(&deployment);
}
