"""Coming from other tools: their folders as revisions, their version tables adopted, and by turns with the tools themselves."""
import os
import re
import shutil
import subprocess

import pytest

from conftest import ROOT

DBMATE = {
    "20240101090000_create_users.sql":
        "-- migrate:up\nCREATE TABLE users (id int PRIMARY KEY, name text);\n\n-- migrate:down\nDROP TABLE users;\n",
    "20240102090000_name_index.sql":
        "-- a comment: of theirs\n\n-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY users_name ON users (name);\n\n"
        "-- migrate:down transaction:false\nDROP INDEX CONCURRENTLY users_name;\n",
    "20240103090000_add_mail.sql":
        "-- migrate:up\nALTER TABLE users ADD mail text;\n\n-- migrate:down\nALTER TABLE users DROP mail;\n",
}


def lay(project, folder, files):
    for name, text in files.items():
        project.write(f"{folder}/{name}", text)


def fleet(cluster, project, names, migrations="migrations"):
    cluster.create(names)
    project.config(f"migrations: {migrations}\ntargets:\n" + "".join(
        f"  - {{name: {name}, url: \"{cluster.url(name)}\"}}\n" for name in names))


def test_a_folder_of_dbmate_is_a_project_as_it_is(cluster, project):
    lay(project, "db/migrations", DBMATE)
    fleet(cluster, project, ["a", "b"], "db/migrations")
    assert project.ok("history").out.splitlines() == [
        "20240102090000 -> 20240103090000 (head), add mail",
        "20240101090000 -> 20240102090000, name index",
        "<base> -> 20240101090000, create users"]
    project.ok("upgrade", "head")
    assert cluster.versions("a") == ["20240103090000"]
    project.ok("downgrade", "20240101090000", "-y")
    assert cluster.versions("b") == ["20240101090000"]
    project.ok("upgrade", "head")
    assert cluster.sql("a", "SELECT indisvalid FROM pg_index WHERE indexrelid = 'users_name'::regclass") == [(True,)]


def test_a_revision_written_into_it_stands_last(cluster, project):
    lay(project, "db/migrations", DBMATE)
    fleet(cluster, project, ["a"], "db/migrations")
    path = project.ok("revision", "-m", "add phone").out.strip()
    assert path.startswith("db/migrations/20") and path.endswith("_add_phone.sql")
    name = path.split("/")[-1].split("_")[0]
    assert len(name) == 14 and project.ok("heads").out.startswith(name)
    lay(project, "db/migrations", {"30000101000000_later.sql": "-- migrate:up\nSELECT 1;\n"})
    assert f"{name} -> 30000101000000 (head), later" in project.ok("history").out


@pytest.mark.parametrize("name, words", [
    ("no_number.sql", "the header has no 'Revision ID'"),
    ("20240102090000_again.sql", "20240102090000")])
def test_what_its_name_does_not_place_is_refused(project, name, words):
    lay(project, "migrations", {**DBMATE, name: "-- migrate:up\nSELECT 1;\n"})
    result = project.run("heads")
    assert result.code == 2 and words in result.err and name in result.err, result


def test_a_header_forgotten_among_others_is_refused_as_ever(project):
    project.chain(2)
    lay(project, "migrations", {"20240101000000_x.sql": "-- a header\n--\n-- Revision ID: x\n-- Revises:\n-- migrate:up\nSELECT 1;\n",
                                "20240102000000_x.sql": "-- migrate:up\nSELECT 1;\n"})
    assert "the header has no 'Revision ID'" in project.run("heads").err


GOOSE = {
    "00001_create_users.sql":
        "-- +goose Up\nCREATE TABLE users (id int PRIMARY KEY, name text);\n\n-- +goose Down\nDROP TABLE users;\n",
    "00002_shout.sql":
        "-- +goose Up\n-- +goose StatementBegin\nCREATE FUNCTION shout(t text) RETURNS text LANGUAGE plpgsql AS $$\nBEGIN\n"
        "  RETURN upper(t) || '!';\nEND\n$$\n-- +goose StatementEnd\nINSERT INTO users VALUES (1, shout('a'));\n\n"
        "-- +goose Down\nDELETE FROM users;\nDROP FUNCTION shout;\n",
    "00010_name_index.sql":
        "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY users_name ON users (name);\n"
        "-- +goose Down\nDROP INDEX CONCURRENTLY users_name;\n",
    "9_mail.sql": "-- +goose Up\nALTER TABLE users ADD mail text;\n-- +goose Down\nALTER TABLE users DROP mail;\n",
}
MIGRATE = {
    "1_create_users.up.sql": "CREATE TABLE users (id int PRIMARY KEY, name text);\n",
    "1_create_users.down.sql": "DROP TABLE users;\n",
    "2_mail.up.sql": "ALTER TABLE users ADD mail text;\n",
    "2_mail.down.sql": "ALTER TABLE users DROP mail;\n",
    "10_name_index.up.sql": "CREATE INDEX CONCURRENTLY users_name ON users (name);\n",
    "10_name_index.down.sql": "DROP INDEX CONCURRENTLY users_name;\n",
}
USERS, MAIL = "CREATE TABLE users (id int PRIMARY KEY, name text);\n", "ALTER TABLE users ADD mail text;\n"
INDEX, NO_INDEX = "CREATE INDEX CONCURRENTLY users_name ON users (name);\n", "DROP INDEX CONCURRENTLY users_name;\n"
NO_USERS, NO_MAIL = "DROP TABLE users;\n", "ALTER TABLE users DROP mail;\n"
SQLX = {"1_users.up.sql": USERS, "1_users.down.sql": NO_USERS, "2_mail.up.sql": MAIL, "2_mail.down.sql": NO_MAIL,
        "10_index.up.sql": "-- no-transaction\n" + INDEX, "10_index.down.sql": "-- no-transaction\n" + NO_INDEX}
