"""Statements that are newer than the built-in parser: carried as they are, judged by the servers before the gate."""
import re

import psycopg2
import pytest

from conftest import ROOT, SERVER

pytestmark = pytest.mark.every_server
EXAMPLES = re.findall(r'^NEWER\((\d+), "((?:[^"\\]|\\.)*)"', (ROOT / "common/revision/newer.def").read_text(), re.MULTILINE)
FIRST = ("0001.sql", "-- one\n--\n-- Revision ID: 0001\n-- Revises:\n\n-- migrate:up\n"
         "CREATE TABLE base (a int PRIMARY KEY, b text);\n\n-- migrate:down\nDROP TABLE base;\n")
# No server up to 17 knows it; the word at which it stops stands in line 8, column 35.
VIRTUAL = ("0002.sql", "-- two\n--\n-- Revision ID: 0002\n-- Revises: 0001\n\n-- migrate:up\n"
           "CREATE TABLE \"dépôt\" (a int,\n    b int GENERATED ALWAYS AS (1) VIRTUAL);\n"
           "ALTER TABLE base ADD c int;\n\n-- migrate:down\nDROP TABLE \"dépôt\";\n")
# The server knows it, the parser does not: a string that goes on behind a comment line.
STRING = ("0003.sql", "-- three\n--\n-- Revision ID: 0003\n-- Revises: 0001\n\n-- migrate:up\n"
          "INSERT INTO base VALUES (3, E'it\\'s'\n    -- ; a comment's quote\n    ' here\\';');\n"
          "CREATE TABLE third (a int);\n\n-- migrate:down\nDELETE FROM base WHERE b = E'it\\'s'\n -- '\n"
          " ' here\\';';\nDROP TABLE third;\n")


@pytest.fixture
def fleet(cluster, project):
    names = [f"newer_{i}" for i in range(4)]
    cluster.create(names)
    project.write("drover.yaml", "migrations: migrations\nrollout: {concurrency: 1}\n" + cluster.targets(names))
    return names


def write(project, *files):
    for name, text in files:
        project.write(f"migrations/{name}", text)


@pytest.fixture
def asked(cluster):
    """How often the server was given the statement that holds a mark, and refused to run it."""
    log = cluster.folder / "log"
    before = len(log.read_text())
    return lambda mark: sum(mark in part for part in log.read_text()[before:].split("ERROR:")[1:])


def test_the_list_of_what_is_newer_is_true(cluster):
    """In a transaction that has failed, a server parses a statement before it refuses it."""
    assert len(EXAMPLES) > 40
    session = cluster.hold("postgres", "SELECT 1")
    with pytest.raises(psycopg2.errors.DivisionByZero):
        session.cursor().execute("SELECT 1 / 0")
    wrong = []
    for version, example in EXAMPLES:
        with pytest.raises(psycopg2.Error) as refusal:
            session.cursor().execute(example)
        if (refusal.value.pgcode == "25P02") != (int(version) <= SERVER):
            wrong.append((version, example, refusal.value.pgcode))
    session.close()
    assert wrong == []


