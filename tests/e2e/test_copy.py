"""COPY ... FROM STDIN with its data in the revision."""
import subprocess

import pytest

from conftest import PG, SERVER, wait_until

pytestmark = pytest.mark.every_server

TABLE = "CREATE TABLE t (i int PRIMARY KEY, w text);"
ROWS = "COPY t FROM stdin;\n1\tone\n2\t\\N\n3\tthree \\\\ \\t ; it's -- no comment\n\\.\n"
CSV = "COPY t (w, i) FROM STDIN WITH (FORMAT csv, HEADER);\nword,number\n\"a,\nb\",4\n,5\n\\."
CONTENT = [(1, "one"), (2, None), (3, "three \\ \t ; it's -- no comment"), (4, "a,\nb"), (5, None)]


def fleet(cluster, project, names=("t1", "t2"), urls=None):
    cluster.create(names)
    project.config("migrations: migrations\ntargets:\n" + "".join(
        f"  - {{name: {name}, url: '{(urls or cluster).url(name)}'}}\n" for name in names))
    return names


def content(cluster, name):
    return cluster.sql(name, "SELECT i, w FROM t ORDER BY i")


def psql(cluster, database, text):
    done = subprocess.run([PG / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", cluster.url(database)], input=text, text=True,
                          capture_output=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("header", ["", "-- Transaction: none\n"])
@pytest.mark.parametrize("mode", [None, "session", "transaction"])
def test_up_and_down(cluster, project, pooler, header, mode):
    names = fleet(cluster, project, urls=pooler(mode) if mode else None)
    project.revision("r1", [], f"{TABLE}\n{ROWS}UPDATE t SET w = w;\n{CSV}\nCREATE TABLE u AS SELECT * FROM t;",
                     "DROP TABLE t, u;", header=header)
    project.revision("r2", ["r1"], "DELETE FROM t;", ROWS + CSV, header=header)
    project.ok("upgrade", "r1")
    assert [content(cluster, name) for name in names] == [CONTENT] * 2
    assert cluster.sql("t1", "SELECT count(*) FROM u") == [(5,)]
    project.ok("upgrade", "r2")
    assert content(cluster, "t1") == []
    project.ok("downgrade", "r1")
    assert [content(cluster, name) for name in names] == [CONTENT] * 2
    project.ok("downgrade", "base")
    assert cluster.versions("t1") == []


@pytest.mark.skipif(SERVER > 17, reason="psql of 15 sends \\. to a server that takes it for data")
def test_as_sql_psql_reads_it(cluster, project):
    fleet(cluster, project)
    project.revision("r1", [], f"{TABLE}\n{ROWS}{CSV}", "DELETE FROM t;")
    psql(cluster, "t2", project.ok("upgrade", "head", "--sql").out)
    assert content(cluster, "t2") == CONTENT and cluster.versions("t2") == ["r1"]


@pytest.mark.parametrize("data, row, words", [
    ("1\tone\n2\ttwo\nthree\tthree\n", 3, "invalid input syntax for type integer"),
    ("1\tone\n2\n", 2, "missing data for column"),
    ("1\tone\n1\ttwo\n", 2, "duplicate key value"),
    ("".join(f"{row}\tmany\n" for row in range(100000)) + "7\ttwice\n", 100001, "duplicate key value")],
    ids=["type", "columns", "twice", "many"])
@pytest.mark.parametrize("header", ["", "-- Transaction: none\n"], ids=["transaction", "none"])
def test_an_error_in_data_has_its_line(cluster, project, data, row, words, header):
    fleet(cluster, project, names=["t1"])
    project.revision("r1", [], TABLE)
    project.revision("r2", ["r1"], f"INSERT INTO t VALUES (-1);\nCOPY t FROM STDIN;\n{data}\\.\nSELECT 1;", header=header)
    lines = (project.folder / "migrations/r2.sql").read_text().splitlines()
    first = next(number for number, line in enumerate(lines, 1) if line.startswith("COPY")) + 1
    result = project.run("upgrade", "head")
    assert result.code == 2 and words in result.out + result.err, result
    assert f"r2.sql:{first + row - 1}" in result.out + result.err, result
    assert cluster.versions("t1") == (["r1"] if header else None)
    assert cluster.sql("t1", "SELECT to_regclass('t')::text") == [("t" if header else None,)]


def test_edited_data_are_an_edit(cluster, project):
    fleet(cluster, project)
    project.revision("r1", [], TABLE + "\n" + ROWS)
    project.ok("upgrade", "head")
    project.revision("r1", [], TABLE + "\n-- a remark\n" + ROWS)
    project.ok("validate", "head")
    project.revision("r1", [], TABLE + "\n" + ROWS.replace("one", "uno"))
    result = project.run("validate", "head")
    assert result.code == 4 and "edited" in result.out + result.err, result


WAITING = """CREATE TABLE t (i int, w text);
CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  PERFORM pg_advisory_xact_lock(7);
  RETURN new;
END$$;
CREATE TRIGGER w BEFORE INSERT ON t FOR EACH ROW WHEN (new.i = 500) EXECUTE FUNCTION wait();"""
MANY = "COPY t FROM STDIN;\n" + "".join(f"{number}\tsome\n" for number in range(1000)) + "\\.\n"


def is_waiting(cluster):
    return cluster.sql("postgres", "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                                   "AND query LIKE 'COPY t%%'")[0][0] == 1


@pytest.mark.parametrize("header", ["", "-- Transaction: none\n"])
def test_killed_amid_data(cluster, project, header):
    """The next attempt finds what the session that was left behind did, or did not; all rows are there once."""
    fleet(cluster, project, names=["t1"])
    project.revision("r1", [], WAITING)
    project.revision("r2", ["r1"], f"INSERT INTO t VALUES (-1);\n{MANY}INSERT INTO t VALUES (-2);", header=header)
    project.ok("upgrade", "r1")
    holder = cluster.hold("t1", "SELECT pg_advisory_lock(7)")
    running = project.start("upgrade", "head")
    wait_until(lambda: is_waiting(cluster), "COPY waits")
    running.kill()
    holder.close()
    project.ok("upgrade", "head")
    assert cluster.sql("t1", "SELECT count(*), count(DISTINCT i) FROM t") == [(1002, 1002)]
    assert cluster.versions("t1") == ["r2"]


def test_stopped_amid_data(cluster, project):
    fleet(cluster, project, names=["t1"])
    project.revision("r1", [], WAITING)
    project.revision("r2", ["r1"], MANY)
    project.ok("upgrade", "r1")
    holder = cluster.hold("t1", "SELECT pg_advisory_lock(7)")
    running = project.start("upgrade", "head")
    wait_until(lambda: is_waiting(cluster), "COPY waits")
    project.ok("pause", "--now")
    wait_until(lambda: not is_waiting(cluster), "COPY is stopped")
    holder.close()
    assert running.finish().code == 5
    assert cluster.sql("t1", "SELECT count(*) FROM t") == [(0,)]
    project.ok("resume")
    project.ok("upgrade", "head")
    assert cluster.sql("t1", "SELECT count(*), count(DISTINCT i) FROM t") == [(1000, 1000)]