DIESEL = {"00000000000000_diesel_initial_setup/up.sql": "", "00000000000000_diesel_initial_setup/down.sql": "",
          "2021-01-01-000000_users/up.sql": USERS, "2021-01-01-000000_users/down.sql": NO_USERS,
          "20210102000000_mail/up.sql": MAIL, "20210102000000_mail/down.sql": NO_MAIL,
          "2021-01-03-000000_index/up.sql": INDEX, "2021-01-03-000000_index/down.sql": NO_INDEX,
          "2021-01-03-000000_index/metadata.toml": "run_in_transaction = false\n"}
PRISMA = {"0_init/migration.sql": USERS, "20240101090000_mail_of_users_with_a_long_name/migration.sql": MAIL,
          "20240102090000_index/migration.sql": INDEX, "migration_lock.toml": "provider = \"postgresql\"\n"}
SUPABASE = {"20240101090000_users.sql": USERS, "20240102090000_mail.sql": MAIL, "20240103090000_index.sql": INDEX}
NODE = {"1700000000001_users.sql": f"-- Up Migration\n{USERS}\n-- Down Migration\n{NO_USERS}",
        "1700000000002_add-mail.sql": f"-- up migration\n{MAIL}\n---- Down  Migration\n{NO_MAIL}",
        "1700000000003_name.sql": "-- Down Migration\nDROP INDEX users_name;\n-- Up Migration\nCREATE INDEX users_name ON users (name);\n"}
FLYWAY = {"V1__users.sql": USERS, "U1__users.sql": NO_USERS, "old/V1_2__mail.sql": MAIL, "old/U1_2__mail.sql": NO_MAIL,
          "V1.10__index.sql": INDEX, "V1.10__index.sql.conf": "executeInTransaction=false\n", "U1.10__index.sql": NO_INDEX}
LIQUIBASE = {"001.sql": "--liquibase formatted sql\n\n--changeset ann:1\n--comment: the first\n" + USERS + "--rollback DROP TABLE users;\n\n"
                        "--changeset bob:1 dbms:mysql\nSELECT nonsense;\n\n--changeset bob:mail\n" + MAIL +
                        "--rollback ALTER TABLE users\n--rollback   DROP mail;\n",
             "sub/002.sql": "-- liquibase formatted sql\n-- changeset ann:1 runInTransaction:false\n" + INDEX +
                            "-- rollback DROP INDEX CONCURRENTLY users_name;\n"}


def sqitch_script(what, sql):
    return f"-- {what} shop:x to pg\n\nBEGIN;\n\n{sql}\nCOMMIT;\n"


SQITCH = {
    "sqitch.conf": "[core]\n\tengine = pg\n",
    "sqitch.plan": "%syntax-version=1.0.0\n%project=shop\n\nusers 2024-01-01T09:00:00Z Ann <ann@example.org> # the users\n"
                   "mail [users] 2024-01-02T09:00:00Z Ann <ann@example.org> # and mail\n@v1 2024-01-03T09:00:00Z Ann <ann@example.org> # one\n\n"
                   "mail [mail@v1] 2024-01-04T09:00:00Z Ann <ann@example.org> # again\n",
    "deploy/users.sql": sqitch_script("Deploy", USERS), "revert/users.sql": sqitch_script("Revert", NO_USERS),
    "deploy/mail@v1.sql": sqitch_script("Deploy", MAIL), "revert/mail@v1.sql": sqitch_script("Revert", NO_MAIL),
    "deploy/mail.sql": sqitch_script("Deploy", "CREATE INDEX users_name ON users (name);\n"),
    "revert/mail.sql": sqitch_script("Revert", "DROP INDEX users_name;\n"), "verify/users.sql": "SELECT id FROM users;\n"}