@pytest.mark.skipif(SERVER > 17, reason="this server knows virtual columns")
def test_a_server_that_is_too_old_refuses_at_the_gate(cluster, project, fleet, asked):
    write(project, FIRST, VIRTUAL)
    for command in (["validate", "head"], ["plan", "head"], ["upgrade", "head"]):
        done = project.run(*command)
        assert done.code == 4, done
        shown = done.out + done.err
        assert "migrations/0002.sql:8:35" in shown, shown
        assert "VIRTUAL" in shown and "42601" in shown and f"the server is PostgreSQL {SERVER}." in shown, shown
        assert "4 targets: the server does not know a statement" in shown, shown
    assert [cluster.sql(name, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") for name in fleet] == [[(0,)]] * 4
    # Three commands, four targets: each command's worker asks once.
    assert asked("VIRTUAL") == 3


@pytest.mark.skipif(SERVER < 18, reason="this server knows no virtual columns")
def test_a_server_that_is_new_enough(cluster, project, fleet, asked):
    write(project, FIRST, VIRTUAL, STRING[:1] + (STRING[1].replace("Revises: 0001", "Revises: 0002"),))
    project.ok("validate", "head")
    assert asked("VIRTUAL") == 1
    project.ok("upgrade", "head")
    for name in fleet:
        assert cluster.sql(name, "SELECT attgenerated FROM pg_attribute WHERE attrelid = 'dépôt'::regclass "
                                 "AND attname = 'b'") == [("v",)]
    project.ok("downgrade", "base")


@pytest.mark.skipif(SERVER > 17, reason="this server knows virtual columns")
def test_only_the_path_counts(cluster, project, fleet):
    write(project, FIRST, VIRTUAL)
    project.ok("upgrade", "0001")
    assert [cluster.sql(name, "SELECT version_num FROM alembic_version") for name in fleet] == [[("0001",)]] * 4
    assert project.run("upgrade", "head").code == 4
    project.ok("downgrade", "base")


def test_what_the_server_knows_runs_as_it_is(cluster, project, fleet, asked):
    write(project, FIRST, STRING)
    done = project.ok("upgrade", "head")
    assert done.err.count("newer than the built-in parser, PostgreSQL 15's") == 1, done.err
    for name in fleet:
        assert cluster.sql(name, "SELECT a, b FROM base") == [(3, "it's here';")]
    assert asked("a comment's quote") == 1
    project.ok("check")
    project.ok("downgrade", "0001")
    assert cluster.sql(fleet[0], "SELECT count(*) FROM base") == [(0,)]


def test_a_mistake_is_found_before_any_database(cluster, project, fleet):
    write(project, FIRST, STRING, ("0004.sql", "-- four\n--\n-- Revision ID: 0004\n-- Revises: 0003\n\n-- migrate:up\n"
                                   "SELECT 0x1F;\nCREAT TABLE t (a int);\n"))
    done = project.run("upgrade", "head")
    assert done.code == 2, done
    assert 'migrations/0004.sql:8:1: error: syntax error at or near "CREAT"' in done.err
    assert "no database was contacted" in done.err


def test_what_the_header_leaves_to_the_servers(cluster, project, fleet, asked):
    """The parser knows no such thing, in no version; the server is asked all the same."""
    write(project, FIRST, ("0002.sql", "-- two\n--\n-- Revision ID: 0002\n-- Revises: 0001\n-- Syntax: server\n\n"
                           "-- migrate:up\nCREATE TABLE t (a int) DISTRIBUTED BY (a);\n"))
    done = project.run("upgrade", "head")
    assert done.code == 4 and "migrations/0002.sql:8:24" in done.out, done
    assert asked("DISTRIBUTED") == 1


def test_graphs_are_read_all_the_same(project):
    write(project, FIRST, VIRTUAL)
    for command in ("heads", "history", "branches"):
        assert "newer" not in project.ok(command).err
    assert "VIRTUAL" in project.ok("upgrade", "head", "--sql").out


@pytest.mark.skipif(SERVER > 17, reason="this server knows virtual columns")
def test_behind_a_pooler(cluster, project, fleet, pooler):
    shared = pooler("transaction")
    project.write("drover.yaml", "migrations: migrations\ntargets:\n" + "".join(
        f"  - {{name: {name}, url: '{shared.url(name)}'}}\n" for name in fleet))
    write(project, FIRST, VIRTUAL)
    done = project.run("validate", "head")
    assert done.code == 4 and "migrations/0002.sql:8:35" in done.out, done
    write(project, STRING)
    (project.folder / "migrations/0002.sql").unlink()
    project.ok("upgrade", "head")
    assert [cluster.sql(name, "SELECT a FROM base") for name in fleet] == [[(3,)]] * 4
