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