PROJECTS = {"flyway": FLYWAY, "liquibase-sql": LIQUIBASE, "sqitch": SQITCH, "dbmate": DBMATE, "goose": GOOSE, "golang-migrate": MIGRATE, "sqlx": SQLX, "diesel": DIESEL, "prisma": PRISMA,
            "supabase": SUPABASE, "node-pg-migrate-sql": NODE}
HEADS = {"flyway": "1.10", "liquibase-sql": "1_2", "sqitch": "mail_2", "dbmate": "20240103090000", "goose": "00010", "golang-migrate": "10", "sqlx": "10", "diesel": "20210103000000",
         "prisma": "20240102090000", "supabase": "20240103090000", "node-pg-migrate-sql": "1700000000003"}
ONE_WAY = {"prisma", "supabase"}


def imported(project, tool, files=None):
    lay(project, "theirs", PROJECTS[tool] if files is None else files)
    return project.run("import", tool, "theirs", "--to", "migrations")


@pytest.mark.parametrize("tool", PROJECTS)
def test_an_imported_project_goes_up_and_down(cluster, project, tool):
    assert imported(project, tool).code == 0
    fleet(cluster, project, ["a"])
    project.ok("upgrade", "head")
    assert cluster.versions("a") == [HEADS[tool]]
    assert cluster.sql("a", "SELECT indisvalid FROM pg_index WHERE indexrelid = 'users_name'::regclass") == [(True,)]
    assert cluster.sql("a", "SELECT count(*) FROM information_schema.columns WHERE table_name = 'users'") == [(3,)]
    if tool in ONE_WAY:
        refusal = project.run("downgrade", "base", "-y")
        assert refusal.code == 4 and "migrate:down" in refusal.out + refusal.err, refusal
    else:
        project.ok("downgrade", "base", "-y")
        assert cluster.sql("a", "SELECT to_regclass('users')") == [(None,)]


def test_numbers_are_numbers(project):
    assert imported(project, "goose").code == 0
    assert [line.split(" ")[2].rstrip(",") for line in project.ok("history").out.splitlines()] == ["00010", "9", "00002", "00001"]


def test_what_has_no_like_is_named(cluster, project):
    result = imported(project, "goose", {
        **GOOSE, "00003_fill.go": "package x\n", "00003_fill_test.go": "package x\n", "schema.sql": "SELECT 1;\n",
        "00011_env.sql": "-- +goose ENVSUB ON\n-- +goose Up\nSELECT '${REGION}';\n",
        "00012_bad.sql": "-- a\n-- +goose Up\nSELECT 1;\n\nSELECT FROM WHERE;\n"})
    assert result.code == 0, result
    for words in ("theirs/schema.sql: warning: is left out: its name is not NUMBER_NAME.sql",
                  "theirs/00003_fill.go: warning: the way up is not available: it is a step in Go",
                  "theirs/00011_env.sql: warning: the way up is not available: +goose ENVSUB",
                  "theirs/00012_bad.sql:5: warning: the way up is not available: syntax error"):
        assert words in result.err, result
    fleet(cluster, project, ["a"])
    project.ok("upgrade", "00002")
    refused = project.run("upgrade", "head")
    assert refused.code == 4 and "it is a step in Go" in refused.out + refused.err, refused
    assert "write what it does as SQL into 00003_fill.sql" in refused.out + refused.err, refused
    path = project.folder / "migrations/00003_fill.sql"
    text = re.sub("-- (Up|Down) Unavailable.*\n", "", path.read_text())
    path.write_text(text.replace("-- migrate:up\n", "-- migrate:up\nINSERT INTO users VALUES (7, 'seven');\n"))
    project.ok("upgrade", "00010")
    assert cluster.sql("a", "SELECT name FROM users WHERE id = 7") == [("seven",)]


@pytest.mark.parametrize("tool, files, words", [
    ("goose", {"1_a.sql": "-- +goose Up\n", "001_b.sql": "-- +goose Up\n"}, "version 1 is that of"),
    ("goose", {"1_a.sql": "SELECT 1;\n"}, "there is no '-- +goose Up'"),
    ("goose", {"1_a.sql": "-- +goose Up\n-- +goose Sideways\n"}, "'+goose Sideways' is no annotation"),
    ("golang-migrate", {"1_a.up.sql": "", "1_b.up.sql": ""}, "version 1 is that of"),
    ("dbmate", {"1_a.sql": "SELECT 1;\n"}, "there is no '-- migrate:up'"),
    ("dbmate", {"a.sql": "-- migrate:up\n"}, "there are no migrations of dbmate in theirs"),
    ("golang-migrate", {"a.txt": ""}, "there are no migrations")])
def test_what_is_wrong_with_it_writes_nothing(project, tool, files, words):
    result = imported(project, tool, files)
    assert result.code == 2 and words in result.err and not (project.folder / "migrations").exists(), result


