"""Coming from other tools: their folders as revisions, their version tables adopted, and by turns with the tools themselves."""
import pytest

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
    ("20240102090000_again.sql", "20240102090000"),
    ("202401030900002024010309000020240103_long.sql", "the header has no 'Revision ID'")])
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
PROJECTS = {"dbmate": DBMATE, "goose": GOOSE, "golang-migrate": MIGRATE}
HEADS = {"dbmate": "20240103090000", "goose": "00010", "golang-migrate": "10"}


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
    assert result.code == 64 and "there is one from dbmate, goose and golang-migrate" in result.err, result
    lay(project, "migrations", MIGRATE)
    result = project.run("import", "golang-migrate", "migrations")
    assert result.code == 64 and "is the folder that is imported" in result.err, result