def test_import_needs_a_tool_that_is_known_and_a_folder_apart(project):
    result = project.run("import", "rails", "x")
    assert result.code == 64 and "there is one from dbmate, goose, golang-migrate" in result.err, result
    lay(project, "migrations", MIGRATE)
    result = project.run("import", "golang-migrate", "migrations")
    assert result.code == 64 and "is the folder that is imported" in result.err, result


# What each tool's program makes of its version table, and how it says that these are applied.
TABLES = {
    "flyway": ("CREATE TABLE flyway_schema_history (installed_rank int PRIMARY KEY, version varchar(50), description varchar(200) NOT NULL,"
               " type varchar(20) NOT NULL, script varchar(1000) NOT NULL, checksum int, installed_by varchar(100) NOT NULL,"
               " installed_on timestamp NOT NULL DEFAULT now(), execution_time int NOT NULL, success boolean NOT NULL);"
               "INSERT INTO flyway_schema_history VALUES (99, NULL, 'r', 'SQL', 'R__r.sql', 1, 'x', now(), 1, true)",
               lambda versions: [f"INSERT INTO flyway_schema_history VALUES ({rank}, '{v}', 'x', 'SQL', 'x', 1, 'x', now(), 1, true)"
                                 for rank, v in enumerate(versions, 1)]),
    "liquibase-sql": ("CREATE TABLE databasechangelog (id varchar(255) NOT NULL, author varchar(255) NOT NULL, filename varchar(255) NOT NULL,"
                      " dateexecuted timestamp NOT NULL, orderexecuted int NOT NULL, exectype varchar(10) NOT NULL, md5sum varchar(35))",
                      lambda versions: ["INSERT INTO databasechangelog VALUES ('{1}', '{0}', 'db/changes/{2}', now(), 1, 'EXECUTED', 'x')"
                                        .format(*re.split("[:@]", v)) for v in versions]),
    "sqitch": ("CREATE SCHEMA sqitch; CREATE TABLE sqitch.changes (change_id text PRIMARY KEY, script_hash text UNIQUE, change text NOT NULL,"
               " project text NOT NULL, note text NOT NULL DEFAULT '', committed_at timestamptz NOT NULL DEFAULT clock_timestamp());"
               "INSERT INTO sqitch.changes VALUES ('0', '0', 'theirs', 'another')",
               lambda versions: [f"INSERT INTO sqitch.changes VALUES ('{v}', '{v}', '{v.split(':')[1].split('@')[0]}', 'shop')" for v in versions]),
    "dbmate": ("CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY)",
               lambda versions: [f"INSERT INTO schema_migrations VALUES ('{v}')" for v in versions]),
    "goose": ("CREATE TABLE goose_db_version (id serial PRIMARY KEY, version_id bigint NOT NULL, is_applied boolean NOT NULL,"
              " tstamp timestamp DEFAULT now()); INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true)",
              lambda versions: [f"INSERT INTO goose_db_version (version_id, is_applied) VALUES ({v}, true)" for v in versions]),
    "golang-migrate": ("CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL)",
                       lambda versions: [f"INSERT INTO schema_migrations VALUES ({v}, false)" for v in versions[-1:]]),
    "sqlx": ("CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY, description text NOT NULL, installed_on timestamptz"
             " NOT NULL DEFAULT now(), success boolean NOT NULL, checksum bytea NOT NULL, execution_time bigint NOT NULL)",
             lambda versions: [f"INSERT INTO _sqlx_migrations VALUES ({v}, 'x', now(), true, '', 1)" for v in versions]),
    "diesel": ("CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY, run_on timestamp NOT NULL DEFAULT now())",
               lambda versions: [f"INSERT INTO __diesel_schema_migrations VALUES ('{v}')" for v in versions]),
    "prisma": ("CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz,"
               " migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz, started_at timestamptz NOT NULL"
               " DEFAULT now(), applied_steps_count int NOT NULL DEFAULT 0);"
               "INSERT INTO _prisma_migrations VALUES ('x', 'c', NULL, '20240102090000_index', 'failed', now())",
               lambda versions: [f"INSERT INTO _prisma_migrations VALUES (left(md5('{v}'), 36), 'c', now(), '{v}')" for v in versions]),
    "supabase": ("CREATE SCHEMA supabase_migrations; CREATE TABLE supabase_migrations.schema_migrations (version text PRIMARY KEY,"
                 " statements text[], name text)",
                 lambda versions: [f"INSERT INTO supabase_migrations.schema_migrations VALUES ('{v}')" for v in versions]),
    "node-pg-migrate-sql": ("CREATE TABLE pgmigrations (id serial PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL)",
                            lambda versions: [f"INSERT INTO pgmigrations (name, run_on) VALUES ('{v}', now())" for v in versions]),
}
VERSIONS = {"flyway": ["1", "1.2", "1.10"], "liquibase-sql": ["ann:1@001.sql", "bob:mail@001.sql", "ann:1@002.sql"],
            "sqitch": ["shop:users", "shop:mail", "shop:mail@2"], "dbmate": ["20240101090000", "20240102090000", "20240103090000"],
            "goose": ["1", "2", "9", "10"], "golang-migrate": ["1", "2", "10"], "sqlx": ["1", "2", "10"],
            "diesel": ["00000000000000", "20210101000000", "20210102000000", "20210103000000"],
            "prisma": [name.split("/")[0] for name in PRISMA if "/" in name],
            "supabase": [name.split("_")[0] for name in SUPABASE],
            "node-pg-migrate-sql": [name[:-4] for name in NODE]}
IDS = {"liquibase-sql": {"ann:1@001.sql": "1", "bob:mail@001.sql": "mail", "ann:1@002.sql": "1_2"},
       "sqitch": {"shop:users": "users", "shop:mail": "mail", "shop:mail@2": "mail_2"}, "goose": {"1": "00001", "2": "00002", "10": "00010"}}


def id_of(tool, version):
    return IDS.get(tool, {}).get(version, version.split("_")[0])


def stand(cluster, database, tool, versions):
    table, rows = TABLES[tool]
    cluster.sql(database, table)
    for row in rows(versions):
        cluster.sql(database, row)


@pytest.mark.parametrize("tool", TABLES)
def test_each_target_is_stamped_where_the_tool_has_left_it(cluster, project, tool):
    assert imported(project, tool).code == 0
    versions = VERSIONS[tool]
    names = [f"t{count}" for count in range(len(versions) + 1)]
    fleet(cluster, project, names)
    for count, name in enumerate(names):
        stand(cluster, name, tool, versions[:count])
    result = project.ok("adopt", tool)
    assert f"adopt succeeded: {len(versions)} stamped, 1 unchanged" in result.out, result
    for count, name in enumerate(names):
        assert (cluster.versions(name) or []) == [id_of(tool, v) for v in versions[count - 1:count]], name
    assert f"{len(names)} unchanged" in project.ok("adopt", tool).out
    assert f"adopt {tool}" in project.ok("rollouts").out and f"adopt from {tool}" in project.ok("status").out


@pytest.fixture
def one(cluster, project):
    """Imported from goose; a database in which nothing is."""
    assert imported(project, "goose").code == 0
    fleet(cluster, project, ["a"])
    return lambda sql: cluster.sql("a", sql)


def refused(project, *arguments):
    result = project.run("adopt", *arguments)
    assert result.code == 4, result
    return " ".join((result.out + result.err).split())


def test_no_table(project, one):
    assert "there is no goose_db_version, in which goose keeps its versions" in refused(project, "goose")


def test_a_view_is_no_table(project, one):
    one("CREATE VIEW goose_db_version AS SELECT 1 AS id, 1 AS version_id, true AS is_applied")
    assert "public.goose_db_version is not a table but a view" in refused(project, "goose")


def test_another_tools_table(cluster, project, one):
    stand(cluster, "a", "dbmate", ["1"])
    assert "public.schema_migrations is not golang-migrate's: it has no column dirty" in refused(project, "golang-migrate")


def test_dirty(cluster, project, one):
    one("CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL)")
    one("INSERT INTO schema_migrations VALUES (2, true)")
    assert "version 2 is dirty in public.schema_migrations" in refused(project, "golang-migrate")


def test_a_gap(cluster, project, one):
    stand(cluster, "a", "goose", ["1", "9", "10"])
    assert "goose has not applied 2 here, but what comes after" in refused(project, "goose")


def test_one_that_is_not_there(cluster, project, one):
    stand(cluster, "a", "goose", ["1", "77"])
    assert "goose has applied version 77, which is not among the revisions" in refused(project, "goose")


@pytest.mark.parametrize("tool, row", [
    ("flyway", "INSERT INTO flyway_schema_history VALUES (1, '1', 'x', 'SQL', 'x', 1, 'x', now(), 1, false)"),
    ("liquibase-sql", "INSERT INTO databasechangelog VALUES ('1', 'ann', '001.sql', now(), 1, 'FAILED', 'x')"),
    ("sqlx", "INSERT INTO _sqlx_migrations VALUES (1, 'x', now(), false, '', 1)"),
    ("prisma", "INSERT INTO _prisma_migrations VALUES ('y', 'c', NULL, '0_init')")])
def test_failed(cluster, project, tool, row):
    assert imported(project, tool).code == 0
    fleet(cluster, project, ["a"])
    stand(cluster, "a", tool, [])
    cluster.sql("a", row)
    assert "is failed in public." in refused(project, tool)


def test_what_goose_has_undone_is_not_applied(cluster, project, one):
    stand(cluster, "a", "goose", ["1", "2"])
    one("INSERT INTO goose_db_version (version_id, is_applied) VALUES (2, false)")
    project.ok("adopt", "goose")
    assert cluster.versions("a") == ["00001"]


def test_a_target_that_has_gone_on_is_not_taken_back(cluster, project, one):
    one("CREATE TABLE users (id int PRIMARY KEY, name text)")
    stand(cluster, "a", "goose", ["1"])
    project.ok("adopt", "goose")
    project.ok("upgrade", "head")
    assert "public.alembic_version stands at 00010, which goose has not applied" in refused(project, "goose")
    assert cluster.versions("a") == ["00010"]


def test_the_table_may_have_another_name_and_stand_elsewhere(cluster, project, one):
    one("CREATE SCHEMA ops")
    one("CREATE TABLE ops.\"Goose Versions\" (id serial, version_id bigint, is_applied boolean)")
    one("INSERT INTO ops.\"Goose Versions\" (version_id, is_applied) VALUES (1, true), (2, true)")
    project.ok("adopt", "goose", "--table", "ops.Goose Versions")
    assert cluster.versions("a") == ["00002"]


def test_the_table_is_found_on_the_targets_path(cluster, project):
    assert imported(project, "goose").code == 0
    cluster.create(["a"])
    for schema, version in (("one", 1), ("two", 2)):
        cluster.sql("a", f"CREATE SCHEMA {schema}")
        cluster.sql("a", f"CREATE TABLE {schema}.goose_db_version (id serial, version_id bigint, is_applied boolean)")
        cluster.sql("a", f"INSERT INTO {schema}.goose_db_version (version_id, is_applied) SELECT n, true FROM generate_series(1, {version}) n")
    project.config("targets:\n" + f"  - {{name: path, url: \"{cluster.url('a')}?options=-csearch_path%3Done\"}}\n"
                   + f"  - {{name: schema, url: \"{cluster.url('a')}\", schema: two}}\n")
    project.ok("adopt", "goose")
    assert cluster.sql("a", "SELECT version_num FROM one.alembic_version") == [("00001",)]
    assert cluster.sql("a", "SELECT version_num FROM two.alembic_version") == [("00002",)]


def test_nothing_of_a_tenants_runs(cluster, project, one):
    """A table of the tool's name, with a column that is read by a function of its owner."""
    one("CREATE TABLE witness (who text)")
    one("GRANT ALL ON witness TO public")
    one("CREATE ROLE tenant LOGIN")
    one("GRANT CREATE ON SCHEMA public TO tenant")
    one("SET ROLE tenant; CREATE TYPE number AS (n int); CREATE FUNCTION spy(number) RETURNS text LANGUAGE plpgsql AS "
        "$$BEGIN INSERT INTO witness VALUES (current_user); RETURN '1'; END$$;"
        "CREATE CAST (number AS text) WITH FUNCTION spy(number) AS IMPLICIT;"
        "CREATE TABLE goose_db_version (id serial, version_id number, is_applied boolean);"
        "INSERT INTO goose_db_version (version_id, is_applied) VALUES (ROW(1), true)")
    assert "it has no column version_id" in refused(project, "goose")
    assert one("SELECT * FROM witness") == []


def test_behind_a_pooler(cluster, project, pooler):
    """Each message is a transaction of its own, which PgBouncer may give to any session."""
    assert imported(project, "goose").code == 0
    names = [f"t{number}" for number in range(4)]
    cluster.create(names)
    for number, name in enumerate(names):
        stand(cluster, name, "goose", VERSIONS["goose"][:number])
    urls = pooler("transaction", "default_pool_size = 3")
    project.config("targets:\n" + "".join(f"  - {{name: {name}, url: \"{urls.url(name)}\"}}\n" for name in names))
    project.ok("adopt", "goose")
    assert [cluster.versions(name) for name in names[1:]] == [["00001"], ["00002"], ["9"]]


def test_a_coordinator_that_dies_between_gate_and_wave(cluster, project):
    """Each target's own destination is in the journal: the next coordinator stamps as the gate saw it."""
    assert imported(project, "goose").code == 0
    names = [f"t{number}" for number in range(1, 5)]
    fleet(cluster, project, names)
    with open(project.folder / "drover.yaml", "a") as file:
        file.write("rollout: {waves: [{name: all, approve: true}]}\n")
    for number, name in enumerate(names, 1):
        stand(cluster, name, "goose", VERSIONS["goose"][:number])
    coordinator = project.coordinator()
    project.start("worker")
    project.start("adopt", "goose").wait_for_line("awaits approval")
    assert all(cluster.versions(name) is None for name in names)
    coordinator.kill()
    project.coordinator()
    cluster.sql("t4", "DELETE FROM goose_db_version WHERE version_id > 1")  # the gate has seen it
    project.ok("approve", "--digest", project.ok("status", "--json").json["digest"])
    project.ok("status", "-w")
    assert [cluster.versions(name) for name in names] == [["00001"], ["00002"], ["9"], ["00010"]]


def test_a_folder_of_dbmate_as_it_is_and_dbmate_itself(cluster, project):
    lay(project, "theirs", DBMATE)
    names = ["t1", "t2", "t3"]
    fleet(cluster, project, names, "theirs")
    for number, name in enumerate(names, 1):
        program("dbmate", cluster, project, name)(number)
    whole = dump(cluster, "t3")
    project.ok("adopt", "dbmate")
    project.ok("upgrade", "head")
    assert [dump(cluster, name) == whole for name in names] == [True] * 3
    project.ok("revision", "-m", "phones")
    written = next((project.folder / "theirs").glob("*_phones.sql"))
    written.write_text(written.read_text().replace("-- SQL that upgrades to this revision goes here.", "CREATE TABLE phones (n int);"))
    program("dbmate", cluster, project, "t3")()  # which has migrated it whole
    project.ok("upgrade", "head", "--where", "target=t2")
    assert dump(cluster, "t3") == dump(cluster, "t2") and cluster.sql("t3", "SELECT to_regclass('phones') IS NOT NULL") == [(True,)]


def test_a_tool_that_is_not_known(project, one):
    result = project.run("adopt", "rails")
    assert result.code == 64 and "there is one from dbmate, goose, golang-migrate" in result.err, result


def test_an_adoption_is_validated_alone_like_any_rollout(cluster, project, one):
    stand(cluster, "a", "goose", ["1", "2"])
    project.ok("adopt", "goose", "--validate-only")
    assert cluster.versions("a") is None
    project.ok("adopt", "goose")
    assert cluster.versions("a") == ["00002"]
    assert cluster.sql("a", "SELECT revision, direction FROM drover_history ORDER BY number") == [("00001", "seen"), ("00002", "stamp")]


@pytest.mark.parametrize("rows, stands", [
    ([("1.2", "BASELINE")], ["1.2"]),
    ([("1.5", "BASELINE")], ["1.2"]),
    ([("0", "BASELINE")], None),
    ([("1.2", "BASELINE"), ("1.10", "SQL")], ["1.10"]),
    ([("01", "SQL"), ("1.02", "SQL")], ["1.2"]),
    ([("1", "SQL"), ("1.2", "SQL"), ("1.2", "UNDO_SQL")], ["1"]),
    ([("1", "SQL"), ("1.2", "SQL"), ("1.2", "DELETE")], ["1"])])
def test_what_flyway_counts_as_applied(cluster, project, rows, stands):
    assert imported(project, "flyway").code == 0
    fleet(cluster, project, ["a"])
    stand(cluster, "a", "flyway", [])
    for rank, (version, kind) in enumerate(rows, 1):
        cluster.sql("a", f"INSERT INTO flyway_schema_history VALUES ({rank}, '{version}', 'x', '{kind}', 'x', 1, 'x', now(), 1, true)")
    project.ok("adopt", "flyway")
    assert cluster.versions("a") == stands


def test_what_flyway_sqitch_and_liquibase_have_beside_steps_is_named(project):
    result = imported(project, "flyway", {**FLYWAY, "R__view.sql": "SELECT 1;\n", "B1__base.sql": "SELECT 1;\n", "afterMigrate.sql": "SELECT 1;\n",
                                          "V2__place.sql": "SELECT '${region}';\n"})
    for words in ("R__view.sql: warning: is left out: it is repeatable", "B1__base.sql: warning: is left out: it is a baseline",
                  "afterMigrate.sql: warning: is left out", "V2__place.sql: warning: the way up is not available: it has a placeholder"):
        assert words in result.err, result
    shutil.rmtree(project.folder / "theirs")
    shutil.rmtree(project.folder / "migrations")
    result = imported(project, "sqitch", {**SQITCH, "sqitch.plan": SQITCH["sqitch.plan"].replace("[users]", "[users other:thing !odd]")})
    for words in ("theirs/verify: warning: is left out", "mail requires other:thing, which is left out", "mail conflicts with odd, which is left out"):
        assert words in result.err, result
    shutil.rmtree(project.folder / "theirs")
    shutil.rmtree(project.folder / "migrations")
    result = imported(project, "liquibase-sql", {**LIQUIBASE, "root.xml": "<x/>", "plain.sql": "SELECT 1;\n",
                                                 "003.sql": "--liquibase formatted sql\n--changeset a:9 runOnChange:true context:test\n"
                                                            "--preconditions onFail:MARK_RAN\nSELECT 1;\n"})
    for words in ("root.xml: warning: is left out", "plain.sql: warning: is left out", "changeset bob:1 is left out: it is for another database",
                  "runOnChange and runAlways have no like", "contexts and labels have no like", "it has preconditions"):
        assert words in result.err, result


def test_names_that_are_no_ids(cluster, project):
    """Ids fit the version table as it is; what the tool calls them is kept beside."""
    long = "a name, without any number in it: " + "x" * 40
    assert imported(project, "prisma", {f"{long}1/migration.sql": USERS, f"{long}2/migration.sql": MAIL}).code == 0
    first = "a_name__without_any_number_in_it"
    assert project.ok("history").out.splitlines()[0].startswith(f"{first} -> {first[:30]}_2 (head)")
    fleet(cluster, project, ["a"])
    stand(cluster, "a", "prisma", [f"{long}1", f"{long}2"])
    project.ok("adopt", "prisma")
    assert cluster.versions("a") == [first[:30] + "_2"]


# ---- by turns with the tools themselves ----

TOOLS = ROOT / "build/tools/node_modules"


def program(tool, cluster, project, database):
    """The tool's own program, for one database: takes it up by `count` migrations, all without."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(project.folder), "LC_ALL": "C.UTF-8"}
    url = cluster.url(database)

    def run(*command, **more):
        done = subprocess.run(command, cwd=project.folder, capture_output=True, text=True, timeout=120, env={**environment, **more})
        assert done.returncode == 0, done
        return done.stdout

    if tool == "sqitch":
        if shutil.which("sqitch") is None:
            pytest.skip("no sqitch here: apt-get install sqitch")
        return lambda count=None: run("sqitch", "--chdir", "theirs", "deploy", "--target", "db:pg:" + url.split(":", 1)[1],
                                      *(["--to", f"@ROOT~{count - 1}" if count > 1 else "@ROOT"] if count else []))
    if not (TOOLS / ".bin").is_dir():
        pytest.skip(f"no {tool} here: scripts/install-deps test")
    if tool == "liquibase-sql":
        if shutil.which("java") is None:
            pytest.skip("no Java for Liquibase here: scripts/install-deps test")
        files = "".join(f'<include file="theirs/{name}"/>' for name in sorted(PROJECTS[tool]))
        project.write("root.xml", '<databaseChangeLog xmlns="http://www.liquibase.org/xml/ns/dbchangelog" xmlns:xsi='
                      '"http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.liquibase.org/xml/ns/dbchangelog '
                      f'http://www.liquibase.org/xml/ns/dbchangelog/dbchangelog-4.1.xsd">{files}</databaseChangeLog>')
        place = TOOLS / "node-liquibase/dist"
        jars = [place / "liquibase/liquibase.jar", *(place / "liquibase/lib").glob("*.jar"), *(place / "drivers").glob("postgresql*.jar")]
        return lambda count=None: run(
            "java", "-cp", ":".join(map(str, jars)), "liquibase.integration.commandline.Main", "--changeLogFile=root.xml",
            "--classpath=.", "--url=jdbc:postgresql://" + re.sub(r"^[a-z]+://(.*@)?", "", url), "--username=postgres",
            "--password=x", *(["updateCount", str(count)] if count else ["update"]))
    if tool == "node-pg-migrate-sql":
        return lambda count=None: run("node", str(TOOLS / "node-pg-migrate/bin/node-pg-migrate.js"), "up", *([str(count)] if count else []),
                                      "-m", "theirs", "--no-verbose", DATABASE_URL=url)

    def dbmate(count=None):
        folder = project.folder / "part"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name in sorted(os.listdir(project.folder / "theirs"))[:count]:
            shutil.copy(project.folder / "theirs" / name, folder)
        return run("node", str(TOOLS / "dbmate/dist/cli.js"), "--migrations-dir", "part", "--no-dump-schema", "migrate",
                   DATABASE_URL=url + ("&" if "?" in url else "?") + "sslmode=disable")
    return dbmate


def dump(cluster, database):
    """What pg_dump says of everything but the tables in which the tools and Drover keep their own."""
    done = subprocess.run(["pg_dump", "-d", cluster.url(database), "-T", "alembic_version", "-T", "drover_*", "-T", "schema_migrations", "-T", "databasechangelog*",
                           "-T", "pgmigrations*", "-N", "sqitch"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done
    return re.sub(r"(?m)^\\(un)?restrict .*$", "", done.stdout)


@pytest.mark.parametrize("tool", ["dbmate", "node-pg-migrate-sql", "sqitch", "liquibase-sql"])
def test_by_turns_with_the_tool_itself(cluster, project, tool):
    assert imported(project, tool).code == 0
    count = len(VERSIONS[tool])
    names = [f"t{number}" for number in range(1, count + 1)]
    fleet(cluster, project, names)
    for number, name in enumerate(names, 1):
        program(tool, cluster, project, name)(number)
    whole = dump(cluster, names[-1])
    project.ok("adopt", tool)
    for version, name in zip(VERSIONS[tool], names):
        assert cluster.versions(name) == [id_of(tool, version)]
    project.ok("upgrade", "head")
    for name in names:
        assert dump(cluster, name) == whole, name
